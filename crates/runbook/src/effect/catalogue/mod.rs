//! The catalogue of well-known programs: what their flags mean, what each call does, and how it is undone.
//!
//! The knowledge is in `catalogue/*.toml`, embedded; what is said of a program is read when it is first met. Whoever
//! runs Allclear adds files of their own, whose entries stand in front. The first entry that fits decides; what no entry
//! fits is `unknown`, unless the program says otherwise.

mod embedded;
mod file;
mod pattern;
mod template;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use allclear_core::EffectClass;
use serde::Deserialize;

use super::kept::FileChange;
use crate::syntax::call::Call;
use pattern::{Pattern, Reading};

pub use file::CatalogueProblem;
pub(crate) use template::{Filling, Template, quoted};

/// What is known about programs: the built-in knowledge, and files that stand in front of it.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    own: BTreeMap<String, Vec<Program>>,
}

/// One program, or several that are called alike.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) names: Vec<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "it is for the reference"))]
    pub(crate) about: String,
    /// Flags that take the next word as their value, sorted.
    pub(crate) valued: Vec<String>,
    /// Those of them with a star.
    globs: Vec<String>,
    pub(crate) unvalued: Vec<Unvalued>,
    /// Flags of one letter whose value, if there is one, stands right behind the letter: `sed -i.bak`.
    attached: Vec<String>,
    /// Flags of several letters have one dash: `openssl x509 -noout`.
    pub(crate) long_dash: bool,
    pub(crate) ignore_case: bool,
    pub(crate) resources: bool,
    /// First operands behind which another verb stands.
    pub(crate) groups: Vec<String>,
    pub(crate) scope: Vec<String>,
    /// Arguments that are programs themselves.
    pub(crate) code: Vec<Code>,
    /// Whether every machine has it, the shell's own commands included.
    pub(crate) everywhere: bool,
    pub(crate) otherwise: Option<EffectClass>,
    pub(crate) entries: Vec<Entry>,
}

/// Flags that take no value although they would elsewhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unvalued {
    /// Where one of these words is among the arguments; everywhere if there are none.
    #[serde(default)]
    pub(crate) with: Vec<String>,
    pub(crate) flags: Vec<String>,
}

/// An argument that is a program in a language of its own.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    /// The flags whose values it is.
    pub(crate) flags: Vec<String>,
    /// Or the operand that it is.
    pub(crate) operand: Option<usize>,
    /// Flags in whose presence it is something else.
    pub(crate) unless: Vec<String>,
    pub(crate) language: Language,
}

/// A language that a program takes an argument or its input for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    Bash,
    /// PostgreSQL's, with the meta-commands of `psql`.
    Sql,
    Mysql,
    Redis,
    Mongo,
    /// A Kubernetes manifest.
    Yaml,
    Sed,
    Awk,
    /// One that is not read here.
    Other,
}

/// What is known about calls of one shape.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Any of them may fit.
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) effect: EffectClass,
    /// What it does in a loop, or for each of a list.
    pub(crate) repeated: Option<EffectClass>,
    pub(crate) capture: Option<Template>,
    pub(crate) undo: Option<Template>,
    /// The files that it changes, in place of what is captured and undone.
    pub(crate) files: Option<Files>,
    pub(crate) preview: Option<Template>,
    pub(crate) verify: Option<Template>,
    pub(crate) irreversible: Option<String>,
    /// Whether what it does passes by itself, so that there is nothing to undo.
    pub(crate) transient: bool,
    pub(crate) needs: Vec<String>,
    /// The only flags that a call may have; any if there are none.
    pub(crate) only: Vec<String>,
    /// What it takes its input for; unless that is shown, what only observes is unknown.
    pub(crate) stdin: Option<Language>,
    #[cfg_attr(not(test), expect(dead_code, reason = "examples are for the tests and the reference"))]
    pub(crate) examples: Vec<String>,
}

/// Files that a call changes.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(crate) change: FileChange,
    pub(crate) of: Vec<Template>,
    /// The file that comes there: it goes under its own name into what is a folder.
    pub(crate) from: Option<Template>,
}

/// What the catalogue says about a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decision<'c> {
    /// The program, as the entry knows it.
    pub(crate) program: &'c Program,
    /// The entry that fits; none where the program's default decides.
    pub(crate) entry: Option<&'c Entry>,
    pub(crate) effect: EffectClass,
}

impl Catalogue {
    /// The built-in catalogue with the entries of more files in front; each is a name for messages and a text.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn with_files(files: &[(&str, &str)]) -> Result<Self, Vec<CatalogueProblem>> {
        let mut catalogue = Self::default();
        let mut problems = Vec::new();
        for (path, text) in files {
            match file::read(path, text) {
                Ok(programs) => programs.into_iter().for_each(|program| catalogue.add(&program)),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Ok(catalogue) } else { Err(problems) }
    }

    fn add(&mut self, program: &Program) {
        for name in &program.names {
            self.own.entry(name.clone()).or_default().push(program.clone());
        }
    }

    /// Whether it knows no more than the built-in one.
    pub(crate) fn is_built_in(&self) -> bool {
        self.own.is_empty()
    }

    /// Everything known about a program, what was added first.
    fn programs<'c>(&'c self, name: &str) -> impl Iterator<Item = &'c Program> + use<'c> {
        self.own.get(name).into_iter().flatten().chain(embedded::program(name))
    }

    /// Reads a call as this catalogue knows the program.
    pub(crate) fn call<'a>(&self, invocation: &'a crate::syntax::bash::Invocation) -> Call<'a> {
        let own = self.own.get(invocation.program()).into_iter().flatten();
        let known: Vec<&Program> = own.chain(embedded::program(invocation.program())).collect();
        Call::read(invocation, &known)
    }

    /// What is known about a call; `None` where the program is not.
    pub(crate) fn decide<'c>(&'c self, call: &Call<'_>) -> Option<Decision<'c>> {
        let mut fallback: Option<Decision<'c>> = None;
        for program in self.programs(call.program) {
            let reading = program.reading(call);
            if let Some(entry) = program.entries.iter().find(|entry| entry.fits(call, reading)) {
                return Some(Decision { program, entry: Some(entry), effect: entry.effect });
            }
            let undecided = fallback.is_none_or(|it| it.program.otherwise.is_none());
            if undecided {
                let effect = program.otherwise.unwrap_or(EffectClass::Unknown);
                fallback = Some(Decision { program, entry: None, effect });
            }
        }
        fallback
    }
}

/// What the built-in catalogue knows about the flags of a program.
pub(crate) fn built_in(name: &str) -> Option<&'static Program> {
    embedded::program(name)
}

impl Program {
    /// Whether a flag of this program takes the next word as its value, with these arguments.
    pub(crate) fn takes_value(&self, flag: &str, has: impl Fn(&str) -> bool) -> bool {
        let listed = self.valued.binary_search_by(|it| it.as_str().cmp(flag)).is_ok();
        let excepted = |it: &Unvalued| {
            it.flags.iter().any(|name| pattern::resembles(name, flag))
                && (it.with.is_empty() || it.with.iter().any(|word| has(word)))
        };
        (listed || self.globs.iter().any(|glob| pattern::resembles(glob, flag))) && !self.unvalued.iter().any(excepted)
    }

    /// Whether the value of a flag, if there is one, stands right behind its letter.
    pub(crate) fn attaches(&self, flag: &str) -> bool {
        self.attached.iter().any(|it| it == flag)
    }

    fn reading(&self, call: &Call<'_>) -> Reading {
        Reading { ignore_case: self.ignore_case, resources: self.resources, objects: self.objects(call) }
    }

    /// How many objects a call names, where the program writes `KIND NAME…` or `KIND/NAME…` behind its verbs.
    fn objects(&self, call: &Call<'_>) -> Option<usize> {
        let verbs = 1 + usize::from(self.groups.iter().any(|group| group == call.operand(0)));
        if !self.resources {
            let many = call.operands.iter().any(|word| word.glob || lists(&word.value));
            return many.then_some(usize::MAX);
        }
        let named = call.operands.get(verbs..).unwrap_or_default();
        let named: Vec<&str> = named.iter().map(|word| word.value.as_str()).collect();
        // `KEY=VALUE` sets something on the object, and `KEY-` takes it away.
        let named: Vec<&str> = named.into_iter().filter(|it| !it.contains('=') && !it.ends_with('-')).collect();
        if named.iter().any(|word| lists(word)) {
            return Some(usize::MAX);
        }
        Some(match named.first() {
            Some(first) if first.contains('/') && !first.starts_with('<') => named.len(),
            _ => named.len().saturating_sub(1),
        })
    }
}

/// Whether a word stands for several objects: what a command prints, unless it is cut to one.
fn lists(word: &str) -> bool {
    let one = ["head -1", "head -n1", "head -n 1", "tail -1", "items[0]", "tail -n 1"];
    (word.contains("$(") || word.contains('`')) && !one.iter().any(|cut| word.contains(cut))
}

impl Entry {
    fn fits(&self, call: &Call<'_>, reading: Reading) -> bool {
        let allowed = |name: &String| self.only.iter().any(|it| pattern::resembles(it, name));
        self.patterns.iter().any(|pattern| pattern.fits(call, reading))
            && (self.only.is_empty() || call.flags.iter().all(|flag| allowed(&flag.name)))
    }
}
