//! Commands that start another one: `sudo X`, `xargs X`, `kubectl exec POD -- X`, `ssh HOST 'X'`, `bash -c 'X'`.

use super::lower::{Around, Base, Lowering};
use super::{Invocation, Word};

/// What a wrapper changes about the command inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapper {
    /// Nothing that matters here: `env`, `nohup`, `timeout`, `time`.
    Plain,
    /// Other rights: `sudo`, `su -c`.
    Elevated,
    /// Other arguments, or again and again: `xargs`, `watch`, `find -exec`.
    Repeated,
    /// A shell of its own: `bash -c`, `eval`.
    Shell,
    /// Inside a container: `kubectl exec`, `docker run`.
    Container,
    /// On another host: `ssh`.
    Remote,
}

/// Where the command inside stands among the words.
enum Inside {
    /// Words from here to there.
    Words(usize, usize),
    /// One word is a text of its own.
    Text(usize),
}

/// Adds what the invocation at `index` starts, if it is a wrapper.
pub(super) fn open(lowering: &mut Lowering<'_>, index: usize) {
    let outer = lowering.script.invocations[index].clone();
    let Some((wrapper, inside)) = inside(&outer) else { return };
    lowering.script.invocations[index].wraps = Some(wrapper);
    match inside {
        Inside::Words(from, to) => {
            let words = outer.words[from..to].to_vec();
            let assigned = words.iter().take_while(|word| is_assignment(word)).count();
            let words = words[assigned..].to_vec();
            let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
            let span = first.span.cover(last.span);
            let inner = Invocation {
                span,
                words,
                assignments: Vec::new(),
                redirects: Vec::new(),
                via: Some(index),
                wraps: None,
                ..outer
            };
            lowering.push(inner);
        }
        Inside::Text(at) => {
            let word = &outer.words[at];
            let base = word.content.map_or(Base::Fixed(word.span), Base::Shift);
            let around = Around { frames: outer.frames.clone(), fed: outer.fed, via: Some(index) };
            lowering.text(&word.value, base, &around);
        }
    }
}

fn is_assignment(word: &Word) -> bool {
    crate::shell::programs::is_assignment(&word.value)
}

fn inside(outer: &Invocation) -> Option<(Wrapper, Inside)> {
    let words = &outer.words;
    let rest = |wrapper, from: usize| (from < words.len()).then_some((wrapper, Inside::Words(from, words.len())));
    match outer.program() {
        "sudo" | "doas" => rest(Wrapper::Elevated, behind(words, 1, &["-u", "-g", "-h", "-p", "-C", "-T", "-U"])),
        "su" | "runuser" => text_of(words, "-c").map(|at| (Wrapper::Elevated, Inside::Text(at))),
        "env" => rest(Wrapper::Plain, behind(words, 1, &["-u", "-C", "-S"])),
        "nohup" | "time" | "exec" | "command" | "builtin" | "setsid" | "unbuffer" => {
            rest(Wrapper::Plain, behind(words, 1, &[]))
        }
        "nice" | "ionice" | "stdbuf" | "chrt" | "taskset" => {
            rest(Wrapper::Plain, behind(words, 1, &["-n", "-c", "-i", "-o", "-e", "-p"]))
        }
        "timeout" => rest(Wrapper::Plain, behind(words, 1, &["-k", "-s"]) + 1),
        "flock" => rest(Wrapper::Plain, behind(words, 1, &["-w", "-E"]) + 1),
        "chroot" => rest(Wrapper::Container, behind(words, 1, &[]) + 1),
        "nsenter" => rest(Wrapper::Container, behind(words, 1, &["-t", "--target"])),
        "xargs" | "parallel" => rest(
            Wrapper::Repeated,
            behind(words, 1, &["-n", "-I", "-i", "-P", "-L", "-d", "-s", "-E", "-a", "--max-args", "--replace", "-j"]),
        ),
        "watch" => watched(words),
        "find" => found(words),
        "bash" | "sh" | "zsh" | "ash" | "dash" | "ksh" => {
            text_of(words, "c").map(|at| (Wrapper::Shell, Inside::Text(at)))
        }
        "eval" => (words.len() == 2).then_some((Wrapper::Shell, Inside::Text(1))),
        "ssh" => remote(words),
        "kubectl" | "oc" | "k" | "docker" | "podman" | "nerdctl" | "crictl" | "docker-compose" | "podman-compose" => {
            container(outer)
        }
        _ => None,
    }
}

/// The first word behind the options, `valued` ones with their values.
fn behind(words: &[Word], mut at: usize, valued: &[&str]) -> usize {
    while let Some(word) = words.get(at) {
        if word.value == "--" {
            return at + 1;
        }
        if !word.value.starts_with('-') && !is_assignment(word) {
            return at;
        }
        at += if valued.contains(&word.value.as_str()) { 2 } else { 1 };
    }
    at
}

/// The word behind `-c`, also where it stands at the end of several letters: `bash -lc 'X'`.
fn text_of(words: &[Word], letter: &str) -> Option<usize> {
    let letter = letter.trim_start_matches('-');
    let flag = |word: &Word| {
        let letters = word.value.strip_prefix('-').unwrap_or_default();
        letters.len() <= 4 && letters.ends_with(letter) && letters.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    let at = words.iter().position(flag)? + 1;
    (at < words.len()).then_some(at)
}

fn watched(words: &[Word]) -> Option<(Wrapper, Inside)> {
    let at = behind(words, 1, &["-n", "--interval"]);
    match words.len().checked_sub(at)? {
        0 => None,
        1 => Some((Wrapper::Repeated, Inside::Text(at))),
        _ => Some((Wrapper::Repeated, Inside::Words(at, words.len()))),
    }
}

/// `find … -exec COMMAND \;`
fn found(words: &[Word]) -> Option<(Wrapper, Inside)> {
    let from = words.iter().position(|word| matches!(word.value.as_str(), "-exec" | "-execdir" | "-ok"))? + 1;
    let ends = |word: &Word| matches!(word.value.as_str(), ";" | "+");
    let to = words[from..].iter().position(ends).map_or(words.len(), |length| from + length);
    (from < to).then_some((Wrapper::Repeated, Inside::Words(from, to)))
}

/// `ssh HOST COMMAND`
fn remote(words: &[Word]) -> Option<(Wrapper, Inside)> {
    const VALUED: &[&str] = &["-i", "-p", "-l", "-o", "-J", "-F", "-L", "-R", "-D", "-c", "-b", "-e", "-m", "-S", "-W"];
    let host = behind(words, 1, VALUED);
    let at = behind(words, host + 1, VALUED);
    match words.len().checked_sub(at)? {
        0 => None,
        1 => Some((Wrapper::Remote, Inside::Text(at))),
        _ => Some((Wrapper::Remote, Inside::Words(at, words.len()))),
    }
}

/// `kubectl exec POD -- COMMAND`, `docker exec CONTAINER COMMAND`, `docker compose exec SERVICE COMMAND`
fn container(outer: &Invocation) -> Option<(Wrapper, Inside)> {
    let words = &outer.words;
    let cluster = matches!(outer.program(), "kubectl" | "oc" | "k");
    let verb = words.iter().position(|word| matches!(word.value.as_str(), "exec" | "run" | "rsh" | "debug"))?;
    if let Some(dashes) = words.iter().position(|word| word.value == "--").filter(|at| *at > verb) {
        return (dashes + 1 < words.len()).then_some((Wrapper::Container, Inside::Words(dashes + 1, words.len())));
    }
    if cluster && words[verb].value != "exec" && words[verb].value != "rsh" {
        return None;
    }
    let valued: &[&str] = match cluster {
        true => &["-n", "--namespace", "-c", "--container", "--context", "--kubeconfig", "--cluster", "--user"],
        false => &[
            "-e",
            "--env",
            "-u",
            "--user",
            "-w",
            "--workdir",
            "--name",
            "-v",
            "--volume",
            "-p",
            "--publish",
            "--network",
            "--entrypoint",
            "--env-file",
            "--index",
            "-m",
            "--memory",
            "--platform",
            "--pull",
            "--mount",
        ],
    };
    let operand = behind(words, verb + 1, valued);
    let at = if cluster { behind(words, operand + 1, valued) } else { operand + 1 };
    (at < words.len()).then_some((Wrapper::Container, Inside::Words(at, words.len())))
}
