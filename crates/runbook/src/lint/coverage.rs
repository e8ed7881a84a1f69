//! Which procedure says what to do about each thing that is watched, and what has none.
//!
//! A procedure is found by what the configuration names, by the address that an alert rule links to, or by its name:
//! the title, the id, the file or a word of the trigger that is the alert's name. Nothing is guessed beyond that: a
//! wrong procedure at night is worse than none. Deliberately absent: files; the caller brings the texts.

use crate::model::{Procedure, Runbook};
use crate::span::Lines;
use crate::syntax::yaml::{self, Node};

/// What is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchedKind {
    /// A check of the configuration.
    Check,
    /// A job of the configuration that must report in.
    Job,
    /// An alert of a Prometheus rule file.
    Alert,
    /// A job that a runbook describes.
    ScheduledJob,
}

impl WatchedKind {
    /// The word used in listings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Job => "job",
            Self::Alert => "alert",
            Self::ScheduledJob => "scheduled job",
        }
    }
}

/// One thing that can go wrong and be noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// What it is.
    pub kind: WatchedKind,
    /// Its name.
    pub name: String,
    /// As written: `p1`, `critical`.
    pub severity: Option<String>,
    /// The file that names it.
    pub path: String,
    /// The line, where it is known.
    pub line: Option<u32>,
    /// Who owns it, where the file says so.
    pub owner: Option<String>,
    /// Id of the procedure that the file names.
    pub procedure: Option<String>,
    /// The address that the file names.
    pub runbook_url: Option<String>,
}

impl Watched {
    /// Whether somebody is woken for it, so that there has to be a procedure.
    pub fn demands_procedure(&self) -> bool {
        let severity = self.severity.as_deref().unwrap_or_default().to_ascii_lowercase();
        matches!(
            severity.as_str(),
            "p0" | "p1"
                | "critical"
                | "page"
                | "emergency"
                | "disaster"
                | "sev0"
                | "sev1"
                | "sev-0"
                | "sev-1"
                | "s0"
                | "s1"
        )
    }
}

/// How a procedure was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// The configuration names it.
    Configuration,
    /// The alert rule links to it.
    Link,
    /// It has the name of what is watched.
    Name,
}

impl FoundBy {
    /// The word used in listings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Link => "link",
            Self::Name => "name",
        }
    }
}

/// One thing that is watched, with the procedure that covers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered<'r> {
    /// What is watched.
    pub watched: Watched,
    /// The runbook and the procedure, and how they were found.
    pub by: Option<(&'r Runbook, &'r Procedure, FoundBy)>,
}

impl Covered<'_> {
    /// Who owns the procedure, or what is watched.
    pub fn owner(&self) -> Option<&str> {
        let procedure = self.by.and_then(|(_, procedure, _)| procedure.owner.as_deref());
        procedure.or(self.watched.owner.as_deref())
    }

    /// Whether a procedure is missing that there has to be.
    pub fn is_gap(&self) -> bool {
        self.by.is_none() && self.watched.demands_procedure()
    }
}

/// The procedure for each thing that is watched, in the order given.
pub fn coverage(watched: Vec<Watched>, runbooks: &[Runbook]) -> Vec<Covered<'_>> {
    let find = |watched: &Watched| {
        named(watched, runbooks).or_else(|| linked(watched, runbooks)).or_else(|| namesake(watched, runbooks))
    };
    watched.into_iter().map(|watched| Covered { by: find(&watched), watched }).collect()
}

type Found<'r> = Option<(&'r Runbook, &'r Procedure, FoundBy)>;

fn named<'r>(watched: &Watched, runbooks: &'r [Runbook]) -> Found<'r> {
    let id = watched.procedure.as_deref()?;
    runbooks.iter().find_map(|runbook| Some((runbook, runbook.procedure(id)?, FoundBy::Configuration)))
}

/// The procedure that an address leads to: its last parts are those of a runbook's path, its fragment is a heading's.
fn linked<'r>(watched: &Watched, runbooks: &'r [Runbook]) -> Found<'r> {
    let url = watched.runbook_url.as_deref()?;
    let (address, fragment) = url.split_once('#').unwrap_or((url, ""));
    let address = address.split('?').next().unwrap_or_default();
    let wanted: Vec<String> = parts(address);
    let runbook = runbooks
        .iter()
        .map(|runbook| (same_parts(&wanted, &parts(&runbook.path)), runbook))
        .filter(|(same, _)| *same > 0)
        .max_by_key(|(same, runbook)| (*same, std::cmp::Reverse(runbook.path.len())))
        .map(|(_, runbook)| runbook)?;
    let procedure = match fragment {
        "" => runbook.procedures.first(),
        _ => runbook.procedures.iter().find(|procedure| {
            procedure.anchor == fragment || procedure.id == fragment || folded(&procedure.anchor) == folded(fragment)
        }),
    };
    procedure.map(|procedure| (runbook, procedure, FoundBy::Link))
}

/// The folders and the file of a path or an address, the last one first and without its ending.
fn parts(path: &str) -> Vec<String> {
    let whole = path.trim_end_matches('/');
    let mut parts: Vec<String> = whole.rsplit(['/', '\\']).map(str::to_lowercase).collect();
    if let Some(last) = parts.first_mut() {
        *last = last.split('.').next().unwrap_or_default().to_owned();
    }
    if parts.first().is_some_and(|last| matches!(last.as_str(), "index" | "_index" | "readme")) && parts.len() > 1 {
        parts.remove(0);
    }
    parts
}

/// How many parts agree, from the last one on.
fn same_parts(one: &[String], other: &[String]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other && !one.is_empty()).count()
}

/// The procedure that has the name of what is watched.
fn namesake<'r>(watched: &Watched, runbooks: &'r [Runbook]) -> Found<'r> {
    let wanted = folded(&watched.name);
    let same = |text: &str| !wanted.is_empty() && folded(text) == wanted;
    let procedures = || runbooks.iter().flat_map(|runbook| runbook.procedures.iter().map(move |it| (runbook, it)));
    let titled = procedures().find(|(_, procedure)| same(&procedure.title) || same(&procedure.id));
    let spoken = || procedures().find(|(_, procedure)| speaks_of(procedure, &watched.name));
    let filed = || {
        let runbook = runbooks.iter().find(|runbook| parts(&runbook.path).first().is_some_and(|stem| same(stem)))?;
        Some((runbook, runbook.procedures.first()?))
    };
    titled.or_else(spoken).or_else(filed).map(|(runbook, procedure)| (runbook, procedure, FoundBy::Name))
}

/// Whether the title or the trigger names it, as one word.
fn speaks_of(procedure: &Procedure, name: &str) -> bool {
    let trigger = procedure.trigger.as_ref().map_or("", |trigger| trigger.text.as_str());
    // A name of one plain word is also a word of the language.
    let is_name = name.contains(['_', '-']) || name.chars().skip(1).any(char::is_uppercase);
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    is_name
        && [procedure.title.as_str(), trigger].iter().any(|text| text.split(|c| !is_part(c)).any(|word| word == name))
}

/// Letters and digits alone: `HighErrorRate` is "High error rate".
fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The alerts of a Prometheus rule file or of `PrometheusRule` objects; none of any other YAML. The error says why a
/// text that looks like one cannot be read.
pub fn alert_rules(path: &str, text: &str) -> Result<Vec<Watched>, String> {
    if !text.contains("alert:") && !text.contains("\"alert\"") {
        return Ok(Vec::new());
    }
    let documents = yaml::large_documents(text).map_err(|fault| match fault.at {
        _ if fault.too_large => "it is too large, or nests too deep".to_owned(),
        Some(at) => format!("it is not YAML from line {} on", Lines::of(text).line(at)),
        None => "it is not YAML".to_owned(),
    })?;
    let lines = Lines::of(text);
    let mut found = Vec::new();
    for document in &documents {
        let objects = match document.get("items") {
            Some(items) => items.items(),
            None => std::slice::from_ref(document),
        };
        for object in objects {
            let groups = object.get("spec").and_then(|spec| spec.get("groups")).or_else(|| object.get("groups"));
            let rules = groups.map_or(&[][..], Node::items).iter().filter_map(|group| group.get("rules"));
            found.extend(rules.flat_map(Node::items).filter_map(|rule| alert(path, &lines, rule)));
        }
    }
    Ok(found)
}

fn alert(path: &str, lines: &Lines, rule: &Node) -> Option<Watched> {
    let name = rule.get("alert")?;
    let field = |table: &str, keys: &[&str]| {
        let table = rule.get(table)?;
        keys.iter().find_map(|key| table.get(key)?.text()).filter(|value| !value.is_empty()).map(str::to_owned)
    };
    Some(Watched {
        kind: WatchedKind::Alert,
        name: name.text()?.to_owned(),
        severity: field("labels", &["severity", "priority"]),
        path: path.to_owned(),
        line: Some(lines.line(name.span.start)),
        owner: field("labels", &["owner", "team"]),
        procedure: None,
        runbook_url: field("annotations", &["runbook_url", "runbook", "runbook_link", "runbookUrl"]),
    })
}

/// The jobs that runbooks describe.
pub fn scheduled_jobs(runbooks: &[Runbook]) -> Vec<Watched> {
    let of = |runbook: &Runbook| -> Vec<Watched> {
        let jobs = runbook.scheduled_jobs.iter();
        jobs.map(|job| Watched {
            kind: WatchedKind::ScheduledJob,
            name: job.name.clone(),
            severity: None,
            path: runbook.path.clone(),
            line: Some(job.line),
            owner: job.owner.clone(),
            procedure: None,
            runbook_url: None,
        })
        .collect()
    };
    runbooks.iter().flat_map(of).collect()
}
