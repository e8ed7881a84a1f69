//! Sessions: after `ssh host` or `psql`, the commands that follow run there and not on the responder's machine.

use crate::model::Command;
use crate::shell::lexer::{Lexer, TokenKind};
use crate::shell::programs;

/// The session that is open at this point of a procedure.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    open: Option<(String, Kind)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Shell,
    Client,
}

impl Sessions {
    /// Puts the command into the open session, and follows it where it opens or leaves one.
    pub(crate) fn enter(&mut self, command: &mut Command) {
        if command.session.is_some() {
            return;
        }
        let words = words(&command.text);
        if self.open.is_some() && matches!(command.text.trim(), "exit" | "logout" | "quit" | "\\q" | "exit;" | "quit;")
        {
            command.session = self.open.take().map(|(opener, _)| opener);
            return;
        }
        if let Some((_, Kind::Client)) = &self.open
            && command.language == "bash"
            && words.first().is_some_and(|word| programs::is_program(word))
        {
            self.open = None;
        }
        if let Some((opener, kind)) = &self.open
            && (*kind == Kind::Client || command.language != "yaml")
        {
            command.session = Some(opener.clone());
        }
        if command.language == "bash"
            && let Some(kind) = opens(&words)
        {
            self.open = Some((command.text.clone(), kind));
        }
    }
}

fn words(text: &str) -> Vec<String> {
    let tokens = Lexer::new(text).map(|token| match token.kind {
        TokenKind::Word(word) => word.value,
        TokenKind::Operator(operator) => operator.to_owned(),
        TokenKind::Newline | TokenKind::Comment | TokenKind::Heredoc => "\n".to_owned(),
    });
    tokens.collect()
}

/// Whether a command opens a session that waits for a person to type.
pub(crate) fn opens_session(command: &Command) -> bool {
    command.language == "bash" && opens(&words(&command.text)).is_some()
}

/// Whether a command line leaves the reader in another shell or client.
fn opens(words: &[String]) -> Option<Kind> {
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| *word != "sudo").collect();
    if words.iter().any(|word| matches!(*word, "|" | "<" | "<<" | "<<-" | "<<<" | "&&" | ";" | "\n")) {
        return None;
    }
    let (program, arguments) = words.split_first()?;
    let shell_at_end = arguments.last().is_some_and(|last| is_shell(last));
    let is_client = |word: &&str| matches!(*word, "psql" | "mysql" | "redis-cli" | "valkey-cli");
    match *program {
        "kubectl" | "oc" | "k" | "docker" | "podman"
            if arguments.contains(&"exec") && arguments.iter().any(is_client) =>
        {
            let client = arguments.iter().position(is_client)?;
            opens(&arguments[client..].iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
        }
        "ssh" => (operands(arguments, &["-i", "-p", "-l", "-o", "-J", "-F", "-L"]) == 1).then_some(Kind::Shell),
        "kubectl" | "oc" | "k" | "docker" | "podman" if arguments.contains(&"exec") => {
            shell_at_end.then_some(Kind::Shell)
        }
        "oc" if arguments.first() == Some(&"rsh") => {
            (operands(&arguments[1..], &["-n", "-c", "--container", "--namespace"]) == 1).then_some(Kind::Shell)
        }
        "su" => Some(Kind::Shell),
        "psql" | "mysql" => {
            let batch = arguments
                .iter()
                .any(|word| word.starts_with("--command") || word.starts_with("--file") || is_batch(word));
            (!batch).then_some(Kind::Client)
        }
        "redis-cli" | "valkey-cli" => (operands(arguments, &["-h", "-p", "-a", "-n", "-u"]) == 0
            && !arguments.iter().any(|word| word.starts_with("--")))
        .then_some(Kind::Client),
        _ => None,
    }
}

/// `-c`, `-tAc`, `-f`, `-l`, `-e`: psql and mysql do something and leave.
fn is_batch(word: &str) -> bool {
    word.len() <= 5 && word.starts_with('-') && !word.starts_with("--") && word.ends_with(['c', 'f', 'l', 'e'])
}

fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("bash" | "sh" | "zsh" | "ash"))
}

fn operands(arguments: &[&str], valued: &[&str]) -> usize {
    let mut count = 0;
    let mut skip = false;
    for argument in arguments {
        if std::mem::take(&mut skip) {
            continue;
        }
        if argument.starts_with('-') {
            skip = valued.contains(argument);
        } else {
            count += 1;
        }
    }
    count
}
