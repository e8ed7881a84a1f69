//! What a rule may know besides the text: the date, and which files stand around the runbook.

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    Missing,
    /// A file or folder.
    Present,
}

/// Gives the text of the Markdown file at a path, if it is one and can be read.
pub type ReadText<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What is around a runbook; the default knows nothing, and rules that need to know say nothing.
#[derive(Default)]
pub struct Surroundings<'a> {
    /// The day of the year on which the runbook is read, as `2026-03-01`.
    pub today: Option<String>,
    /// Tells what stands at a path relative to the runbook's folder; a leading `/` means the root of its repository.
    pub look: Option<&'a dyn Fn(&str) -> Known>,
    /// Gives what is written at such a path.
    pub read: Option<ReadText<'a>>,
}

impl Surroundings<'_> {
    /// Whether the runbook is in a repository whose files are known: outside one, nothing from the root is missing.
    pub(crate) fn is_repository(&self) -> bool {
        self.look.is_some_and(|look| look("/.no-repository-holds-this") == Known::Missing)
    }
}

impl std::fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("today", &self.today).finish_non_exhaustive()
    }
}
