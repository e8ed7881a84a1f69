//! The configuration file as text, with a comment beside whatever the reader has to decide.

use std::fmt::Write as _;

use allclear_core::Severity;

use super::draft::{CheckDraft, Draft, JobDraft, SeverityDraft};
use crate::config::write_duration;

/// The file. `runbook` is the path of the runbook as the file has to give it.
pub(super) fn write(draft: &Draft, runbook: &str) -> String {
    let parts = [
        header(runbook),
        service(draft),
        runbook_part(draft, runbook),
        severities(draft),
        people(draft, runbook),
        checks(draft, runbook),
        jobs(draft, runbook),
        targets(draft, runbook),
    ];
    parts.concat()
}

/// A text as TOML.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// One line for a comment: nothing in the runbook may break out of it.
fn comment(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|letter| !letter.is_control()).collect()
}

fn push(text: &mut String, line: impl std::fmt::Display) {
    writeln!(text, "{line}").expect("a text can always grow");
}

fn header(runbook: &str) -> String {
    format!(
        "# The configuration of Allclear, written by `allclear init` from {}.\n\
         # What the runbook says is here; what it does not say has its usual value or stands in a comment.\n\
         # After a change: `allclear config check`. A running server takes it over by itself.\n",
        comment(runbook)
    )
}

fn service(draft: &Draft) -> String {
    format!(
        "\n[service]\n\
         # The title of the status page.\n\
         name = {}\n\
         # Where the console and the status page are reached from outside; links in pages start with it.\n\
         # public_url = \"https://allclear.example.com\"\n\
         # Channels that hear about every public incident.\n\
         audience = [\"console\"]\n\
         \n[server]\n\
         listen = \"127.0.0.1:8080\"\n",
        quoted(&draft.service)
    )
}

fn runbook_part(draft: &Draft, runbook: &str) -> String {
    let mut text = String::from("\n[runbook]\n");
    push(&mut text, format_args!("path = {}", quoted(runbook)));
    push(&mut text, "# Where people read it on the web; incidents link to the section of their procedure.");
    push(&mut text, "# url = \"https://github.com/your-team/your-repository/blob/main/runbook.md\"");
    if draft.procedures.is_empty() {
        push(&mut text, "# No procedure was found in it: a procedure is a heading with steps under it.");
    } else {
        push(&mut text, "# Its procedures, to be attached to checks and jobs with procedure = \"…\":");
    }
    for procedure in &draft.procedures {
        let mark = format!("\"{}\"", procedure.id);
        push(&mut text, format_args!("#   {mark:<36} {} (line {})", comment(&procedure.title), procedure.line));
    }
    text
}

fn severities(draft: &Draft) -> String {
    let mut text = String::from("\n# What each severity demands of the team.\n");
    let is_found = |severity: Severity| draft.severities.iter().find(|found| found.severity == severity);
    if draft.severities.is_empty() {
        push(
            &mut text,
            "# The runbook defines none, so the usual applies: P0 to P2 page, P0 and P1 are public and get a review.",
        );
    }
    for found in Severity::ALL.into_iter().filter_map(is_found) {
        severity(&mut text, found);
    }
    text
}

fn severity(text: &mut String, found: &SeverityDraft) {
    let pace =
        |seconds: Option<u32>| seconds.map_or("never".to_owned(), |seconds| write_duration(u64::from(seconds) * 1000));
    let usual = &found.usual;
    push(text, format_args!("# {}", comment(&found.meaning)));
    push(text, format_args!("[severity.{}]", found.severity.word().to_ascii_lowercase()));
    push(text, format_args!("page = {}", usual.page));
    push(text, format_args!("public = {}", usual.public));
    push(text, format_args!("update_every = \"{}\"", pace(usual.update_every_s)));
    push(text, format_args!("review_within = \"{}\"", pace(usual.review_within_s)));
    push(text, format_args!("resolves_itself = {}\n", usual.resolves_itself));
}

fn people(draft: &Draft, runbook: &str) -> String {
    let mut text = String::from("# Ways to reach people.\n");
    text.push_str(
        "[channel.console]\n\
         kind = \"console\"\n\
         \n[channel.webhook]\n\
         kind = \"webhook\"\n\
         # The address is a secret, so it is read from the environment of the server.\n\
         url = \"env:OBS_ALERT_WEBHOOK\"\n\
         # With this, what is sent is signed.\n\
         # signing_secret = \"env:OBS_ALERT_WEBHOOK_SECRET\"\n\n",
    );
    if !draft.contacts.is_empty() {
        push(&mut text, format_args!("# Whom {} names:", comment(runbook)));
    }
    for (name, reach, line) in &draft.contacts {
        push(&mut text, format_args!("#   {}: {} (line {line})", comment(name), comment(reach)));
    }
    text.push_str(
        "[escalation]\n\
         # One level after the other is paged until somebody acknowledges.\n\
         levels = [\n\
         \x20 { channels = [\"console\", \"webhook\"], acknowledge_within = \"5m\" },\n\
         ]\n\
         repeats = 2\n\
         # Used once when nobody has answered at all.\n\
         last_resort = [\"console\"]\n",
    );
    text
}

fn checks(draft: &Draft, runbook: &str) -> String {
    let mut text = String::from("\n# What is watched: one check for each address in the runbook.\n");
    if draft.checks.is_empty() {
        text.push_str(
            "# There is none in it, so write your own:\n\
             # [check.api]\n\
             # kind = \"http\"\n\
             # url = \"https://api.example.com/health\"\n\
             # severity = \"p1\"\n",
        );
    }
    for found in &draft.checks {
        check(&mut text, found, runbook);
    }
    text
}

fn check(text: &mut String, found: &CheckDraft, runbook: &str) {
    push(text, format_args!("# {}:{}", comment(runbook), found.line));
    push(text, format_args!("[check.{}]", found.name));
    push(text, "kind = \"http\"");
    push(text, format_args!("url = {}", quoted(&found.url)));
    push(text, "interval = \"30s\"");
    push(text, "# samples = 5");
    push(text, "# p95_limit = \"200ms\"");
    push(text, format_args!("severity = \"{}\"", found.severity.word().to_ascii_lowercase()));
    push_procedure(text, found.procedure.as_deref());
}

fn push_procedure(text: &mut String, procedure: Option<&str>) {
    match procedure {
        Some(procedure) => push(text, format_args!("procedure = {}\n", quoted(procedure))),
        None => push(text, "# procedure = \"…\"\n"),
    }
}

fn jobs(draft: &Draft, runbook: &str) -> String {
    let mut text = String::new();
    if !draft.jobs.is_empty() {
        push(&mut text, "# What must report in on time.");
    }
    for found in &draft.jobs {
        job(&mut text, found, runbook);
    }
    text
}

fn job(text: &mut String, found: &JobDraft, runbook: &str) {
    let owner = found.owner.as_deref().map_or(String::new(), |owner| format!(", owned by {}", comment(owner)));
    push(text, format_args!("# {}:{}: {}{owner}", comment(runbook), found.line, comment(&found.cadence)));
    // Without a schedule that was understood it may only be a comment, since `every` cannot be guessed.
    let mark = if found.every_ms.is_some() { "" } else { "# " };
    let every = found.every_ms.map_or("24h".to_owned(), write_duration);
    push(text, format_args!("{mark}[job.{}]", found.name));
    push(text, format_args!("{mark}every = \"{every}\""));
    push(text, format_args!("{mark}grace = \"1h\""));
    push(text, format_args!("{mark}severity = \"p2\""));
    push_procedure(text, found.procedure.as_deref().filter(|_| found.every_ms.is_some()));
}

fn targets(draft: &Draft, runbook: &str) -> String {
    let mut text = String::from(
        "# Estates that the steps of the runbook act on, each with the environment of its steps.\n[target.production.env]\n",
    );
    for (name, is_secret, line) in &draft.variables {
        let value = if *is_secret { format!("env:{name}") } else { "…".to_owned() };
        push(&mut text, format_args!("# {} = \"{}\"   ({}:{line})", comment(name), comment(&value), comment(runbook)));
    }
    text.push_str("\n[target.sandbox.env]\n");
    text
}
