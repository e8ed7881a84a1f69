//! The catalogue as it is written in TOML, and everything that can be wrong with it.
//!
//! Invariant: what has been compiled has only patterns and templates that were understood.

use allclear_core::EffectClass;
use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use super::pattern::Pattern;
use super::template::Template;
use super::{Code, Entry, Files, Language, Program, Unvalued};
use crate::effect::kept::FileChange;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTable {
    #[serde(default)]
    program: Vec<ProgramTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ProgramTable {
    names: Vec<String>,
    #[serde(default)]
    about: String,
    #[serde(default)]
    valued: Vec<String>,
    #[serde(default)]
    unvalued: Vec<Unvalued>,
    #[serde(default)]
    attached: Vec<String>,
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
    patterns: OneOrMore,
    effect: EffectClass,
    repeated: Option<EffectClass>,
    capture: Option<String>,
    undo: Option<String>,
    files: Option<FilesTable>,
    preview: Option<String>,
    verify: Option<String>,
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
#[serde(deny_unknown_fields)]
struct FilesTable {
    change: FileChange,
    of: OneOrMore,
    from: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn all(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::More(texts) => texts,
        }
    }
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
    let file: FileTable =
        toml::from_str(text).map_err(|error| vec![problem(path, text, error.span(), error.message())])?;
    let mut compiling = Compiling::default();
    let programs = file.program.into_iter().map(|table| compiling.program(table)).collect();
    if compiling.mistakes.is_empty() {
        return Ok(programs);
    }
    let told = |it: &Mistake| problem(path, text, it.span(text), &it.message);
    Err(compiling.mistakes.iter().map(told).collect())
}

/// Reads one program that the build took from a file of the catalogue.
pub(super) fn embedded(json: &str) -> Program {
    let table = serde_json::from_str(json).expect("the build wrote what the tests of this crate have read");
    let mut compiling = Compiling::default();
    let program = compiling.program(table);
    debug_assert!(compiling.mistakes.is_empty(), "{:?}", compiling.mistakes);
    program
}

fn problem(path: &str, text: &str, span: Option<std::ops::Range<usize>>, message: &str) -> CatalogueProblem {
    let before = &text[..text.floor_char_boundary(span.unwrap_or_default().start)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    CatalogueProblem {
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: message.to_owned(),
    }
}

/// Something that TOML allows and a catalogue does not; where it stands is looked up only when it is to be told.
#[derive(Debug)]
struct Mistake {
    program: usize,
    entry: Option<usize>,
    key: &'static str,
    message: String,
}

impl Mistake {
    fn span(&self, text: &str) -> Option<std::ops::Range<usize>> {
        let file = DeTable::parse(text).ok()?;
        let program = file.get_ref().get("program")?.get_ref().get(self.program)?;
        let holder = match self.entry {
            Some(entry) => program.get_ref().get("entry")?.get_ref().get(entry)?,
            None => program,
        };
        DeValue::get(holder.get_ref(), self.key).map(|value| value.span())
    }
}

/// Compiles one file; knows where it is, for what it has to say.
#[derive(Default)]
struct Compiling {
    mistakes: Vec<Mistake>,
    /// How many programs were compiled before this one.
    program: usize,
    entry: Option<usize>,
}

impl Compiling {
    fn mistake(&mut self, key: &'static str, message: impl Into<String>) {
        self.mistakes.push(Mistake { program: self.program, entry: self.entry, key, message: message.into() });
    }

    fn program(&mut self, table: ProgramTable) -> Program {
        if table.names.is_empty() {
            self.mistake("names", "a program needs at least one name");
        }
        let mut valued = table.valued;
        valued.sort_unstable();
        let code = |it: CodeTable| Code {
            flags: it.flag.map(|flag| flag.split('|').map(str::to_owned).collect()).unwrap_or_default(),
            operand: it.operand.and_then(|number| number.checked_sub(1)),
            unless: it.unless.map(|flag| flag.split('|').map(str::to_owned).collect()).unwrap_or_default(),
            language: it.language,
        };
        let program = Program {
            names: table.names,
            about: table.about,
            globs: valued.iter().filter(|flag| flag.contains('*')).cloned().collect(),
            valued,
            unvalued: table.unvalued,
            attached: table.attached,
            long_dash: table.long_dash,
            ignore_case: table.ignore_case,
            resources: table.resources,
            groups: table.groups,
            scope: table.scope.iter().flat_map(|flag| flag.split('|')).map(str::to_owned).collect(),
            code: table.runs.into_iter().map(code).collect(),
            everywhere: table.everywhere,
            otherwise: table.otherwise,
            entries: (0..).zip(table.entry).map(|(number, entry)| self.entry(number, entry)).collect(),
        };
        self.entry = None;
        self.program += 1;
        program
    }

    fn entry(&mut self, number: usize, table: EntryTable) -> Entry {
        self.entry = Some(number);
        let mut patterns = Vec::new();
        for text in table.patterns.all() {
            match Pattern::parse(&text) {
                Ok(pattern) => patterns.push(pattern),
                Err(message) => self.mistake("match", message),
            }
        }
        let entry = Entry {
            patterns,
            effect: table.effect,
            repeated: table.repeated,
            capture: self.template("capture", table.capture),
            undo: self.template("undo", table.undo),
            files: table.files.map(|files| self.files(files)),
            preview: self.template("preview", table.preview),
            verify: self.template("verify", table.verify),
            irreversible: table.irreversible,
            transient: table.transient,
            needs: table.needs,
            only: table.only.iter().flat_map(|flag| flag.split('|')).map(str::to_owned).collect(),
            stdin: table.stdin,
            examples: table.examples,
        };
        if entry.capture.is_none() && entry.undo.as_ref().is_some_and(Template::takes_captured) {
            self.mistake("match", "the undo takes what was captured, but nothing is captured");
        }
        if entry.files.is_some() && (entry.capture.is_some() || entry.undo.is_some()) {
            self.mistake("files", "files are recorded and put back without a `capture` and an `undo`: leave these out");
        }
        if (entry.undo.is_some() || entry.files.is_some()) && entry.irreversible.is_some() {
            self.mistake("match", "an entry that can be undone is not irreversible: keep one of the two");
        }
        entry
    }

    fn files(&mut self, table: FilesTable) -> Files {
        let mut named = |text: String| {
            let template = self.template("files", Some(text)).filter(Template::is_word);
            if template.is_none() {
                self.mistake(
                    "files",
                    "a file is an operand, `{2}` or `{2..}`, or the value of a flag, `{-o|--output}`",
                );
            }
            template
        };
        let of = table.of.all().into_iter().filter_map(&mut named).collect();
        let from = table.from.and_then(named);
        Files { change: table.change, of, from }
    }

    fn template(&mut self, key: &'static str, written: Option<String>) -> Option<Template> {
        match Template::parse(&written?) {
            Ok(template) => Some(template),
            Err(message) => {
                self.mistake(key, message);
                None
            }
        }
    }
}
