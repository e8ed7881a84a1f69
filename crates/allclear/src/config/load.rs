//! Reads the configuration file and the runbook that it names, and says everything that is wrong with them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Config;
use super::code::Code;
use super::problem::{Problem, Report, Weight};
use super::read::{Reading, read};
use super::resolve::{Listing, Surroundings, resolve};

/// A configuration that can be used, and what is doubtful about it.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    /// The configuration.
    pub(crate) config: Config,
    /// Warnings only.
    pub(crate) warnings: Report,
}

/// Reads the file. The error is everything that is wrong, warnings included.
pub(crate) fn load(path: &Path) -> Result<Loaded, Report> {
    load_but(path, None)
}

/// Reads the file for whoever plans or runs a procedure and watches nothing: that nobody would be paged stands in the way
/// of a server only.
pub(crate) fn load_for_runs(path: &Path) -> Result<Loaded, Report> {
    load_but(path, Some(Code::NobodyPaged))
}

/// Reads the file; errors with this code are only warnings.
fn load_but(path: &Path, tolerated: Option<Code>) -> Result<Loaded, Report> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&shown, &error))?;
    let Reading { file, removed, mut problems } = read(&text);
    let Some(file) = file else { return Err(Report::new(&shown, &text, problems)) };
    let folder = path.parent().unwrap_or(Path::new(""));
    let runbook = file.runbook.as_ref().and_then(|runbook| runbook.value.path.as_ref());
    let surroundings = Surroundings {
        folder,
        listing: runbook.map(|path| list(&folder.join(&path.value))),
        is_variable_set: &|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()),
        is_file_readable: &|path| std::fs::File::open(path).is_ok(),
    };
    let (config, more) = resolve(file, &removed, &surroundings);
    problems.extend(more);
    for problem in problems.iter_mut().filter(|problem| Some(problem.code) == tolerated) {
        problem.weight = Weight::Warning;
    }
    let has_errors = problems.iter().any(|problem| problem.weight == Weight::Error);
    let report = Report::new(&shown, &text, problems);
    if has_errors { Err(report) } else { Ok(Loaded { config, warnings: report }) }
}

/// The procedures of a runbook, or why it cannot be read.
fn list(path: &Path) -> Result<Listing, String> {
    let text = std::fs::read_to_string(path).map_err(|error| reason(&error))?;
    let (runbook, _) = allclear_runbook::parse(&path.display().to_string(), &text);
    Ok(runbook.procedures.into_iter().map(|procedure| (procedure.id, procedure.title, procedure.anchor)).collect())
}

pub(super) fn unreadable(path: &str, error: &std::io::Error) -> Report {
    let problem = if error.kind() == ErrorKind::NotFound {
        Problem::error(Code::Missing, None, "there is no configuration file").help(
            "write one from your runbook with `allclear init --from RUNBOOK.md`, or name another with `--config FILE`",
        )
    } else {
        Problem::error(Code::Unreadable, None, format!("the configuration file cannot be read: {}", reason(error)))
            .help("it must be a text file in UTF-8 that the user of this process may read")
    };
    Report::new(path, "", vec![problem])
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::InvalidData => "it is not text in UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

/// The files that the configuration consists of: itself, and the runbook once it is known.
pub(super) fn files(path: &Path, config: Option<&Config>) -> Vec<PathBuf> {
    let runbook = config.and_then(|config| config.policy.runbook.as_ref());
    std::iter::once(path.to_owned()).chain(runbook.map(|runbook| PathBuf::from(&runbook.path))).collect()
}
