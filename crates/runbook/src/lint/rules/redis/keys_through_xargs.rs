//! RD02: names of keys go through xargs, which takes quotes and blanks in them for its own.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::rules::redis::sent::by;
use crate::lint::{Document, Entry, Report, Rule};
use crate::syntax::bash::{Invocation, Script};
use crate::syntax::call::Call;
use crate::syntax::redis::{self, Options};

pub(super) const RULE: Rule = Rule {
    code: "RD02",
    name: "keys-through-xargs",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/RD02.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for entry in document.entries().filter(|entry| entry.command.text.contains("xargs")) {
        for sent in by(entry).filter(|sent| matches!(sent.request.name.as_str(), "DEL" | "UNLINK" | "EXPIRE")) {
            let Some((index, _)) = sent.client() else { continue };
            let xargs = entry.script.wrappers(index).find(|outer| outer.program() == "xargs");
            if let Some(xargs) = xargs.filter(|xargs| xargs.stage > 0 && splits(xargs) && is_fed_keys(entry, xargs)) {
                say(entry, xargs, &sent.request.name, report);
            }
        }
    }
}

fn say(entry: &Entry<'_>, xargs: &Invocation, name: &str, report: &mut Report) {
    let blocks = if name == "DEL" { "; `DEL` also blocks the server while it frees large keys" } else { "" };
    let request = if name == "DEL" { "UNLINK" } else { name };
    report.at(
        entry.place(xargs.span),
        format!("a quote in a key ends this midway, and a blank in one makes it delete other keys{blocks}"),
        format!("write `xargs -r -d '\\n' -n 500 redis-cli {request}`, with `-n 1` and `redis-cli -c` in a cluster"),
    );
}

/// Whether it splits its input at blanks and reads quotes.
fn splits(xargs: &Invocation) -> bool {
    let call = Call::of(xargs);
    !call.has(&["-0", "--null", "-d", "--delimiter"])
}

/// Whether the pipeline in front of it lists keys.
fn is_fed_keys(entry: &Entry<'_>, xargs: &Invocation) -> bool {
    let script: &Script = entry.script;
    let before = |other: &&Invocation| other.pipeline == xargs.pipeline && other.stage < xargs.stage;
    script.invocations.iter().filter(before).filter(|other| redis::is_client(other.program())).any(|client| {
        let options = Options::of(client);
        let first = options.request.first();
        options.has("--scan") || first.is_some_and(|word| word.value.eq_ignore_ascii_case("keys"))
    })
}
