//! Commands at which a run would stand still, or come to half an end: those that never end by themselves, those that want
//! a person at a terminal, and changes whose output somebody stops reading.
//!
//! The rules of lint and the notes of a plan rest on the same knowledge. Absent on purpose: `sudo` and `ssh`, which ask
//! for a password on one machine and not on the next.

use allclear_core::EffectClass;

use crate::early_reader::{cuts_off, stops_early};
use crate::syntax::bash::{self, Frame, Invocation, Script, Word};
use crate::syntax::call::Call;

/// Longest piece of a command that a note repeats, in characters.
const LONGEST_QUOTE: usize = 60;

/// What holds up a run that performs this command of this effect: one sentence each, without a full stop.
pub fn holdups(language: &str, text: &str, effect: EffectClass) -> Vec<String> {
    if language != "bash" {
        return Vec::new();
    }
    let script = bash::parse(text);
    let said = |(index, invocation): (usize, &Invocation)| {
        let call = Call::of(invocation);
        let quote = || quoted(invocation.span.slice(text));
        if is_endless(invocation, &call) && !is_cut_short(&script, index) && !is_timed(&script, index) {
            return Some(format!(
                "{} does not end by itself: without an end such as `timeout 60` it goes on until somebody cancels it",
                quote()
            ));
        }
        let want = want(invocation, &call, &script, index)?;
        Some(format!("{} {want}, and a run has no terminal: it would fail", quote()))
    };
    let mut notes: Vec<String> = script.invocations.iter().enumerate().filter_map(said).collect();
    notes.extend(cuts_off(&script, effect).map(|reader| {
        format!(
            "{} may stop reading while what is before it still writes: SIGPIPE would end that half-way, and the command \
             fails; read to the end, such as with `sed -n 1p` for `head -1`, or write to a file first",
            quoted(reader.span.slice(text))
        )
    }));
    notes.dedup();
    notes
}

/// The command on one line, the end left out where it is long.
fn quoted(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = words.char_indices().nth(LONGEST_QUOTE).map(|(at, _)| at);
    end.map_or_else(|| format!("`{words}`"), |end| format!("`{}…`", words[..end].trim_end()))
}

/// Whether a program goes on until it is interrupted.
pub(crate) fn is_endless(invocation: &Invocation, call: &Call<'_>) -> bool {
    match invocation.program() {
        "kubectl" | "oc" => match call.operand(0) {
            "port-forward" | "proxy" | "attach" => true,
            "logs" => call.has(&["-f", "--follow"]),
            "get" | "events" => call.has(&["-w", "--watch", "--watch-only"]),
            _ => false,
        },
        "tail" => call.has(&["-f", "-F", "--follow"]) && !call.has(&["--pid"]),
        "journalctl" => call.has(&["-f", "--follow"]),
        "watch" => !call.has(&["-g", "--chgexit"]),
        "stern" => !call.has(&["--no-follow", "--version", "--help"]),
        "htop" => !call.has(&["--version", "-V", "--help", "-h"]),
        "docker" | "podman" | "docker-compose" | "nerdctl" => {
            let logs = call.operand(0) == "logs" || call.begins(&["compose", "logs"]);
            logs && call.has(&["-f", "--follow"]) || call.operand(0) == "stats" && !call.has(&["--no-stream"])
        }
        "aws" => call.begins(&["logs", "tail"]) && call.has(&["--follow"]),
        "redis-cli" | "valkey-cli" => {
            let is = |word: &str, command: &str| word.eq_ignore_ascii_case(command);
            is(call.operand(0), "monitor")
                || ["subscribe", "psubscribe", "ssubscribe"].iter().any(|command| is(call.operand(0), command))
        }
        // Its count may stand behind other letters: `-nc 3`.
        "ping" => {
            let counts = |word: &Word| {
                word.value.starts_with('-') && !word.value.starts_with("--") && word.value.contains(['c', 'w'])
            };
            !invocation.arguments().iter().any(counts)
        }
        "tcpdump" => !call.has(&["-c", "-r", "-D", "-W", "--version", "--help"]),
        _ => false,
    }
}

/// Whether something ends it all the same, or nobody waits for it: a reader that leaves, the background, a condition.
pub(crate) fn is_cut_short(script: &Script, index: usize) -> bool {
    let Some(invocation) = script.invocations.get(index) else { return false };
    let ends = |next: &Invocation| matches!(next.program(), "fzf" | "less" | "timeout") || stops_early(next);
    let apart = |frame: &Frame| matches!(frame, Frame::Substitution | Frame::Function | Frame::Condition);
    invocation.background
        || invocation.frames.iter().any(apart)
        || script.pipeline(invocation.pipeline).any(|next| next.stage > invocation.stage && ends(next))
}

fn is_timed(script: &Script, index: usize) -> bool {
    script.wrappers(index).any(|outer| outer.program() == "timeout")
}

/// Whether it opens an editor.
pub(crate) fn opens_editor(invocation: &Invocation, call: &Call<'_>) -> bool {
    match invocation.program() {
        "nano" | "vi" | "vim" | "nvim" | "emacs" | "pico" | "joe" | "mcedit" | "gedit" | "visudo" | "sudoedit"
        | "vipw" => !invocation.fed && !call.has(&["-c", "-es", "-s", "--version", "--batch", "--help"]),
        "crontab" => call.has(&["-e"]),
        "kubectl" | "oc" => call.begins(&["edit"]),
        "systemctl" => call.begins(&["edit"]) && !call.has(&["--stdin"]),
        "ansible-vault" => call.begins(&["edit|create"]),
        "rails" => call.begins(&["credentials:edit"]),
        _ => false,
    }
}

/// What it wants of a person, as the middle of a sentence.
fn want(invocation: &Invocation, call: &Call<'_>, script: &Script, index: usize) -> Option<&'static str> {
    if invocation.wraps.is_none() && opens_editor(invocation, call) {
        return Some("opens an editor");
    }
    if script.is_elsewhere(index) {
        return None;
    }
    let alone = invocation.stages == 1 && !invocation.fed;
    let wants = match invocation.program() {
        "top" => !call.has(&["-b", "-n", "-l"]),
        "docker" | "podman" | "nerdctl" => {
            let within = call.begins(&["exec|run"]) || call.begins(&["container", "exec|run"]);
            return (within && has_terminal_flag(invocation)).then_some("asks for a terminal with `-t`");
        }
        "mysql_secure_installation" => alone,
        "dpkg-reconfigure" => {
            let settled = call.flags.iter().any(|flag| flag.word.value.to_lowercase().contains("noninteractive"));
            let named = invocation.arguments().iter().any(|word| word.value.eq_ignore_ascii_case("noninteractive"));
            alone && !settled && !named
        }
        "passwd" => {
            let only =
                ["-l", "--lock", "-u", "--unlock", "-S", "--status", "-d", "--delete", "-e", "--expire", "--stdin"];
            alone && !call.has(&only)
        }
        "terraform" | "tofu" => {
            let answered = call.has(&["-auto-approve", "--auto-approve"]) || call.operands.len() > 1;
            let asks = call.begins(&["apply|destroy"]) && !answered && alone;
            return asks.then_some("asks for confirmation");
        }
        "apt" | "apt-get" | "yum" | "dnf" => {
            let answered = call.has(&[
                "-y",
                "--yes",
                "--assume-yes",
                "--assumeyes",
                "--assumeno",
                "--assume-no",
                "-s",
                "--dry-run",
            ]) || call.flags.iter().filter(|flag| flag.name == "-q").count() > 1;
            let asks = call.begins(&["install|remove|purge|upgrade|dist-upgrade|full-upgrade|autoremove"]);
            return (asks && !answered && alone).then_some("may ask for confirmation");
        }
        _ => false,
    };
    wants.then_some("wants a person at a terminal")
}

/// `-it`, `-i --tty` in front of the container's own command: without an input, a terminal is not asked for.
fn has_terminal_flag(invocation: &Invocation) -> bool {
    let words = invocation.arguments().iter().map(|word| word.value.as_str());
    let behind = words.skip_while(|word| !matches!(*word, "exec" | "run")).skip(1);
    let flags: Vec<&str> = behind.take_while(|word| word.starts_with('-')).collect();
    let has = |letter: char, name: &str| {
        let short = |flag: &str| matches!(flag, "-t" | "-i" | "-it" | "-ti" | "-itd" | "-dit") && flag.contains(letter);
        flags.iter().any(|flag| *flag == name || short(flag))
    };
    has('t', "--tty") && has('i', "--interactive")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        holdups("bash", text, EffectClass::Observe).join("\n")
    }

    #[test]
    fn a_change_whose_output_somebody_stops_reading_is_told() {
        let told = |text: &str| holdups("bash", text, EffectClass::Change).join("\n");
        let said = told("./deploy.sh --all |\n  head -1");
        assert!(said.starts_with("`head -1` may stop reading while what is before it still writes: SIGPIPE"), "{said}");
        for text in ["./deploy.sh | sed -n 1p", "head -1 list; ./deploy.sh", "./deploy.sh"] {
            assert_eq!(told(text), "", "{text}");
        }
        assert_eq!(super::tests::said("ps aux | head -1"), "");
    }

    #[test]
    fn what_never_ends_is_told_unless_something_ends_it() {
        for text in [
            "kubectl logs -f deploy/cart",
            "sudo journalctl -u api -f",
            "ssh db 'tail -f /var/log/x'",
            "kubectl get pods -w",
            "watch kubectl get pods",
            "redis-cli MONITOR | grep cart",
            "redis-cli -h x SUBSCRIBE orders",
            "ping db-1",
            "kubectl port-forward svc/db 5432",
        ] {
            assert!(said(text).contains("does not end by itself"), "{text}: {}", said(text));
        }
        for text in [
            "kubectl logs --tail=-1 deploy/cart",
            "timeout 60 kubectl logs -f deploy/cart",
            "tail -f /var/log/x | grep -q ready",
            "tail -f x | head -3",
            "kubectl port-forward svc/db 5432 &",
            "ping -c 3 db-1",
            "redis-cli INFO",
            "redis-cli set x monitor",
            "redis-cli LATENCY monitor",
            "ping -nc 3 db-1",
            "watch -g kubectl get pods",
            "watch --chgexit ls",
            "stern --no-follow cart",
            "htop --version",
            "tcpdump -W 1 -G 10 -w x",
            "tail -f x | awk '/r/{exit}'",
            "tail -f x | timeout 5 cat",
        ] {
            assert_eq!(said(text), "", "{text}");
        }
        assert_eq!(holdups("sql", "SELECT 'tail -f x'", EffectClass::Observe), Vec::<String>::new());
    }

    #[test]
    fn what_wants_a_person_at_a_terminal_is_told() {
        for (text, what) in [
            ("kubectl edit deploy/cart", "opens an editor"),
            ("sudo vi /etc/hosts", "opens an editor"),
            ("top", "wants a person at a terminal"),
            ("docker exec -it db psql -c 'SELECT 1'", "asks for a terminal with `-t`"),
            ("terraform apply", "asks for confirmation"),
            ("sudo apt-get install jq", "may ask for confirmation"),
        ] {
            assert!(said(text).contains(what), "{text}: {}", said(text));
        }
        for text in [
            "top -b -n 1 | head",
            "docker exec db tar -t -f /x.tar",
            "docker exec -i db psql",
            "terraform apply -auto-approve",
            "terraform apply plan.out",
            "yes | apt install jq",
            "apt-get install -y jq",
            "apt-get -qq install jq",
            "dnf --assumeno install jq",
            "passwd -l ana",
            "passwd --status ana",
            "terraform destroy --auto-approve",
            "dpkg-reconfigure -f noninteractive tzdata",
            "docker run -t app true",
            "docker exec -t db psql",
        ] {
            assert_eq!(said(text), "", "{text}");
        }
    }

    #[test]
    fn a_long_command_is_quoted_by_its_beginning() {
        let said = said(&format!("tail -f {}", "x".repeat(100)));
        assert!(said.starts_with(&format!("`tail -f {}…` does not", "x".repeat(52))), "{said}");
    }
}
