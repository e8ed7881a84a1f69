//! The `[lint]` table: which findings fail a run, and how much each rule matters here.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use allclear_runbook::{Catalogue, DiagnosticSeverity, Settings, find_rule};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::catalogue::CatalogueError;
use super::nearest::nearest;
use super::problem::{Report, Weight};
use super::read::read;

/// How runbooks are linted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LintTable {
    /// Findings from this level on fail `allclear lint`; `error` where absent.
    deny: Option<DenyWord>,
    /// Levels by rule, given by its code or its name.
    #[serde(default)]
    rules: BTreeMap<RuleWord, LevelWord>,
}

/// A level to fail from.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum DenyWord {
    Info,
    Warning,
    Error,
    Never,
}

/// A level of a rule.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum LevelWord {
    Off,
    Info,
    Warning,
    Error,
}

/// Code or name of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct RuleWord(String);

impl<'de> Deserialize<'de> for RuleWord {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        if find_rule(&word).is_some() {
            return Ok(Self(word));
        }
        let all = || allclear_runbook::RULES.iter().copied().flatten();
        let near = nearest(&word, all().map(|rule| rule.name));
        let help = near.map_or_else(
            || "write the code in brackets of a finding, such as `K04`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Err(serde::de::Error::custom(format!("there is no rule `{word}`\n{help}")))
    }
}

impl JsonSchema for RuleWord {
    fn schema_name() -> Cow<'static, str> {
        "RuleName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "Code or name of a rule" })
    }
}

/// How runbooks are linted here.
#[derive(Debug, Clone, Default)]
pub(crate) struct LintConfig {
    /// Findings from this level on fail the command; none does where it is `Some(None)`.
    pub(crate) deny: Option<Option<DiagnosticSeverity>>,
    /// Levels of the rules.
    pub(crate) settings: Settings,
    /// What the team's own commands do.
    pub(crate) catalogue: Catalogue,
}

/// Reads the tables `[lint]` and `[catalogue]`; the rest of the file has to be well-formed and may lack anything.
pub(crate) fn load_lint(path: &Path) -> Result<LintConfig, CatalogueError> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| CatalogueError::Config(super::load::unreadable(&shown, &error)))?;
    let reading = read(&text);
    let wrong = reading.problems.iter().any(|problem| problem.weight == Weight::Error);
    let (table, taught) = match reading.file {
        Some(file) if !wrong => (file.lint.unwrap_or_default(), file.catalogue.unwrap_or_default()),
        _ => return Err(CatalogueError::Config(Report::new(&shown, &text, reading.problems))),
    };
    let catalogue = taught.catalogue(path)?;
    let mut settings = Settings::default();
    for (RuleWord(rule), level) in table.rules {
        let level = match level {
            LevelWord::Off => None,
            LevelWord::Info => Some(DiagnosticSeverity::Information),
            LevelWord::Warning => Some(DiagnosticSeverity::Warning),
            LevelWord::Error => Some(DiagnosticSeverity::Error),
        };
        settings.set(&rule, level).expect("a rule's name was looked up when it was read");
    }
    let deny = table.deny.map(|word| match word {
        DenyWord::Info => Some(DiagnosticSeverity::Information),
        DenyWord::Warning => Some(DiagnosticSeverity::Warning),
        DenyWord::Error => Some(DiagnosticSeverity::Error),
        DenyWord::Never => None,
    });
    Ok(LintConfig { deny, settings, catalogue })
}
