//! RD03: locks, sessions and queues are deleted by pattern, or left to an eviction policy that takes any key.

use std::cell::LazyCell;

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::redis::sent::{by, sent, words};
use crate::lint::{Document, Entry, Report, Rule};
use crate::span::Span;
use crate::syntax::redis::{self, Options};

pub(super) const RULE: Rule = Rule {
    code: "RD03",
    name: "deletion-of-live-keys",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/RD03.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for entry in document.entries() {
        deletes(document, entry, report);
    }
    evicts(document, report);
}

/// Says it at a pattern whose keys are deleted one and all.
fn deletes(document: &Document<'_>, entry: &Entry<'_>, report: &mut Report) {
    let deletion = by(entry).find(|sent| matches!(sent.request.name.as_str(), "DEL" | "UNLINK") && sent.repeats());
    let Some(deletion) = deletion else { return };
    let intent = deletion.intent(document);
    for (pattern, span) in patterns(entry) {
        let Some(live) = live(&pattern) else { continue };
        // Whoever says that all sessions are to end means it.
        if words(&intent).iter().any(|word| Live::of(word) == Some(live)) {
            continue;
        }
        report.at(entry.place(span), format!("this deletes {} as well", live.harm()), live.instead());
    }
}

/// Says it at a policy that evicts any key, where the text names keys that must not go.
fn evicts(document: &Document<'_>, report: &mut Report) {
    let named = LazyCell::new(|| kept(document));
    for sent in sent(document) {
        let request = &sent.request;
        let policy = request.argument(2).to_ascii_lowercase();
        let sets = request.name == "CONFIG" && request.subcommand() == "SET";
        if !sets || !request.argument(1).eq_ignore_ascii_case("maxmemory-policy") || !policy.starts_with("allkeys-") {
            continue;
        }
        let Some((live, key)) = named.as_ref() else { return };
        let volatile = policy.replace("allkeys", "volatile");
        report.at(
            sent.span(),
            format!("under this policy the server also evicts {}, such as `{key}`", live.harm()),
            format!("use `{volatile}` and give cache keys a TTL, or keep the cache on a server of its own"),
        );
    }
}

/// Keys in use that the runbook's commands name.
fn kept(document: &Document<'_>) -> Option<(Live, String)> {
    let of_requests = sent(document).flat_map(|sent| sent.request.arguments.into_iter().map(|it| it.value));
    let of_patterns = document.entries().flat_map(patterns).map(|(pattern, _)| pattern);
    let named = |key: String| live(&key).filter(|_| key.contains([':', '*', '_', '-'])).map(|live| (live, key));
    of_requests.filter(|key| !key.contains("redis.call")).chain(of_patterns).find_map(named)
}

/// The patterns by which a command lists keys.
fn patterns(entry: &Entry<'_>) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    for client in entry.script.invocations.iter().filter(|it| redis::is_client(it.program())) {
        let pattern = Options::of(client);
        let scanned = if pattern.has("--scan") { pattern.value("--pattern") } else { None };
        found.extend(scanned.map(|word| (word.value.clone(), word.span)));
    }
    let keys = by(entry).filter(|sent| sent.request.name == "KEYS");
    found.extend(keys.flat_map(|sent| sent.request.arguments).map(|it| (it.value, it.span)));
    found
}

/// What a key's name says that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Live {
    Lock,
    Session,
    Queue,
}

fn live(key: &str) -> Option<Live> {
    words(key).iter().find_map(|word| Live::of(&word.to_lowercase()))
}

impl Live {
    fn of(word: &str) -> Option<Self> {
        match word {
            "lock" | "locks" | "mutex" | "mutexes" | "semaphore" | "semaphores" => Some(Self::Lock),
            "session" | "sessions" | "sess" => Some(Self::Session),
            "queue" | "queues" | "job" | "jobs" | "bull" | "bullmq" | "sidekiq" | "celery" | "resque" => {
                Some(Self::Queue)
            }
            _ => None,
        }
    }

    const fn harm(self) -> &'static str {
        match self {
            Self::Lock => "locks that somebody holds",
            Self::Session => "sessions of people who are logged in",
            Self::Queue => "jobs that nobody has done yet",
        }
    }

    const fn instead(self) -> &'static str {
        match self {
            Self::Lock => {
                "delete only locks without a TTL or a living holder, after a look at each, or let them expire"
            }
            Self::Session => {
                "delete only sessions that are known to be bad, or say in the step that everybody is logged out"
            }
            Self::Queue => "empty a queue with its own tool, after a look at what is in it",
        }
    }
}
