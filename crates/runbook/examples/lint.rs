//! Lints files: `lint [-CODE,CODE] FILE…` prints one line per finding, with the line of the text.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a tool for whoever writes rules"
)]

fn main() {
    let mut codes: Option<String> = None;
    for path in std::env::args().skip(1) {
        if let Some(list) = path.strip_prefix('-') {
            codes = Some(list.to_owned());
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let (runbook, diagnostics) = allclear_runbook::parse(&path, &text);
        let surroundings = allclear_runbook::Surroundings { today: Some("2026-11-23".to_owned()), look: None };
        for finding in
            allclear_runbook::lint(&runbook, &text, &diagnostics, &surroundings, &allclear_runbook::Settings::default())
        {
            if codes.as_ref().is_some_and(|codes| !codes.split(',').any(|code| code == finding.rule.code)) {
                continue;
            }
            let line = text[..finding.span.start].matches('\n').count() + 1;
            let shown = text.lines().nth(line - 1).unwrap_or_default().trim();
            println!("{path}:{line} {} {}\n      {shown}", finding.rule.code, finding.message);
        }
    }
}
