//! Which files are linted: those that are named, and the Markdown files in the folders that are named.

use std::path::{Path, PathBuf};

use crate::exit::Failure;
use crate::print;

/// One file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    /// Whether it was named itself, and not found in a folder.
    pub(crate) given: bool,
}

impl Source {
    /// The text; bytes that are not UTF-8 are shown as such and do not move what stands behind them by more than they do.
    pub(super) fn read(&self) -> anyhow::Result<String> {
        let bytes = std::fs::read(&self.path)
            .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", self.path.display())))?;
        Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    /// The path as people and programs see it.
    pub(super) fn shown(&self) -> String {
        let shown = self.path.display().to_string();
        shown.strip_prefix("./").map(str::to_owned).unwrap_or(shown)
    }
}

/// Folders that hold other people's files or none that a team writes.
const SKIPPED: &[&str] = &["node_modules", "target", "vendor"];

/// The files to lint, in the order of the arguments and then by name, each once.
pub(crate) fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    let mut found: Vec<Source> = Vec::new();
    for path in paths {
        let unreadable = |error| Failure::usage(format!("{} cannot be read: {error}", path.display()));
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if metadata.is_dir() {
            let before = found.len();
            walk(path, is_markdown, &mut found).map_err(unreadable)?;
            if found.len() == before {
                print::words(format!("{}: no Markdown file in it", path.display()));
            }
        } else if !metadata.is_file() {
            return Err(Failure::usage(format!("{} is no file: name a Markdown file or a folder", path.display())));
        } else {
            found.push(Source { path: path.clone(), given: true });
        }
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|source| seen.insert(source.path.clone()));
    Ok(found)
}

/// The YAML files among the paths and in the folders that are named, which may hold alert rules.
pub(super) fn rule_files(paths: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    let mut found = Vec::new();
    for path in paths {
        let unreadable = |error| Failure::usage(format!("{} cannot be read: {error}", path.display()));
        if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
            walk(path, is_yaml, &mut found).map_err(unreadable)?;
        } else if is_yaml(&path.to_string_lossy()) {
            found.push(Source { path: path.clone(), given: true });
        }
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|source| seen.insert(source.path.clone()));
    Ok(found)
}

fn walk(folder: &Path, wanted: fn(&str) -> bool, found: &mut Vec<Source>) -> std::io::Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let kind = entry.file_type()?;
        // A link to a folder may lead round in a circle; a link to a file is that file.
        if kind.is_dir() && !name.starts_with('.') && !SKIPPED.contains(&name.as_ref()) {
            walk(&entry.path(), wanted, found)?;
        } else if wanted(&name) && (kind.is_file() || kind.is_symlink() && entry.path().is_file()) {
            found.push(Source { path: entry.path(), given: false });
        }
    }
    Ok(())
}

fn is_yaml(name: &str) -> bool {
    let extension = Path::new(name).extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
    matches!(extension.as_deref(), Some("yml" | "yaml"))
}

fn is_markdown(name: &str) -> bool {
    let extension = Path::new(name).extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
    matches!(extension.as_deref(), Some("md" | "markdown" | "mdx"))
}
