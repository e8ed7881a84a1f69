//! What a command reads from its input, where the text shows it.

use crate::syntax::bash::{Frame, Invocation, RedirectKind, Script, Word};

/// The input of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// The terminal, or nothing.
    Terminal,
    /// A text that is shown: a here-document, a here-string, what `echo` prints.
    Shown(String),
    /// A file, or what another command prints.
    Hidden,
}

/// The input of the invocation at `index`, if the text shows it.
pub(crate) fn shown(script: &Script, index: usize) -> Option<String> {
    match of(script, index) {
        Input::Shown(text) => Some(text),
        Input::Terminal | Input::Hidden => None,
    }
}

/// The input of the invocation at `index`.
pub(super) fn of(script: &Script, index: usize) -> Input {
    let Some(invocation) = script.invocations.get(index) else { return Input::Terminal };
    if let Some(input) = redirected(invocation) {
        return input;
    }
    // `ssh HOST psql <<SQL`: the input of the wrapper is that of the command inside.
    let mut outer = invocation;
    while let Some(around) = outer.via.and_then(|via| script.invocations.get(via)) {
        if let Some(input) = redirected(around) {
            return input;
        }
        outer = around;
    }
    match outer.stage.checked_sub(1) {
        Some(before) => script
            .pipeline(outer.pipeline)
            .find(|other| other.stage == before && other.frames == outer.frames)
            .map_or(Input::Hidden, |other| printed(script, other)),
        None if invocation.fed => Input::Hidden,
        // A shell in a substitution waits for nobody: its input comes from around it.
        None if invocation.frames.contains(&Frame::Substitution) => Input::Hidden,
        None => Input::Terminal,
    }
}

fn redirected(invocation: &Invocation) -> Option<Input> {
    let redirect = invocation.redirects.iter().rev().find(|redirect| redirect.feeds())?;
    Some(match (redirect.kind, &redirect.body) {
        (RedirectKind::HereDocument, Some(body)) => Input::Shown(body.text.clone()),
        (RedirectKind::HereString, _) if !redirect.target.value.contains("$(") => {
            Input::Shown(redirect.target.value.clone())
        }
        _ => Input::Hidden,
    })
}

/// What a command prints, where that is plain.
fn printed(script: &Script, invocation: &Invocation) -> Input {
    let arguments = invocation.arguments();
    let shown = |words: &[Word]| {
        let known = words.iter().all(|word| !word.value.contains("$(") && !word.value.contains('`'));
        let words: Vec<&str> = words.iter().map(|word| word.value.as_str()).collect();
        if known { Input::Shown(words.join(" ")) } else { Input::Hidden }
    };
    match invocation.program() {
        "echo" => {
            let options =
                arguments.iter().take_while(|word| matches!(word.value.as_str(), "-n" | "-e" | "-ne")).count();
            let escaped = arguments[..options].iter().any(|word| word.value.contains('e'));
            if escaped && arguments.iter().any(|word| word.value.contains('\\')) {
                return Input::Hidden;
            }
            shown(&arguments[options..])
        }
        "printf" if arguments.len() == 1 && !arguments[0].value.contains(['%', '\\']) => shown(arguments),
        "cat" if arguments.is_empty() || arguments.len() == 1 && arguments[0].value == "-" => {
            let index = script.invocations.iter().position(|other| std::ptr::eq(other, invocation));
            // The one before stands in front of it, so this ends.
            index.map_or(Input::Hidden, |index| of(script, index))
        }
        _ => Input::Hidden,
    }
}
