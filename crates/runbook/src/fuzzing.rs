//! What fuzz targets run: any text through one parser alone, or through all of them, with what must hold afterwards.
//!
//! Absent from ordinary builds. The tests replay every input that once broke something, from `fuzz/crashes/TARGET`.

use crate::lint::{Fix, Settings, Surroundings};
use crate::plan::PlanRequest;
use crate::span::Span;
use crate::syntax::redis;
use crate::syntax::{bash as shell, sql as queries, yaml as documents};

/// Any text as a runbook: parsed, shown, planned.
pub fn parse(text: &str) {
    let (runbook, diagnostics) = crate::parse("any.md", text);
    diagnostics.iter().for_each(|finding| within(text, finding.span));
    let _ = crate::render_show(&runbook);
    for procedure in &runbook.procedures {
        within(text, procedure.span);
        let _ = crate::plan(&runbook, &procedure.id, &PlanRequest::default());
        for command in procedure.steps.iter().flat_map(|step| &step.commands) {
            within(text, command.span);
            within(text, command.place(Span::new(0, command.text.len())));
        }
    }
}

/// Any text as bash.
pub fn bash(text: &str) {
    let script = shell::parse(text);
    for (index, invocation) in script.invocations.iter().enumerate() {
        within(text, invocation.span);
        for word in &invocation.words {
            within(text, word.span);
            within(text, word.part(Span::new(0, word.value.len())));
        }
        assert!(invocation.via.is_none_or(|via| via < index), "an invocation stands behind what starts it");
        let _ = crate::syntax::call::Call::of(invocation);
    }
    let _ = redis::requests("bash", text, None, &script);
    let _ = crate::effect::classify("bash", text);
}

/// Any text as SQL.
pub fn sql(text: &str) {
    let _ = queries::parse(text);
    let _ = crate::effect::classify("sql", text);
}

/// Any text as YAML.
pub fn yaml(text: &str) {
    let _ = documents::documents(text);
    let _ = documents::manifests(text);
    let _ = crate::effect::classify("yaml", text);
}

/// Any text as a runbook, with everything that lint says about it.
pub fn lint(text: &str) {
    let (runbook, diagnostics) = crate::parse("any.md", text);
    let surroundings = Surroundings { today: Some("2026-03-01".to_owned()), look: None, read: None };
    for finding in crate::lint(&runbook, text, &diagnostics, &surroundings, &Settings::default()) {
        within(text, finding.span);
        finding.fix.iter().for_each(|fix| can_be_applied(text, fix));
    }
}

fn can_be_applied(text: &str, fix: &Fix) {
    fix.edits.iter().for_each(|edit| within(text, edit.span));
    let behind = |pair: &[crate::Edit]| pair[0].span.end <= pair[1].span.start;
    assert!(fix.edits.windows(2).all(behind), "{}: edits in order, none over another", fix.title);
}

fn within(text: &str, span: Span) {
    assert!(text.get(span.start..span.end).is_some(), "{span:?} of {} bytes", text.len());
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the purity of the crate does not bind its tests: they read files and measure"
)]
mod tests {
    use std::path::Path;
    use std::time::Instant;

    /// The longest that one kept input may take in a build for tests.
    const LONGEST_MS: u128 = 5_000;

    type Target = (&'static str, fn(&str));

    #[test]
    fn what_once_broke_a_parser_does_not_break_it_again() {
        let targets: [Target; 5] = [
            ("parse", super::parse),
            ("bash", super::bash),
            ("sql", super::sql),
            ("yaml", super::yaml),
            ("lint", super::lint),
        ];
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/crashes");
        for (target, run) in targets {
            for entry in std::fs::read_dir(folder.join(target)).into_iter().flatten() {
                let path = entry.expect("the folder can be read").path();
                let bytes = std::fs::read(&path).expect("the file can be read");
                let begun = Instant::now();
                run(&String::from_utf8_lossy(&bytes));
                let took = begun.elapsed().as_millis();
                assert!(took < LONGEST_MS, "{} took {took} ms", path.display());
            }
        }
    }
}
