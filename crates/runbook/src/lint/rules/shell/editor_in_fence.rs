//! S18: an editor waits for a person: what is to be changed stands nowhere.

use crate::diagnostic::DiagnosticSeverity::Information;
use crate::holdup::opens_editor;
use crate::lint::{Document, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "S18",
    name: "editor-in-fence",
    severity: Information,
    page: include_str!("../../../../../../docs/lint/S18.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for (_, entries) in document.bash_fences() {
        for place in entries
            .iter()
            .flat_map(|entry| entry.invocations())
            .filter(|place| place.invocation.wraps.is_none() && opens_editor(place.invocation, place.call()))
        {
            report.at(
                place.span(),
                "this opens an editor and waits for a person: it is a manual step, and nothing checks what was changed",
                "write the change as a command (`sed -i`, `kubectl patch`), or the step as prose that says what to change",
            );
        }
    }
}
