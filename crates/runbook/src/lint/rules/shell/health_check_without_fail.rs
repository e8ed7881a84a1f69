//! S10: `curl` succeeds whatever the server answers, so a check with it passes on a 503.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::{Document, Fix, Report, Rule};
use crate::model::SectionKind;
use crate::syntax::bash::Frame;

pub(super) const RULE: Rule = Rule {
    code: "S10",
    name: "health-check-without-fail",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/S10.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for place in document.invocations().filter(|place| place.program() == "curl" && place.invocation.wraps.is_none()) {
        if is_told(&place) || !only_asks(&place) || !is_check(&place) {
            continue;
        }
        let Some(name) = place.invocation.words.first() else { continue };
        let end = place.entry.place(name.span).end;
        let finding = report.at(
            place.span(),
            "`curl` exits with 0 whatever the server answers, a 503 included",
            "add `-f`, so that an answer of 400 or more is a failure",
        );
        // Elsewhere the body of an error may be what the step reads.
        let asked = place.invocation.arguments().iter().any(|word| {
            let word = word.value.to_ascii_lowercase();
            ["health", "ready", "alive", "livez", "ping"].iter().any(|part| word.contains(part))
        });
        finding.fix = asked.then(|| Fix::insert("fail on errors", end, " -f"));
    }
}

/// Whether the text only tells what something else asks.
fn is_told(place: &Place<'_, '_>) -> bool {
    place.entry.section.is_some_and(|section| {
        matches!(
            section.kind,
            SectionKind::Trigger | SectionKind::Impact | SectionKind::Cause | SectionKind::Background
        )
    })
}

/// Whether it fetches something, and neither its exit code nor its output tells the status.
fn only_asks(place: &Place<'_, '_>) -> bool {
    let call = place.call();
    let tells = [
        "-f",
        "--fail",
        "--fail-with-body",
        "-w",
        "--write-out",
        "-i",
        "--include",
        "-I",
        "--head",
        "-v",
        "--verbose",
        "-D",
        "--dump-header",
        "--trace",
        "--trace-ascii",
    ];
    let sends = [
        "-d",
        "--data",
        "--data-raw",
        "--data-binary",
        "--data-urlencode",
        "--json",
        "-F",
        "--form",
        "-T",
        "--upload-file",
    ];
    let method = call.value(&["-X", "--request"]).is_none_or(|method| method == "GET");
    let kept = call.value(&["-o", "--output"]).is_some_and(|file| file != "/dev/null" && file != "-")
        || call.has(&["-O", "--remote-name"]);
    let piped = place.downstream().next().is_some();
    method && !kept && !call.has(&tells) && !call.has(&sends) && (!piped || only_shows(place))
}

/// Whether what stands behind the pipe shows the answer rather than judging it.
fn only_shows(place: &Place<'_, '_>) -> bool {
    place.downstream().all(|stage| {
        let judges = stage.arguments().iter().any(|word| word.value == "-e" || word.value == "--exit-status");
        matches!(stage.program(), "jq" | "head" | "cat" | "less" | "tee" | "json_pp") && !judges
    })
}

fn is_check(place: &Place<'_, '_>) -> bool {
    let call = place.call();
    let address = call
        .operands
        .iter()
        .map(|word| word.value.as_str())
        .chain(call.value(&["--url"]))
        .find(|value| is_address(value));
    let Some(address) = address else { return false };
    let judged = place.invocation.frames.contains(&Frame::Condition);
    let metrics = parts(address).iter().any(|part| part == "metrics");
    asks_for_health(address) || judged || !metrics && verifies(place) && place.downstream().next().is_none()
}

fn is_address(word: &str) -> bool {
    word.starts_with("http://")
        || word.starts_with("https://")
        || word.starts_with("localhost")
        || !word.contains("://") && word.contains(['.', ':', '/', '$', '<'])
}

/// Whether the path is one under which services say how they are.
fn asks_for_health(address: &str) -> bool {
    const LAST: &[&str] =
        &["ready", "readyz", "readiness", "live", "livez", "liveness", "ping", "status", "heartbeat", "alive", "up"];
    let path = parts(address);
    let health = |part: &str| {
        let part = part.trim_start_matches('_');
        ["health", "healthy"].contains(&part)
            || part.starts_with("healthz")
            || part.starts_with("healthcheck")
            || part.starts_with("health-check")
            || part.starts_with("health_check")
    };
    path.iter().any(|part| health(part))
        || path.len() <= 2 && path.last().is_some_and(|part| LAST.contains(&part.as_str()))
}

/// The parts of the path, in small letters.
fn parts(address: &str) -> Vec<String> {
    let path = address.split_once("://").map_or(address, |(_, rest)| rest).split(['?', '#']).next().unwrap_or_default();
    path.trim_end_matches('/').split('/').skip(1).map(str::to_ascii_lowercase).collect()
}

/// Whether the step says that it verifies something.
fn verifies(place: &Place<'_, '_>) -> bool {
    let section = place.entry.section.is_some_and(|section| section.kind == SectionKind::Verification);
    let first = place.entry.title.split(|c: char| !c.is_alphabetic()).find(|word| !word.is_empty()).unwrap_or_default();
    section || ["verify", "validate", "confirm"].iter().any(|word| first.eq_ignore_ascii_case(word))
}
