//! S18: an editor waits for a person: what is to be changed stands nowhere.

use crate::diagnostic::DiagnosticSeverity::Information;
use crate::lint::document::Place;
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
            .filter(|place| place.invocation.wraps.is_none() && opens_editor(place))
        {
            report.at(
                place.span(),
                "this opens an editor and waits for a person: it is a manual step, and nothing checks what was changed",
                "write the change as a command (`sed -i`, `kubectl patch`), or the step as prose that says what to change",
            );
        }
    }
}

fn opens_editor(place: &Place<'_, '_>) -> bool {
    let call = place.call();
    match place.program() {
        "nano" | "vi" | "vim" | "nvim" | "emacs" | "pico" | "joe" | "mcedit" | "gedit" | "visudo" | "sudoedit"
        | "vipw" => !place.invocation.fed && !call.has(&["-c", "-es", "-s", "--version", "--batch", "--help"]),
        "crontab" => call.has(&["-e"]),
        "kubectl" | "oc" => call.begins(&["edit"]),
        "systemctl" => call.begins(&["edit"]) && !call.has(&["--stdin"]),
        "ansible-vault" => call.begins(&["edit|create"]),
        "rails" => call.begins(&["credentials:edit"]),
        _ => false,
    }
}
