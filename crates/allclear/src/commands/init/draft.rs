//! What a runbook says that belongs into a configuration.
//!
//! Guesses are made only where a wrong one does no harm; the file says of each where it comes from.

use allclear_core::{Severity, SeverityPolicy};
use allclear_runbook::{Procedure, Runbook, SeverityLevel, VariableForm};
use reqwest::Url;

use super::cron::longest_gap_minutes;

/// The parts of a configuration.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) service: String,
    /// Name, how to reach, line.
    pub(super) contacts: Vec<(String, String, u32)>,
    pub(super) severities: Vec<SeverityDraft>,
    pub(super) procedures: Vec<ProcedureDraft>,
    pub(super) checks: Vec<CheckDraft>,
    pub(super) jobs: Vec<JobDraft>,
    /// Name, whether it is a secret, line.
    pub(super) variables: Vec<(String, bool, u32)>,
}

#[derive(Debug)]
pub(super) struct SeverityDraft {
    pub(super) severity: Severity,
    /// As the runbook puts it.
    pub(super) meaning: String,
    pub(super) usual: SeverityPolicy,
}

#[derive(Debug)]
pub(super) struct ProcedureDraft {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) line: u32,
}

#[derive(Debug)]
pub(super) struct CheckDraft {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) line: u32,
    pub(super) severity: Severity,
    pub(super) procedure: Option<String>,
}

#[derive(Debug)]
pub(super) struct JobDraft {
    pub(super) name: String,
    /// The schedule, as written.
    pub(super) cadence: String,
    pub(super) owner: Option<String>,
    pub(super) line: u32,
    /// `None` if the schedule was not understood.
    pub(super) every_ms: Option<u64>,
    pub(super) procedure: Option<String>,
}

impl Draft {
    /// Reads a runbook.
    pub(super) fn of(runbook: &Runbook) -> Self {
        Self {
            service: service(runbook),
            contacts: runbook
                .contacts
                .iter()
                .map(|contact| (contact.name.clone(), contact.reach.clone(), contact.line))
                .collect(),
            severities: severities(&runbook.severities),
            procedures: runbook.procedures.iter().map(ProcedureDraft::of).collect(),
            checks: checks(runbook),
            jobs: jobs(runbook),
            variables: runbook
                .variables
                .iter()
                .filter(|variable| variable.form == VariableForm::Shell)
                .map(|variable| (variable.name.clone(), variable.secret, variable.line))
                .collect(),
        }
    }
}

impl ProcedureDraft {
    fn of(procedure: &Procedure) -> Self {
        Self { id: procedure.id.clone(), title: procedure.title.clone(), line: procedure.line }
    }
}

/// The domain that most addresses share, otherwise the title of the runbook.
fn service(runbook: &Runbook) -> String {
    let mut domains: Vec<String> = addresses(runbook).filter_map(|(url, _)| domain(&url)).collect();
    domains.sort();
    let most = domains.chunk_by(|one, other| one == other).max_by_key(|same| same.len()).and_then(<[String]>::first);
    let mut letters = most.map(String::as_str).unwrap_or_default().chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => runbook.title.clone().unwrap_or_else(|| "My service".to_owned()),
    }
}

/// `prepchef` of `api.prepchef.com`; nothing for bare addresses and single names.
fn domain(url: &Url) -> Option<String> {
    let labels: Vec<&str> = url.domain()?.split('.').collect();
    labels.len().checked_sub(2).and_then(|index| labels.get(index)).map(|label| (*label).to_owned())
}

/// The addresses without placeholders, each once, with their lines.
fn addresses(runbook: &Runbook) -> impl Iterator<Item = (Url, u32)> {
    let mut seen = Vec::new();
    runbook.endpoints().iter().filter_map(move |endpoint| {
        let has_placeholder = endpoint.url.contains(['<', '{', '$', '*', '[']);
        let url = Url::parse(&endpoint.url).ok().filter(|url| {
            !has_placeholder
                && url.host_str().is_some()
                && matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
        })?;
        let is_new = !seen.contains(&url);
        seen.push(url.clone());
        is_new.then_some((url, endpoint.line))
    })
}

fn checks(runbook: &Runbook) -> Vec<CheckDraft> {
    let mut checks: Vec<CheckDraft> = Vec::new();
    for (url, line) in addresses(runbook) {
        let name = unique(&check_name(&url), checks.iter().map(|check| check.name.as_str()));
        let procedure = matching(runbook, url.path());
        checks.push(CheckDraft { name, line, severity: Severity::P1, procedure, url: url.to_string() });
    }
    checks
}

/// `api-health` for `https://api.prepchef.com/health`.
fn check_name(url: &Url) -> String {
    let host = match url.domain() {
        Some(domain) => {
            let labels: Vec<&str> = domain.split('.').filter(|label| *label != "www").collect();
            let own = labels.len().saturating_sub(2);
            if own > 0 { labels[..own].join("-") } else { labels.first().copied().unwrap_or_default().to_owned() }
        }
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    slug(&format!("{host} {}", url.path()))
}

/// Lower-case words joined by `-`.
fn slug(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

fn unique<'a>(name: &str, taken: impl Iterator<Item = &'a str>) -> String {
    let taken: Vec<&str> = taken.collect();
    let name = if name.is_empty() { "check" } else { name };
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|candidate| !taken.contains(&candidate.as_str()))
        .expect("there are more numbers than names")
}

/// The one procedure whose title shares a word with the text; none where two do.
fn matching(runbook: &Runbook, text: &str) -> Option<String> {
    const TOO_COMMON: [&str; 8] = ["health", "status", "check", "service", "page", "http", "https", "index"];
    let text = slug(text);
    let words: Vec<&str> = text.split('-').filter(|word| word.len() > 3 && !TOO_COMMON.contains(word)).collect();
    let mut found =
        runbook.procedures.iter().filter(|procedure| procedure.id.split('-').any(|word| words.contains(&word)));
    match (found.next(), found.next()) {
        (Some(procedure), None) => Some(procedure.id.clone()),
        _ => None,
    }
}

fn severities(levels: &[SeverityLevel]) -> Vec<SeverityDraft> {
    // `SEV-1` is the worst where there is no `SEV-0`.
    let digit = |level: &SeverityLevel| level.code.chars().filter_map(|letter| letter.to_digit(10)).next();
    let lowest = levels.iter().filter_map(digit).min().unwrap_or(0).min(1);
    let draft = |level: &SeverityLevel| {
        let severity = *Severity::ALL.get(digit(level)?.checked_sub(lowest)? as usize)?;
        let meaning = [level.code.as_str(), level.name.as_str(), level.description.as_str()];
        let meaning = meaning.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        Some(SeverityDraft { severity, meaning, usual: SeverityPolicy::usual(severity) })
    };
    let mut drafts: Vec<SeverityDraft> = levels.iter().filter_map(draft).collect();
    drafts.sort_by_key(|draft| draft.severity);
    drafts.dedup_by_key(|draft| draft.severity);
    drafts
}

fn jobs(runbook: &Runbook) -> Vec<JobDraft> {
    let mut jobs: Vec<JobDraft> = Vec::new();
    for job in &runbook.scheduled_jobs {
        let name = unique(&slug(&job.name), jobs.iter().map(|job| job.name.as_str()));
        let by_cron = job.cron.as_deref().and_then(longest_gap_minutes).map(|minutes| minutes * 60_000);
        jobs.push(JobDraft {
            name,
            cadence: job.cadence.clone(),
            owner: job.owner.clone(),
            line: job.line,
            every_ms: by_cron.or_else(|| in_words(&job.cadence)),
            procedure: matching(runbook, &job.name),
        });
    }
    jobs
}

/// How often something happens, from the words that people use.
fn in_words(cadence: &str) -> Option<u64> {
    const HOUR_MS: u64 = 3_600_000;
    const WORDS: [(&str, u64); 7] = [
        ("hourly", HOUR_MS),
        ("nightly", 24 * HOUR_MS),
        ("daily", 24 * HOUR_MS),
        ("every day", 24 * HOUR_MS),
        ("weekly", 7 * 24 * HOUR_MS),
        ("monthly", 31 * 24 * HOUR_MS),
        ("quarterly", 92 * 24 * HOUR_MS),
    ];
    let cadence = cadence.to_ascii_lowercase();
    WORDS.iter().find(|(word, _)| cadence.contains(word)).map(|(_, every)| *every)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_named_after_its_host_and_path() {
        for (url, name) in [
            ("https://api.prepchef.com/health", "api-health"),
            ("https://prepchef.com", "prepchef"),
            ("https://www.prepchef.com/", "prepchef"),
            ("http://127.0.0.1:9000/a/b", "127-0-0-1-a-b"),
            ("http://localhost/", "localhost"),
        ] {
            assert_eq!(check_name(&Url::parse(url).unwrap()), name, "{url}");
        }
    }

    #[test]
    fn names_stay_unique() {
        assert_eq!(unique("a", ["b"].into_iter()), "a");
        assert_eq!(unique("a", ["a", "a-2"].into_iter()), "a-3");
    }
}
