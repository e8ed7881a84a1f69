//! A runbook for people to read: plain text, one line per thing, the line of the source in front.

use std::fmt::Write as _;

use allclear_core::StepKind;

use crate::model::{Command, Procedure, Runbook, Section, SectionKind, Step};

/// The runbook as plain text, without colours.
pub fn render_show(runbook: &Runbook) -> String {
    let mut out = String::new();
    push(&mut out, runbook.title.as_deref().unwrap_or(&runbook.path));
    for item in &runbook.procedures {
        procedure(&mut out, item);
    }
    list(&mut out, "variables", &runbook.variables, |it| {
        let written = if it.written == it.name { String::new() } else { format!("  written {}", it.written) };
        (it.line, format!("{}{}{written}", it.name, if it.secret { "  (secret)" } else { "" }))
    });
    list(&mut out, "contacts", &runbook.contacts, |it| (it.line, pair(&it.name, &it.reach)));
    list(&mut out, "severities", &runbook.severities, |it| {
        let named = it.name.is_empty() || it.name == it.description;
        (it.line, pair(&if named { it.code.clone() } else { format!("{} {}", it.code, it.name) }, &it.description))
    });
    list(&mut out, "response process", &runbook.process, |it| (it.line, pair(&it.name, &it.text)));
    list(&mut out, "scheduled jobs", &runbook.scheduled_jobs, |it| {
        let cron = it.cron.as_ref().map(|cron| format!("  [{cron}]")).unwrap_or_default();
        (it.line, format!("{}{cron}", it.name))
    });
    list(&mut out, "templates", &runbook.templates, |it| (it.line, it.title.clone()));
    list(&mut out, "review", &runbook.review, |it| (it.line, it.text.clone()));
    if !runbook.snippets.is_empty() {
        push(&mut out, "\nuseful commands");
        for snippet in &runbook.snippets {
            command(&mut out, &snippet.command);
        }
    }
    list(&mut out, "endpoints", runbook.endpoints(), |it| (it.line, it.url.clone()));
    list(&mut out, "not commands", &runbook.not_commands, |it| (it.line, it.why.clone()));
    out
}

fn push(out: &mut String, line: &str) {
    out.push_str(line.trim_end());
    out.push('\n');
}

fn pair(name: &str, text: &str) -> String {
    if text.is_empty() { name.to_owned() } else { format!("{name}: {text}") }
}

fn list<T>(out: &mut String, title: &str, items: &[T], line: impl Fn(&T) -> (u32, String)) {
    if items.is_empty() {
        return;
    }
    push(out, &format!("\n{title}"));
    for item in items {
        let (number, text) = line(item);
        push(out, &format!("{number:>5}  {}", text.replace('\n', " ")));
    }
}

fn procedure(out: &mut String, procedure: &Procedure) {
    push(out, &format!("\n{}  (line {})", procedure.id, procedure.line));
    push(out, &format!("       {}", procedure.title));
    if let Some(severity) = &procedure.severity {
        push(out, &format!("       severity: {severity}"));
    }
    if let Some(owner) = &procedure.owner {
        push(out, &format!("       owner: {owner}"));
    }
    if let Some(trigger) = &procedure.trigger {
        push(out, &format!("{:>5}  when: {}", trigger.line, trigger.text.replace('\n', " ")));
    }
    for item in &procedure.steps {
        step(out, item);
    }
    for item in procedure.sections.iter().filter(|section| stands_alone(section)) {
        section(out, item, procedure.trigger.as_ref().map(|trigger| trigger.line));
    }
}

/// Whether a section says something that is not shown elsewhere.
const fn stands_alone(section: &Section) -> bool {
    let shown = section.kind.bears_steps() || matches!(section.kind, SectionKind::Severity | SectionKind::Owner);
    !shown && (!section.text.is_empty() || !section.commands.is_empty())
}

fn step(out: &mut String, step: &Step) {
    push(out, &format!("{:>5}  {}. {}  [{}]", step.line, step.number, step.title, kind(step)));
    for item in &step.commands {
        command(out, item);
    }
}

fn section(out: &mut String, section: &Section, trigger: Option<u32>) {
    if trigger != Some(section.line) {
        push(out, &format!("{:>5}  {}: {}", section.line, section.kind.word(), section.text.replace('\n', " ")));
    }
    for item in &section.commands {
        command(out, item);
    }
}

fn command(out: &mut String, command: &Command) {
    let mut lines = command.text.lines();
    let language = if command.language == "bash" { "$" } else { command.language.as_str() };
    let effect = command.effect.word();
    push(out, &format!("{:>5}    {effect:<8} {language} {}", command.line, lines.next().unwrap_or_default()));
    for line in lines {
        let _ = writeln!(out, "                  | {}", line.trim_end());
    }
    if let Some(session) = &command.session {
        push(out, &format!("                  in {}", session.lines().next().unwrap_or_default()));
    }
    if let Some(line) = command.alternative_of {
        push(out, &format!("                  instead of line {line}"));
    }
}

const fn kind(step: &Step) -> &'static str {
    match step.kind {
        StepKind::Command => "command",
        StepKind::Manual => "manual",
    }
}
