//! Sessions: after `ssh host` or `psql`, the commands that follow run there and not on the responder's machine.

use crate::effect::built_in;
use crate::model::Command;
use crate::shell::lexer::{Lexer, TokenKind};
use crate::shell::programs;

/// The longest command that opens a session, in bytes: every command in it remembers it.
const LONGEST_OPENER: usize = 1_000;

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
        let first = words.iter().map(String::as_str).find(|word| *word != "sudo").unwrap_or_default();
        let outside = match &self.open {
            Some((_, Kind::Client)) => command.language == "bash" && is_typed_outside(first),
            // Who runs the program that opened the session is outside of it again.
            Some((opener, Kind::Shell)) => {
                reaches(opener) && reaches(&command.text) && family(program(opener)) == family(first)
            }
            None => false,
        };
        if outside {
            self.open = None;
        }
        if let Some((opener, kind)) = &self.open
            && (*kind == Kind::Client || command.language != "yaml")
        {
            command.session = Some(opener.clone());
        }
        if command.language == "bash"
            && command.text.len() <= LONGEST_OPENER
            && let Some(kind) = opens(&words)
        {
            // A shell within a shell, such as `sudo -i` behind `ssh`, runs at the same place.
            let within = kind == Kind::Shell && command.session.is_some() && !reaches(&command.text);
            if !within {
                self.open = Some((command.text.clone(), kind));
            }
        }
    }

    /// The text says that this command has opened a shell.
    pub(crate) fn assume(&mut self, command: Option<&Command>) {
        if let (None, Some(command)) = (&self.open, command)
            && command.language == "bash"
            && command.text.len() <= LONGEST_OPENER
        {
            self.open = Some((command.text.clone(), Kind::Shell));
        }
    }
}

/// A program that everybody knows, or one whose name no client knows: `rpm-ostree`.
fn is_typed_outside(word: &str) -> bool {
    programs::is_program(word) || word.contains('-') && built_in(word).is_some()
}

fn program(text: &str) -> &str {
    text.split_whitespace().find(|word| *word != "sudo").unwrap_or_default()
}

/// Programs for the same cluster are run at the same place.
fn family(program: &str) -> &str {
    if matches!(program, "oc" | "k" | "virtctl") { "kubectl" } else { program }
}

/// Whether the command reaches something from outside.
fn reaches(text: &str) -> bool {
    let program = program(text);
    programs::is_remote(program)
        || matches!(
            program,
            "virtctl" | "docker" | "podman" | "docker-compose" | "nerdctl" | "fly" | "heroku" | "vagrant" | "tsh"
        )
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
    let has = |word: &str| arguments.contains(&word);
    match *program {
        "ssh" | "mosh" => {
            (operands(arguments, &["-i", "-p", "-l", "-o", "-J", "-F", "-L"]) == 1).then_some(Kind::Shell)
        }
        "kubectl" | "oc" | "docker" | "podman" | "docker-compose" | "nerdctl" if has("exec") => within(arguments),
        "oc" if verb(arguments) == Some("rsh") => {
            (operands(arguments, &["-n", "-c", "--container", "--namespace"]) == 2).then_some(Kind::Shell)
        }
        "oc" | "kubectl" if verb(arguments) == Some("debug") => match arguments.iter().position(|word| *word == "--") {
            Some(at) => arguments.get(at + 1..).and_then(within),
            None => (*program == "oc" || arguments.iter().any(|word| matches!(*word, "-it" | "-ti" | "-i")))
                .then_some(Kind::Shell),
        },
        "gcloud" if has("ssh") && has("compute") => {
            (!arguments.iter().any(|word| word.starts_with("--command"))).then_some(Kind::Shell)
        }
        "virtctl" if has("console") || has("ssh") => Some(Kind::Shell),
        "aws" if has("ssm") && has("start-session") => Some(Kind::Shell),
        "fly" | "flyctl" | "vagrant" | "tsh" if has("ssh") => (!has("-c") && !has("-C")).then_some(Kind::Shell),
        "heroku" if has("run") => arguments.last().filter(|last| is_shell(last)).map(|_| Kind::Shell),
        "chroot" => (arguments.len() == 1).then_some(Kind::Shell),
        "su" => Some(Kind::Shell),
        "-i" | "-s" if arguments.is_empty() => Some(Kind::Shell),
        program if arguments.is_empty() && is_shell(program) => Some(Kind::Shell),
        "bundle" if has("exec") => arguments.get(1..).and_then(client),
        _ => client(&words),
    }
}

/// The first word that is neither a flag nor the namespace that stands in front of it.
fn verb<'w>(arguments: &[&'w str]) -> Option<&'w str> {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match *word {
            "-n" | "--namespace" | "--context" | "--kubeconfig" => drop(words.next()),
            flag if flag.starts_with('-') => {}
            verb => return Some(verb),
        }
    }
    None
}

/// What a command within a container leaves open.
fn within(arguments: &[&str]) -> Option<Kind> {
    if arguments.last().is_some_and(|last| is_shell(last)) {
        return Some(Kind::Shell);
    }
    let start = arguments.iter().position(|word| is_client(word))?;
    client(&arguments[start..])
}

fn is_client(word: &str) -> bool {
    matches!(
        word,
        "psql"
            | "mysql"
            | "mariadb"
            | "redis-cli"
            | "mongo"
            | "mongosh"
            | "sqlite3"
            | "cqlsh"
            | "rails"
            | "bin/rails"
            | "irb"
            | "iex"
    )
}

/// Whether a client waits for what a person types.
fn client(words: &[&str]) -> Option<Kind> {
    let (program, arguments) = words.split_first()?;
    let waits = match *program {
        "psql" | "mysql" | "mariadb" => {
            let long = |word: &&str| {
                word.starts_with("--command") || word.starts_with("--file") || word.starts_with("--execute")
            };
            !arguments.iter().any(|word| long(word) || is_batch(word)) && !arguments.contains(&"--version")
        }
        "redis-cli" => {
            operands(arguments, &["-h", "-p", "-a", "-n", "-u"]) == 0
                && !arguments
                    .iter()
                    .any(|word| word.starts_with("--") && !matches!(*word, "--tls" | "--no-auth-warning"))
        }
        "mongo" | "mongosh" => !arguments.iter().any(|word| word.starts_with("--eval")),
        "sqlite3" | "cqlsh" => arguments.len() <= 1,
        "rails" | "bin/rails" => matches!(arguments.first(), Some(&"c" | &"console" | &"dbconsole" | &"db")),
        "irb" | "iex" => arguments.is_empty(),
        "python" | "python3" | "php" => {
            arguments.is_empty() || matches!(arguments.last(), Some(&"shell" | &"tinker" | &"shell_plus"))
        }
        _ => false,
    };
    waits.then_some(Kind::Client)
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
