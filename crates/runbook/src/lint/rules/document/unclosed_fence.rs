//! D17: a code block without an end.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "D17",
    name: "unclosed-fence",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/D17.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    // Sites with definition lists open a block behind `: `, and the end of such a block looks like the start of one.
    if document.text.contains("\n: ```") || document.text.contains("\n:   ```") {
        return;
    }
    for said in document.diagnostics.iter().filter(|diagnostic| diagnostic.code == RULE.name) {
        if !said.span.slice(document.text).contains("-->") {
            report.at(said.span, said.message.clone(), said.help.clone());
        }
    }
}
