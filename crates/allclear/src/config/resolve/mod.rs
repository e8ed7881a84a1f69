//! From the file to the policy that it means, with every problem on the way.
//!
//! Pure: what has to be known about the world comes in as `Surroundings`. It always goes to the end; where something is
//! wrong, a stand-in goes on, and the caller throws the result away because there is an error among the problems.

mod address;
mod check;
mod kubernetes;
mod people;
mod postgres;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use allclear_core::{
    Approvals, EffectClass, Policy, ProcedureLink, RunbookPolicy, SecretRef, Severity, SeverityPolicy, Target,
};
use allclear_runbook::mentions_secret;

use super::at::At;
use super::code::Code;
use super::file::{ApprovalsTable, EffectWord, File, RunbookTable, SeverityTable, TargetTable};
use super::nearest::{listed, nearest};
use super::problem::Problem;
use super::secret;
use super::unit::{Pace, Reference, SeverityWord, Span, is_variable_name};
use super::{Config, ServerConfig};

/// Id, title and anchor of every procedure of a runbook.
pub(super) type Listing = Vec<(String, String, String)>;

/// What has to be known about the world.
pub(super) struct Surroundings<'a> {
    /// The folder of the file, from which paths in it start.
    pub(super) folder: &'a Path,
    /// What the runbook holds or why it cannot be read; `None` if none is named.
    pub(super) listing: Option<Result<Listing, String>>,
    /// Whether an environment variable has a value.
    pub(super) is_variable_set: &'a dyn Fn(&str) -> bool,
    /// Whether a file can be read.
    pub(super) is_file_readable: &'a dyn Fn(&Path) -> bool,
}

/// What a file means, and what is wrong with it.
pub(super) fn resolve(
    file: File,
    removed: &BTreeSet<String>,
    surroundings: &Surroundings<'_>,
) -> (Config, Vec<Problem>) {
    let mut pass = Pass { removed, surroundings, channels: BTreeSet::new(), problems: Vec::new() };
    pass.channels = file.channel.keys().cloned().collect();
    pass.channels.extend(removed.iter().filter_map(|path| path.strip_prefix("channel.")).map(str::to_owned));
    let server = ServerConfig { listen: pass.listen(&file) };
    let service = file.service.unwrap_or_default();
    let public_url =
        service.public_url.as_ref().map_or_else(|| format!("http://{}", server.listen), |url| pass.base_url(url));
    let runbook = file.runbook.as_ref().and_then(|runbook| pass.runbook(runbook));
    let severities: BTreeMap<_, _> = Severity::ALL
        .into_iter()
        .map(|severity| (severity, pass.severity(severity, file.severity.get(&SeverityWord(severity)))))
        .collect();
    pass.escalation_is_there(file.escalation.as_ref(), &severities);
    let escalation = file.escalation.map(|table| table.value).unwrap_or_default();
    let policy = Policy {
        service: service.name.unwrap_or_else(|| Policy::default().service),
        public_url,
        runbook,
        severities,
        escalation: escalation.levels.iter().map(|level| pass.level(level)).collect(),
        escalation_repeats: escalation.repeats.as_ref().map_or(2, |repeats| pass.number(repeats, "repeats", 0, 100)),
        last_resort: pass.channel_names(&escalation.last_resort),
        channels: pass.named("channel", file.channel, Pass::channel),
        audience: pass.channel_names(&service.audience),
        checks: pass.named("check", file.check, Pass::check),
        jobs: pass.named("job", file.job, Pass::job),
        targets: file
            .target
            .into_iter()
            .map(|(name, table)| {
                let target = pass.target(&table);
                (name, target)
            })
            .collect(),
        approvals: file.approvals.map_or_else(Approvals::default, |table| pass.approvals(&table)),
    };
    (Config { policy, server }, pass.problems)
}

/// One walk over the file.
struct Pass<'a> {
    removed: &'a BTreeSet<String>,
    surroundings: &'a Surroundings<'a>,
    channels: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Pass<'_> {
    fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// A key that cannot be guessed is not there. Says nothing if it was there and wrong.
    fn missing(&mut self, table: &str, key: &str, span: Range<usize>, help: &str) {
        if !self.removed.contains(&format!("{table}.{key}")) {
            self.report(
                Problem::error(Code::MissingKey, span, format!("`[{table}]` does not say its `{key}`")).help(help),
            );
        }
    }

    fn bad(&mut self, span: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.report(Problem::error(Code::BadValue, span.clone(), message).help(help));
    }

    /// Resolves each table of a kind under its name.
    fn named<T, P>(
        &mut self,
        kind: &str,
        tables: BTreeMap<String, At<T>>,
        one: fn(&mut Self, &str, &At<T>) -> P,
    ) -> BTreeMap<String, P> {
        let mut named = BTreeMap::new();
        for (name, table) in tables {
            let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
            if name.is_empty() || !name.chars().all(is_plain) {
                self.bad(
                    &table.span,
                    format!("`{name}` cannot be the name of a {kind}"),
                    "names are letters, digits, `-`, `_` and `.`: they stand in addresses and metrics",
                );
            }
            let resolved = one(self, &name, &table);
            named.insert(name, resolved);
        }
        named
    }

    fn number(&mut self, number: &At<u32>, key: &str, least: u32, most: u32) -> u32 {
        if !(least..=most).contains(&number.value) {
            self.bad(
                &number.span,
                format!("`{key}` cannot be {}", number.value),
                format!("write a number from {least} to {most}"),
            );
        }
        number.value
    }

    /// Whole seconds, at least one.
    fn seconds(&mut self, span: &At<Span>, key: &str) -> u32 {
        let seconds =
            u32::try_from(span.value.0 / 1000).ok().filter(|seconds| *seconds > 0 && span.value.0.is_multiple_of(1000));
        if seconds.is_none() {
            self.bad(
                &span.span,
                format!("`{key}` is a whole number of seconds, and at least one"),
                "write \"1s\" or more",
            );
        }
        seconds.unwrap_or(1)
    }

    /// Milliseconds that fit a limit, at least one.
    fn limit(&mut self, span: &At<Span>, key: &str) -> u32 {
        let limit = u32::try_from(span.value.0).ok().filter(|limit| (1..=600_000).contains(limit));
        if limit.is_none() {
            self.bad(&span.span, format!("`{key}` is out of range"), "write a duration from \"1ms\" to \"10m\"");
        }
        limit.unwrap_or(1)
    }

    fn listen(&mut self, file: &File) -> std::net::SocketAddr {
        let listen = file.server.as_ref().and_then(|server| server.listen);
        listen.map_or_else(|| std::net::SocketAddr::from(([127, 0, 0, 1], 8080)), |listen| listen.0)
    }

    fn runbook(&mut self, table: &At<RunbookTable>) -> Option<RunbookPolicy> {
        let Some(path) = &table.value.path else {
            self.missing("runbook", "path", table.span.clone(), "write path = \"runbook.md\"");
            return None;
        };
        let whole_path = self.surroundings.folder.join(&path.value).display().to_string();
        let base = table.value.url.as_ref().map_or_else(|| whole_path.clone(), |url| self.base_url(url));
        let listing = match &self.surroundings.listing {
            Some(Ok(listing)) => listing,
            Some(Err(reason)) => {
                self.report(
                    Problem::error(
                        Code::Runbook,
                        path.span.clone(),
                        format!("the runbook `{}` cannot be read: {reason}", path.value),
                    )
                    .help("write the path of the Markdown file, starting from the folder of this file"),
                );
                return None;
            }
            None => return None,
        };
        if listing.is_empty() {
            self.report(
                Problem::warning(
                    Code::Runbook,
                    path.span.clone(),
                    format!("no procedure was found in `{}`", path.value),
                )
                .help("a procedure is a heading with steps under it: a numbered list, or commands in fences"),
            );
        }
        let link = |(id, title, anchor): &(String, String, String)| {
            (id.clone(), ProcedureLink { title: title.clone(), url: format!("{base}#{anchor}") })
        };
        Some(RunbookPolicy { path: whole_path, procedures: listing.iter().map(link).collect() })
    }

    /// The id of a procedure that the runbook has.
    fn procedure(&mut self, procedure: Option<&At<String>>) -> Option<String> {
        let written = procedure?;
        let problem = |message: String| Problem::error(Code::UnknownProcedure, written.span.clone(), message);
        match &self.surroundings.listing {
            None => self.report(
                problem(format!("there is no runbook in which to find the procedure `{}`", written.value))
                    .help("name it: [runbook] with path = \"runbook.md\""),
            ),
            // That the runbook cannot be read was said already.
            Some(Err(_)) => {}
            Some(Ok(listing)) if listing.iter().any(|(id, ..)| *id == written.value) => {}
            Some(Ok(listing)) => {
                let ids = || listing.iter().map(|(id, ..)| id.as_str());
                let help = match nearest(&written.value, ids()) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None if listing.is_empty() => "no procedure was found in it: leave this out".to_owned(),
                    None => format!("its procedures are {}", listed(ids())),
                };
                self.report(problem(format!("the runbook has no procedure `{}`", written.value)).help(help));
            }
        }
        Some(written.value.clone())
    }

    fn severity(&mut self, severity: Severity, table: Option<&SeverityTable>) -> SeverityPolicy {
        let usual = SeverityPolicy::usual(severity);
        let Some(table) = table else { return usual };
        SeverityPolicy {
            page: table.page.as_ref().map_or(usual.page, |page| page.value),
            public: table.public.unwrap_or(usual.public),
            update_every_s: self.pace(table.update_every.as_ref(), "update_every", usual.update_every_s),
            review_within_s: self.pace(table.review_within.as_ref(), "review_within", usual.review_within_s),
            resolves_itself: table.resolves_itself.unwrap_or(usual.resolves_itself),
        }
    }

    fn pace(&mut self, pace: Option<&At<Pace>>, key: &str, usual: Option<u32>) -> Option<u32> {
        let Some(pace) = pace else { return usual };
        let milliseconds = pace.value.0?;
        Some(self.seconds(&At { value: Span(milliseconds), span: pace.span.clone() }, key))
    }

    fn approvals(&mut self, table: &ApprovalsTable) -> Approvals {
        let effect = |word: &EffectWord| match word {
            EffectWord::Change => EffectClass::Change,
            EffectWord::Outage => EffectClass::Outage,
            EffectWord::Destroy => EffectClass::Destroy,
            EffectWord::Unknown => EffectClass::Unknown,
        };
        let usual = Approvals::default().expires_s;
        Approvals {
            four_eyes: table.four_eyes.iter().map(effect).collect(),
            expires_s: table.expires.as_ref().map_or(usual, |expires| self.seconds(expires, "expires")),
        }
    }

    fn target(&mut self, table: &TargetTable) -> Target {
        let mut env = BTreeMap::new();
        for (name, reference) in &table.env {
            if !is_variable_name(name) {
                self.bad(
                    &reference.span,
                    format!("`{name}` cannot be the name of an environment variable"),
                    "use letters, digits and underscores",
                );
            }
            let is_secret = mentions_secret(name);
            env.insert(name.clone(), self.reference(reference, is_secret, name));
        }
        Target {
            env,
            kubernetes: table.kubernetes.as_ref().map(|table| self.kubernetes(table)),
            postgres: table.postgres.as_ref().map(|url| self.postgres(url)),
            sql_limits: self.sql_limits(table),
            http: table.http.as_ref().map(|base| self.base_url(base)),
        }
    }

    /// Where a value is; an error where a secret stands in the file, a warning where it is not there now.
    fn reference(&mut self, reference: &At<Reference>, is_secret: bool, key: &str) -> SecretRef {
        let span = reference.span.clone();
        let missing = |what: String, help: &str| Problem::warning(Code::SecretMissing, span.clone(), what).help(help);
        match &reference.value.0 {
            SecretRef::Plain(text) if is_secret || secret::looks_secret(text) => {
                let name = variable_for(key);
                self.report(
                    Problem::error(Code::LiteralSecret, span, format!("`{key}` holds a secret, and this file is no place for one"))
                        .help(format!("write \"env:{name}\" and set that variable for the server, or \"file:PATH\"; whatever stood here should be replaced")),
                );
            }
            SecretRef::Plain(_) => {}
            SecretRef::Env(name) if (self.surroundings.is_variable_set)(name) => {}
            SecretRef::Env(name) => self.report(missing(
                format!("the environment variable `{name}` is not set here"),
                "set it in the environment of `allclear up`",
            )),
            SecretRef::File(path) => {
                let whole = self.surroundings.folder.join(path);
                if !(self.surroundings.is_file_readable)(&whole) {
                    self.report(missing(
                        format!("the file `{path}` cannot be read here"),
                        "put it where the server runs, readable for its user only",
                    ));
                }
                return SecretRef::File(whole.display().to_string());
            }
        }
        reference.value.0.clone()
    }
}

/// A usual name of a variable for the value of a key.
fn variable_for(key: &str) -> String {
    let letters =
        key.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' });
    let name: String = letters.collect();
    if name == "URL" { "OBS_ALERT_WEBHOOK".to_owned() } else { name }
}
