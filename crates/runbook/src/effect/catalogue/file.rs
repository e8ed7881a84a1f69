//! The catalogue as it is written in TOML, and everything that can be wrong with it.
//!
//! Invariant: what has been compiled has only patterns and templates that were understood.

use allclear_core::EffectClass;
use serde::Deserialize;
use toml::Spanned;

use super::pattern::Pattern;
use super::template::Template;
use super::{Code, Entry, Language, Program, Unvalued};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTable {
    #[serde(default)]
    program: Vec<ProgramTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ProgramTable {
    names: Spanned<Vec<String>>,
    #[serde(default)]
    about: String,
    #[serde(default)]
    valued: Vec<String>,
    #[serde(default)]
    unvalued: Vec<Unvalued>,
    #[serde(default)]
    long_dash: bool,
    #[serde(default)]
    ignore_case: bool,
    #[serde(default)]
    resources: bool,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    scope: Vec<String>,
    #[serde(default)]
    runs: Vec<CodeTable>,
    #[serde(default)]
    everywhere: bool,
    otherwise: Option<EffectClass>,
    #[serde(default)]
    entry: Vec<EntryTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeTable {
    flag: Option<String>,
    operand: Option<usize>,
    unless: Option<String>,
    language: Language,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryTable {
    #[serde(rename = "match")]
    patterns: Spanned<OneOrMore>,
    effect: EffectClass,
    repeated: Option<EffectClass>,
    capture: Option<Spanned<String>>,
    undo: Option<Spanned<String>>,
    preview: Option<Spanned<String>>,
    verify: Option<Spanned<String>>,
    irreversible: Option<String>,
    #[serde(default)]
    transient: bool,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    only: Vec<String>,
    stdin: Option<Language>,
    #[serde(default)]
    examples: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// Something wrong in a catalogue file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueProblem {
    /// The file, as it was named.
    pub path: String,
    /// Its line, 1-based.
    pub line: usize,
    /// Its column in characters, 1-based.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl std::fmt::Display for CatalogueProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: {}", self.path, self.line, self.column, self.message)
    }
}

impl std::error::Error for CatalogueProblem {}

/// Reads a file; every problem in it if there are any.
pub(super) fn read(path: &str, text: &str) -> Result<Vec<Program>, Vec<CatalogueProblem>> {
    let mut compiling = Compiling { path, text, problems: Vec::new() };
    let file: FileTable = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            compiling.problem(error.span().unwrap_or_default().start, error.message());
            return Err(compiling.problems);
        }
    };
    let programs = file.program.into_iter().map(|table| compiling.program(table)).collect();
    if compiling.problems.is_empty() { Ok(programs) } else { Err(compiling.problems) }
}

struct Compiling<'a> {
    path: &'a str,
    text: &'a str,
    problems: Vec<CatalogueProblem>,
}

impl Compiling<'_> {
    fn problem(&mut self, at: usize, message: &str) {
        let before = &self.text[..self.text.floor_char_boundary(at)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        self.problems.push(CatalogueProblem {
            path: self.path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.to_owned(),
        });
    }

    fn program(&mut self, table: ProgramTable) -> Program {
        if table.names.get_ref().is_empty() {
            self.problem(table.names.span().start, "a program needs at least one name");
        }
        let mut valued = table.valued;
        valued.sort_unstable();
        let code = |it: CodeTable| Code {
            flags: it.flag.map(|flag| flag.split('|').map(str::to_owned).collect()).unwrap_or_default(),
            operand: it.operand.and_then(|number| number.checked_sub(1)),
            unless: it.unless.map(|flag| flag.split('|').map(str::to_owned).collect()).unwrap_or_default(),
            language: it.language,
        };
        Program {
            names: table.names.into_inner(),
            about: table.about,
            globs: valued.iter().filter(|flag| flag.contains('*')).cloned().collect(),
            valued,
            unvalued: table.unvalued,
            long_dash: table.long_dash,
            ignore_case: table.ignore_case,
            resources: table.resources,
            groups: table.groups,
            scope: table.scope.iter().flat_map(|flag| flag.split('|')).map(str::to_owned).collect(),
            code: table.runs.into_iter().map(code).collect(),
            everywhere: table.everywhere,
            otherwise: table.otherwise,
            entries: table.entry.into_iter().map(|entry| self.entry(entry)).collect(),
        }
    }

    fn entry(&mut self, table: EntryTable) -> Entry {
        let at = table.patterns.span().start;
        let texts = match table.patterns.into_inner() {
            OneOrMore::One(text) => vec![text],
            OneOrMore::More(texts) => texts,
        };
        let mut patterns = Vec::new();
        for text in texts {
            match Pattern::parse(&text) {
                Ok(pattern) => patterns.push(pattern),
                Err(message) => self.problem(at, &message),
            }
        }
        let entry = Entry {
            patterns,
            effect: table.effect,
            repeated: table.repeated,
            capture: self.template(table.capture),
            undo: self.template(table.undo),
            preview: self.template(table.preview),
            verify: self.template(table.verify),
            irreversible: table.irreversible,
            transient: table.transient,
            needs: table.needs,
            only: table.only.iter().flat_map(|flag| flag.split('|')).map(str::to_owned).collect(),
            stdin: table.stdin,
            examples: table.examples,
        };
        let captured = entry.capture.is_some();
        if !captured && entry.undo.as_ref().is_some_and(Template::takes_captured) {
            self.problem(at, "the undo takes what was captured, but nothing is captured");
        }
        if entry.undo.is_some() && entry.irreversible.is_some() {
            self.problem(at, "an entry that can be undone is not irreversible: keep one of the two");
        }
        entry
    }

    fn template(&mut self, written: Option<Spanned<String>>) -> Option<Template> {
        let written = written?;
        match Template::parse(written.get_ref()) {
            Ok(template) => Some(template),
            Err(message) => {
                self.problem(written.span().start, &message);
                None
            }
        }
    }
}
