//! The `[catalogue]` table: files with what a team's own commands do.

use std::path::Path;

use allclear_runbook::Catalogue;
use schemars::JsonSchema;
use serde::Deserialize;

use super::problem::{Report, Weight};
use super::read::read;

/// What Allclear is taught about commands.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CatalogueTable {
    /// Files in TOML whose entries stand before the built-in ones, from the folder of this file.
    #[serde(default)]
    files: Vec<String>,
}

/// Why the catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogueError {
    /// The configuration has errors.
    #[error("the configuration cannot be used\n\n{0}")]
    Config(Report),
    /// A file of the catalogue is not there.
    #[error("{path} cannot be read: {source}; it is named under `[catalogue]`")]
    Unreadable {
        path: String,
        #[source]
        source: std::io::Error,
    },
    /// Files of the catalogue have errors; each has its place.
    #[error("{0}")]
    Wrong(String),
}

/// The built-in catalogue with the files of the configuration in front; the built-in one where there is no configuration.
pub(crate) fn load_catalogue(config: &Path) -> Result<Catalogue, CatalogueError> {
    if !config.exists() {
        return Ok(Catalogue::default());
    }
    let shown = config.display().to_string();
    let text = std::fs::read_to_string(config)
        .map_err(|error| CatalogueError::Config(super::load::unreadable(&shown, &error)))?;
    let reading = read(&text);
    let wrong = reading.problems.iter().any(|problem| problem.weight == Weight::Error);
    let table = match reading.file {
        Some(file) if !wrong => file.catalogue.unwrap_or_default(),
        _ => return Err(CatalogueError::Config(Report::new(&shown, &text, reading.problems))),
    };
    table.catalogue(config)
}

impl CatalogueTable {
    /// What the files say that the table names; `config` is the file that holds the table.
    pub(super) fn catalogue(&self, config: &Path) -> Result<Catalogue, CatalogueError> {
        let folder = config.parent().unwrap_or(Path::new(""));
        let mut texts = Vec::new();
        for file in &self.files {
            let path = folder.join(file);
            let shown = path.display().to_string();
            let text = std::fs::read_to_string(&path)
                .map_err(|source| CatalogueError::Unreadable { path: shown.clone(), source })?;
            texts.push((shown, text));
        }
        let named: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        Catalogue::with_files(&named).map_err(|problems| {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            CatalogueError::Wrong(problems.join("\n"))
        })
    }
}
