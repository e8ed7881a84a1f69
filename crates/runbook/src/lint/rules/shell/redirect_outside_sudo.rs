//! S13: the shell opens the file behind `>` before `sudo` gives anybody its rights.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{Document, Report, Rule};
use crate::syntax::bash::{RedirectKind, Wrapper};

pub(super) const RULE: Rule = Rule {
    code: "S13",
    name: "redirect-outside-sudo",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/S13.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for place in document.invocations() {
        if place.invocation.wraps != Some(Wrapper::Elevated) || !matches!(place.program(), "sudo" | "doas") {
            continue;
        }
        for redirect in
            place.invocation.redirects.iter().filter(|redirect| redirect.writes() && is_roots(&redirect.target.value))
        {
            let append = if redirect.kind == RedirectKind::Append { " -a" } else { "" };
            report.at(
                place.entry.place(redirect.target.span),
                "your own shell opens this file, without the rights of `sudo`, and is refused",
                format!("let `sudo` open it: `… | sudo tee{append} {} > /dev/null`", redirect.target.value),
            );
        }
    }
}

/// Whether only root may write there on any usual system.
fn is_roots(path: &str) -> bool {
    const FOLDERS: &[&str] = &[
        "/etc/",
        "/usr/",
        "/boot/",
        "/root/",
        "/sys/",
        "/proc/",
        "/lib/",
        "/sbin/",
        "/bin/",
        "/var/lib/",
        "/var/log/",
        "/var/spool/",
    ];
    FOLDERS.iter().any(|folder| path.starts_with(folder))
}
