//! A text, started the way a command is: by `sudo`, over `ssh`, in a container.

use super::catalogue::quoted;
use crate::syntax::bash::{Invocation, Script, Word, Wrapper};

/// Where the command inside stands among the words of the one that starts it.
enum Held {
    /// It begins with this word.
    Words(usize),
    /// This word is a text that it stands in.
    Text(usize),
}

/// What is to be started.
enum Form {
    /// A text that only a shell understands.
    Script(String),
    /// A program with its arguments.
    Command(String),
}

/// The text with `$f` and `$s` set to these words, started as the invocation is; where `recorded` names a variable, the
/// text reads its value. `None` where it is not sure that it would be started in the same place.
pub(super) fn script(
    script: &Script,
    invocation: &Invocation,
    (file, source): (&str, Option<&str>),
    text: &str,
    recorded: Option<&str>,
) -> Option<String> {
    let fed = |command: String| match recorded {
        Some(variable) => format!("{command} <<<\"${variable}\""),
        None => command,
    };
    let set = source.map_or(format!("f={file}; "), |source| format!("f={file}; s={source}; "));
    let wrappers = wrappers(script, invocation);
    let Some((nearest, _)) = wrappers.first() else {
        return Some(match recorded {
            Some(_) => fed(format!("( {set}{text} )")),
            None => format!("{set}{text}"),
        });
    };
    let by_rights = |(outer, inner): &(&Invocation, &Invocation)| {
        matches!(outer.wraps, Some(Wrapper::Elevated | Wrapper::Plain))
            && matches!(held(outer, inner), Some(Held::Words(_)))
    };
    let mut form = if wrappers.iter().all(by_rights) {
        // As arguments, since the outermost shell reads the words: other rights have another home.
        let set = if source.is_some() { "f=$1; s=$2; " } else { "f=$1; " };
        let words = source.map_or(file.to_owned(), |source| format!("{file} {source}"));
        Form::Command(format!("sh -c {} - {words}", single(&format!("{set}{text}"))))
    } else {
        let split = nearest.wraps == Some(Wrapper::Remote) && matches!(held(nearest, invocation), Some(Held::Words(_)));
        let changes = |word: &str| word.contains('$') || split && !word.chars().all(is_plain);
        if changes(file) || source.is_some_and(changes) {
            return None;
        }
        Form::Script(format!("{set}{text}"))
    };
    for (outer, inner) in wrappers {
        form = around(outer, inner, form)?;
    }
    let (Form::Script(command) | Form::Command(command)) = form;
    Some(fed(command))
}

/// Whether no shell makes anything else of it.
fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_-./:@%+=,".contains(letter)
}

/// Each wrapper with what it starts, the nearest first.
fn wrappers<'s>(script: &'s Script, invocation: &'s Invocation) -> Vec<(&'s Invocation, &'s Invocation)> {
    let outer = |inner: &Invocation| inner.via.and_then(|via| script.invocations.get(via));
    let mut inner = invocation;
    let mut found = Vec::new();
    while let Some(outer) = outer(inner) {
        found.push((outer, inner));
        inner = outer;
    }
    found
}

fn held(outer: &Invocation, inner: &Invocation) -> Option<Held> {
    let first = inner.words.first();
    // Behind escapes, all words of a text stand where the whole text does.
    let begins = |word: &Word| first.is_some_and(|first| word.span == first.span && word.value == first.value);
    if let Some(at) = outer.words.iter().position(begins) {
        return Some(Held::Words(at));
    }
    let inside = first.map_or(inner.span, |first| first.span);
    let holds = |word: &Word| word.span.start <= inside.start && inside.end <= word.span.end;
    outer.words.iter().position(holds).map(Held::Text)
}

/// What the wrapper starts, in front of it the words that start it; only where it passes on what it is given to read.
fn around(outer: &Invocation, inner: &Invocation, form: Form) -> Option<Form> {
    let shell = |form: Form| match form {
        Form::Script(text) => format!("sh -c {}", single(&text)),
        Form::Command(command) => command,
    };
    let text = |form: Form| match form {
        Form::Script(text) | Form::Command(text) => single(&text),
    };
    let written = |words: &[Word]| words.iter().map(quoted).collect::<Vec<_>>().join(" ");
    let held = held(outer, inner)?;
    let (Held::Words(at) | Held::Text(at)) = held;
    let before = outer.words.get(..at)?;
    let started = match (outer.wraps?, held) {
        (Wrapper::Elevated, Held::Words(_)) if !reads_itself(outer, before) => {
            format!("{} {}", written(before), shell(form))
        }
        (Wrapper::Plain, Held::Words(_)) if !matches!(outer.program(), "exec" | "builtin" | "setsid" | "nohup") => {
            format!("{} {}", written(before), shell(form))
        }
        (Wrapper::Container, Held::Words(_)) => format!("{} {}", attached(outer, before)?, shell(form)),
        (Wrapper::Remote, Held::Words(_)) if !reads_itself(outer, before) => {
            format!("{} {}", written(before), text(form))
        }
        (Wrapper::Remote, Held::Text(_)) if !reads_itself(outer, before) => {
            format!("{} {} {}", written(before), text(form), written(&outer.words[at + 1..]))
        }
        (Wrapper::Shell | Wrapper::Elevated, Held::Text(_)) if outer.program() != "eval" => {
            format!("{} {} {}", written(before), text(form), written(&outer.words[at + 1..]))
        }
        _ => return None,
    };
    Some(Form::Command(started.trim_end().to_owned()))
}

/// Whether nothing to read is passed on, or something else is done, because of the options of `sudo` or `ssh`.
fn reads_itself(outer: &Invocation, words: &[Word]) -> bool {
    let (letters, long): (&[char], &[&str]) = match outer.wraps {
        Some(Wrapper::Remote) => {
            (&['n', 'f', 't'], &["requesttty", "stdinnull", "forkafterauthentication", "remotecommand"])
        }
        _ => (&['S', 'i', 's', 'b'], &["--stdin", "--login", "--shell", "--background"]),
    };
    words.iter().skip(1).any(|word| {
        let lower = word.value.to_lowercase();
        let short = word.value.strip_prefix('-').filter(|option| !option.starts_with('-')).unwrap_or_default();
        let end = short.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(short.len());
        short[..end].contains(letters) || long.iter().any(|option| lower.contains(option))
    })
}

/// `kubectl exec POD --` or `docker exec CONTAINER`, with an input and without a terminal.
fn attached(outer: &Invocation, words: &[Word]) -> Option<String> {
    let known = matches!(outer.program(), "kubectl" | "oc" | "k" | "docker" | "podman" | "nerdctl");
    let verb = words.iter().position(|word| word.value == "exec").filter(|_| known)?;
    if words.iter().any(|word| matches!(word.value.as_str(), "compose" | "-d" | "--detach")) {
        return None;
    }
    let terminal = |word: &&Word| {
        matches!(word.value.as_str(), "-i" | "--stdin" | "--interactive" | "-t" | "--tty" | "-it" | "-ti")
    };
    let kept = |words: &[Word]| words.iter().filter(|word| !terminal(word)).map(quoted).collect::<Vec<_>>().join(" ");
    Some(format!("{} -i {}", kept(&words[..=verb]), kept(&words[verb + 1..])))
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A command that goes with the invocation, started as that is. A list of commands is started by a shell where other
/// rights are all that differs, and reads there what the variable `captured` holds; without one, it is not started.
pub(super) fn command(
    script: &Script,
    invocation: &Invocation,
    text: String,
    captured: Option<&str>,
) -> Option<String> {
    program(script, invocation, invocation.program(), text, captured)
}

/// The same for a text that begins with another program.
pub(super) fn program(
    script: &Script,
    invocation: &Invocation,
    name: &str,
    text: String,
    captured: Option<&str>,
) -> Option<String> {
    let mut name = name;
    let mut text = text;
    for (outer, inner) in wrappers(script, invocation) {
        // Behind a prefix, a pipe or a here-string of the program itself goes on here; a list of commands does not.
        let simple = text.starts_with(name) && !text.contains([';', '&', '\n']);
        let words = |words: &[Word]| prefix(outer, words);
        text = match held(outer, inner)? {
            Held::Words(at) if simple && text.contains("<<<") => {
                let before = outer.words.get(..at)?;
                let passes = match outer.wraps? {
                    Wrapper::Container if outer.program() != "nsenter" && outer.program() != "chroot" => {
                        attached(outer, before)
                    }
                    _ if reads_itself(outer, before) => None,
                    _ => Some(words(before)),
                };
                let expands_there = outer.wraps == Some(Wrapper::Remote) && text.contains('$');
                format!("{} {text}", passes.filter(|_| !expands_there)?)
            }
            Held::Words(at) if simple => {
                let expands_there = outer.wraps == Some(Wrapper::Remote) && text.contains('$');
                Some(format!("{} {text}", words(&outer.words[..at]))).filter(|_| !expands_there)?
            }
            Held::Words(at) => {
                let before = &outer.words[..at];
                let fixed = inner.words.iter().all(|word| !word.expands);
                if !fixed || outer.wraps != Some(Wrapper::Elevated) || reads_itself(outer, before) {
                    return None;
                }
                let variable = format!("${}", captured?);
                if text.contains(&variable) {
                    let inside = single(&format!("was=$(cat); {}", text.replace(&variable, "$was")));
                    format!("{} bash -c {inside} <<<\"{variable}\"", words(before))
                } else {
                    format!("{} bash -c {}", words(before), single(&text))
                }
            }
            Held::Text(at) if !text.contains("$CAPTURED") => {
                let inside = single(&text);
                let all = format!("{} {inside} {}", words(&outer.words[..at]), words(&outer.words[at + 1..]));
                all.trim_end().to_owned()
            }
            Held::Text(_) => return None,
        };
        name = outer.program();
    }
    Some(text)
}

/// The words of a wrapper, without a terminal: what is recorded would have the terminal's line ends.
fn prefix(outer: &Invocation, words: &[Word]) -> String {
    let container = outer.wraps == Some(Wrapper::Container) && outer.program() != "nsenter";
    let kept = words.iter().filter(|word| !container || !matches!(word.value.as_str(), "-t" | "--tty"));
    let kept = kept.map(|word| match word.value.as_str() {
        "-it" | "-ti" if container => "-i".to_owned(),
        _ => quoted(word),
    });
    kept.collect::<Vec<_>>().join(" ")
}
