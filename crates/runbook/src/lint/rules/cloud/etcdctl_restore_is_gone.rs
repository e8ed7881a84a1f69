//! C06: `etcdctl snapshot restore` and `status` are gone in etcd 3.6.

use crate::diagnostic::DiagnosticSeverity::Error;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "C06",
    name: "etcdctl-restore-is-gone",
    severity: Error,
    page: include_str!("../../../../../../docs/lint/C06.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for place in document.invocations().filter(|place| place.program() == "etcdctl") {
        let call = place.call();
        if !call.begins(&["snapshot", "restore|status"]) {
            continue;
        }
        let verb = call.operand(1);
        let span = call.operands[0].span.cover(call.operands[1].span);
        report.at(
            place.entry.place(span),
            format!("etcd 3.6 has no `etcdctl snapshot {verb}` any more, it is an unknown command there"),
            format!("use `etcdutl snapshot {verb}`, which works on the file and is there since etcd 3.5"),
        );
    }
}
