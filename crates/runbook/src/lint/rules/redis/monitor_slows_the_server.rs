//! RD08: MONITOR copies every command of every client to the terminal and takes most of the throughput.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::redis::sent::{Sent, sent};
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "RD08",
    name: "monitor-slows-the-server",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/RD08.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for sent in sent(document).filter(|sent| sent.request.name == "MONITOR" && !is_bounded(sent)) {
        report.at(
            sent.span(),
            "one `MONITOR` can take more than half of a busy server's throughput, and shows every value that is written",
            "use `SLOWLOG GET 25`, `LATENCY DOCTOR` or `--bigkeys`; if it has to be, bound it: `timeout 5 redis-cli MONITOR`",
        );
    }
}

/// Whether something ends it after a while.
fn is_bounded(sent: &Sent<'_, '_>) -> bool {
    let Some((index, client)) = sent.client() else { return false };
    let script = &sent.entry.script;
    let timed = script.wrappers(index).any(|outer| outer.program() == "timeout");
    let behind = script.pipeline(client.pipeline).filter(|other| other.stage > client.stage);
    timed || behind.into_iter().any(|other| other.program() == "head")
}
