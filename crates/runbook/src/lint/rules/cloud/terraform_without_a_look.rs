//! C04: Terraform breaks a lock, edits its state or destroys, and nobody looks first.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};
use crate::span::Span;
use crate::syntax::call::Call;

pub(super) const RULE: Rule = Rule {
    code: "C04",
    name: "terraform-without-a-look",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/C04.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for scope in &document.scopes {
        let mut looked = Looked::default();
        for place in scope.invocations().filter(|place| matches!(place.program(), "terraform" | "tofu" | "terragrunt"))
        {
            let call = place.call();
            looked.at(call);
            let Some((what, harm, instead)) = risk(call, &looked) else { continue };
            if verb(call, 0) == "force-unlock" && says_nobody_holds_it(document, place.span().start) {
                continue;
            }
            report.at(place.entry.place(what), harm, instead);
        }
    }
}

/// What was looked at or kept before.
#[derive(Debug, Default)]
struct Looked {
    plan: bool,
    state: bool,
}

impl Looked {
    fn at(&mut self, call: &Call<'_>) {
        self.plan |= verb(call, 0) == "plan";
        self.state |= verb(call, 0) == "state" && matches!(verb(call, 1), "pull" | "list" | "show");
    }
}

/// The word at this position, behind terragrunt's `run-all`.
fn verb<'d>(call: &Call<'d>, at: usize) -> &'d str {
    let skipped = usize::from(matches!(call.operand(0), "run-all" | "run"));
    call.operand(at + skipped)
}

fn risk(call: &Call<'_>, looked: &Looked) -> Option<(Span, &'static str, &'static str)> {
    let word = |value: &str| call.operands.iter().find(|word| word.value == value).map(|word| word.span);
    let two = |first: &str, second: &str| Some(word(first)?.cover(word(second)?));
    match (verb(call, 0), verb(call, 1)) {
        ("force-unlock", _) => Some((
            word("force-unlock")?,
            "a lock that is broken while somebody's apply still runs lets two of them write the same state",
            "find out from the lock's ID, `Who` and `Created` whose it is, and make sure that the run is dead",
        )),
        ("state", edit @ ("rm" | "mv" | "push" | "replace-provider")) if !looked.state => Some((
            two("state", edit)?,
            "this edits the state in place: a slip, and the next apply creates or destroys what it should not",
            "keep a copy first: `terraform state pull > before.tfstate`",
        )),
        ("destroy", _) if !looked.plan => Some((
            word("destroy")?,
            "this destroys everything in the state of whichever folder and workspace is selected",
            "look first: `terraform plan -destroy -out destroy.plan`, then apply that plan",
        )),
        ("apply", _) if !looked.plan => Some((
            call.flag(&["-auto-approve", "--auto-approve"])?.span(),
            "this applies whatever the code and the world differ in at this moment, unread",
            "write the plan to a file, read it, apply the file: `terraform plan -out fix.plan`, `terraform apply fix.plan`",
        )),
        _ => None,
    }
}

/// Whether the lines before ask for the holder of the lock.
fn says_nobody_holds_it(document: &Document<'_>, at: usize) -> bool {
    const ASKS: &[&str] = &[
        "no other",
        "nothing else",
        "no one else",
        "nobody",
        "no-one",
        "not running",
        "still running",
        "actually running",
        "is running",
        "other apply",
        "another apply",
        "crashed",
        "killed",
    ];
    let start = document.text.floor_char_boundary(at.saturating_sub(600));
    let before = document.text.get(start..at).unwrap_or_default().to_lowercase();
    ASKS.iter().any(|asks| before.contains(asks))
}
