//! D08: a script that is called by a path at which there is none.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Known, Report, Rule};
use crate::syntax::bash::Word;

pub(super) const RULE: Rule = Rule {
    code: "D08",
    name: "missing-script",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/D08.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    let Some(look) = document.surroundings.look.filter(|_| document.surroundings.is_repository()) else { return };
    // Whoever changes the directory or fetches a repository has other files before them.
    let moves = |program: &str| {
        matches!(
            program,
            "cd" | "pushd" | "git" | "ssh" | "tar" | "unzip" | "curl" | "wget" | "docker" | "gh" | "cp" | "mv"
        )
    };
    if document.invocations().any(|place| moves(place.program())) {
        return;
    }
    for place in document.invocations().filter(|place| !place.is_elsewhere()) {
        let Some(script) = script(&place.invocation.words) else { continue };
        let path = script.value.trim_start_matches("./");
        if look(path) == Known::Missing && look(&format!("/{path}")) == Known::Missing {
            report.at(
                place.entry.place(script.span),
                format!("there is no `{path}` in this repository, so nobody can run it from here"),
                "name the repository that it is in, or put it into this one",
            );
        }
    }
}

/// The script that a command runs, if it is a file below the current directory.
fn script(words: &[Word]) -> Option<&Word> {
    let (program, arguments) = words.split_first()?;
    let interpreted = matches!(
        program.value.as_str(),
        "bash" | "sh" | "zsh" | "python" | "python3" | "node" | "ruby" | "perl" | "source" | "."
    );
    let script = if interpreted { arguments.first()? } else { program };
    let value = script.value.as_str();
    let relative = value.contains('/') && !value.starts_with(['/', '~', '-', '<', '$', '.']) || value.starts_with("./");
    let is_script = [".sh", ".bash", ".py", ".rb", ".js", ".pl"].iter().any(|ending| value.ends_with(ending));
    let plain = !script.expands && !script.glob && !value.contains(['<', '{', '[', ':']);
    (relative && is_script && plain).then_some(script)
}
