//! What stands around a runbook on disk: whether a link leads somewhere, and which headings are there.

use std::cell::OnceCell;
use std::path::{Component, Path, PathBuf};

use allclear_runbook::Known;

/// The folders from which the links of one runbook start.
#[derive(Debug)]
pub(super) struct Neighbours {
    folder: PathBuf,
    /// The folder that holds `.git`, if the runbook is in a repository; looked for when a link asks.
    root: OnceCell<Option<PathBuf>>,
}

impl Neighbours {
    pub(super) fn of(path: &Path) -> Self {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let folder = absolute.parent().unwrap_or(Path::new("/")).to_owned();
        Self { folder, root: OnceCell::new() }
    }

    fn root(&self) -> Option<&Path> {
        let holds_git = |folder: &&Path| folder.join(".git").exists();
        self.root.get_or_init(|| self.folder.ancestors().find(holds_git).map(Path::to_owned)).as_deref()
    }

    /// What stands at a path as the runbook writes it. What lies outside the repository is not judged.
    pub(super) fn look(&self, asked: &str) -> Known {
        match self.place(asked) {
            Some(path) if !path.exists() => Known::Missing,
            _ => Known::Present,
        }
    }

    /// The text of the Markdown file there.
    pub(super) fn read(&self, asked: &str) -> Option<String> {
        let is_markdown = |path: &PathBuf| path.extension().is_some_and(|it| it.eq_ignore_ascii_case("md"));
        let bytes = std::fs::read(self.place(asked).filter(is_markdown)?).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The path on this disk, unless it is outside the repository.
    fn place(&self, asked: &str) -> Option<PathBuf> {
        let path = match asked.strip_prefix('/') {
            Some(rest) => self.root()?.join(rest),
            None => self.folder.join(asked),
        };
        let path = without_dots(&path);
        self.root().is_none_or(|root| path.starts_with(root)).then_some(path)
    }
}

/// The path with its `.` and `..` resolved by name.
fn without_dots(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
