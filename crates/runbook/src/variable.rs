//! What has to be filled in before a command can run, and where it stands in the command.
//!
//! Precise rather than greedy: a name counts only in the forms that runbooks use for blanks. Occurrences know how they
//! are quoted, so that a value can be put there without changing the command around it.

use std::collections::BTreeSet;

use crate::model::VariableForm;
use crate::secret::KEY_PREFIXES;
use crate::shell::lexer::{Lexer, TokenKind, Word, placeholder};
use crate::shell::programs::{is_assignment, is_variable_name};

/// How the shell quotes an occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quoting {
    None,
    Single,
    Double,
}

/// A place in a command's text that a variable fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Occurrence {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) name: String,
    pub(crate) form: VariableForm,
    pub(crate) quoting: Quoting,
}

/// Variables that every shell has.
#[rustfmt::skip]
const AMBIENT: &[&str] = &[
    "HOME", "PATH", "USER", "PWD", "OLDPWD", "SHELL", "HOSTNAME", "RANDOM", "PPID", "UID", "EUID", "LANG", "TERM",
    "TMPDIR", "IFS", "EDITOR", "SECONDS", "LINENO", "LOGNAME", "COLUMNS", "LINES", "REPLY", "OPTARG", "OPTIND",
    "PIPESTATUS", "FUNCNAME", "_",
];

/// Last words of names in capitals that stand for something to fill in.
#[rustfmt::skip]
const BLANKS: &[&str] = &[
    "NAME", "ID", "KEY", "TOKEN", "PASSWORD", "SECRET", "HOST", "HOSTNAME", "URL", "POD", "IP", "NAMESPACE",
    "REGION", "ARN", "ADDRESS", "VERSION", "CLUSTER", "HERE",
];

/// Words in capitals that, alone, stand for something to fill in.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "NAMESPACE", "POD", "PODNAME", "NODE", "NODENAME", "HOSTNAME", "USERNAME", "CLUSTER", "CLUSTERNAME", "DOMAIN", "DEPLOYMENT",
    "BUCKET", "BUCKETNAME", "FILENAME", "PID", "DBNAME", "REPLICASET", "RELEASE", "CONTAINER", "ENVIRONMENT",
];

/// All places of a command that have to be filled in, in order. Shell variables that the text sets itself are included.
pub(crate) fn occurrences(language: &str, text: &str) -> Vec<Occurrence> {
    let mut scanner = Scanner { text, shell: language == "bash", at: 0, quoting: Quoting::None, found: Vec::new() };
    while scanner.at < text.len() {
        scanner.step();
    }
    scanner.found
}

/// Notes how the shell quotes these places, which are in order.
pub(crate) fn note_quoting(language: &str, text: &str, places: &mut [Occurrence]) {
    let mut scanner = Scanner { text, shell: language == "bash", at: 0, quoting: Quoting::None, found: Vec::new() };
    for place in places {
        while scanner.at < place.start {
            scanner.step();
        }
        place.quoting = scanner.quoting;
    }
}

/// Which of the words behind a command are names that it sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Binding {
    None,
    First,
    /// All that could be names.
    All,
    /// What arithmetic sets.
    Arithmetic,
    /// That behind `-v`.
    BehindFlag,
}

impl Binding {
    fn of(command: &Word) -> Self {
        match command.value.as_str() {
            _ if command.quoted => Self::None,
            "for" | "select" => Self::First,
            "read" | "mapfile" | "readarray" | "getopts" => Self::All,
            "let" => Self::Arithmetic,
            "printf" => Self::BehindFlag,
            _ => Self::None,
        }
    }

    /// Takes note of the names in a word behind the command; what the words behind that one are.
    fn take(self, word: &Word, names: &mut BTreeSet<String>) -> Self {
        match self {
            Self::None => return self,
            Self::Arithmetic => computed(&word.value, names),
            Self::BehindFlag if word.value == "-v" => return Self::First,
            Self::BehindFlag => {}
            Self::First | Self::All if is_variable_name(&word.value) => drop(names.insert(word.value.clone())),
            Self::First | Self::All => {}
        }
        if self == Self::First { Self::None } else { self }
    }
}

/// Names that a shell command sets for the commands after it.
pub(crate) fn assigned(text: &str, names: &mut BTreeSet<String>) {
    let mut commanding = true;
    let mut declaring = false;
    let mut binding = Binding::None;
    for token in Lexer::new(text) {
        let TokenKind::Word(word) = token.kind else {
            (commanding, declaring, binding) = (true, false, Binding::None);
            continue;
        };
        if (commanding || declaring) && is_assignment(&word.value) {
            names.extend(word.value.split_once('=').map(|(name, _)| name.to_owned()));
            continue;
        }
        if commanding {
            binding = Binding::of(&word);
            declaring = is_plain(&word, &["export", "local", "declare", "readonly", "typeset"]);
        } else {
            binding = binding.take(&word, names);
        }
        commanding = is_plain(&word, &["do", "then", "else", "if", "while", "until", "!", "{", "time"]);
    }
    for inside in text.split("((").skip(1) {
        computed(inside.split("))").next().unwrap_or_default(), names);
    }
}

/// Names that arithmetic sets: `X=1`, `X += 2`, `X++`, `--X`.
fn computed(text: &str, names: &mut BTreeSet<String>) {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut rest = text;
    while let Some(start) = rest.find(is_letter) {
        let between = rest[..start].trim_end();
        let word = &rest[start..];
        let (name, behind) = word.split_at(word.find(|c| !is_letter(c)).unwrap_or(word.len()));
        let operator = behind.trim_start();
        let changed = operator.trim_start_matches(['+', '-', '*', '/', '%', '<', '>', '&', '|', '^']);
        let compares = changed.starts_with("==") || operator.starts_with("<=") || operator.starts_with(">=");
        let sets = changed.starts_with('=') && !compares || operator.starts_with("++") || operator.starts_with("--");
        if is_variable_name(name) && (sets || between.ends_with("++") || between.ends_with("--")) {
            names.insert(name.to_owned());
        }
        rest = behind;
    }
}

fn is_plain(word: &Word, keywords: &[&str]) -> bool {
    !word.quoted && keywords.contains(&word.value.as_str())
}

struct Scanner<'t> {
    text: &'t str,
    shell: bool,
    at: usize,
    quoting: Quoting,
    found: Vec<Occurrence>,
}

impl Scanner<'_> {
    fn step(&mut self) {
        let rest = &self.text[self.at..];
        let first = rest.chars().next().unwrap_or_default();
        let taken = match first {
            '\\' if self.shell && self.quoting != Quoting::Single => {
                1 + rest[1..].chars().next().map_or(0, char::len_utf8)
            }
            '\'' | '"' if self.shell && self.quote(first) => 1,
            '<' if self.before() != Some('<') => self.angle(rest),
            '{' if rest.starts_with("{{") => self.braces(rest),
            '{' | '[' if self.quoting != Quoting::Single => self.bracketed(rest),
            '$' if self.shell && self.quoting != Quoting::Single => self.dollar(rest),
            c if c.is_alphanumeric() => self.token(rest),
            _ => 0,
        };
        self.at += taken.max(first.len_utf8());
    }

    fn before(&self) -> Option<char> {
        self.text[..self.at].chars().next_back()
    }

    /// Follows quotation marks; false for one that is only a character inside the other kind.
    fn quote(&mut self, mark: char) -> bool {
        self.quoting = match (self.quoting, mark) {
            (Quoting::None, '\'') => Quoting::Single,
            (Quoting::None, _) => Quoting::Double,
            (Quoting::Single, '\'') | (Quoting::Double, '"') => Quoting::None,
            _ => return false,
        };
        true
    }

    fn push(&mut self, length: usize, name: String, form: VariableForm) -> usize {
        self.found.push(Occurrence { start: self.at, end: self.at + length, name, form, quoting: self.quoting });
        length
    }

    fn angle(&mut self, rest: &str) -> usize {
        let Some(length) = placeholder(rest) else { return 0 };
        let name = rest[1..length - 1].split_whitespace().collect::<Vec<_>>().join("-");
        self.push(length, name, VariableForm::Angle)
    }

    fn braces(&mut self, rest: &str) -> usize {
        const LONGEST: usize = 60;
        let Some(end) = rest.bytes().take(LONGEST).zip(rest.bytes().skip(1)).position(|pair| pair == (b'}', b'}'))
        else {
            return 0;
        };
        // `{{REV_NUM - 1}}` is a blank with a hint; `{{json .}}` is a template of Go.
        let whole = rest[2..end].trim();
        let name = whole.split_whitespace().next().unwrap_or_default();
        let template = whole.split_whitespace().any(|word| word.starts_with(['.', '$', '(', '"']));
        let word = !template && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        let keyword = matches!(name, "end" | "else" | "range" | "if" | "with" | "template" | "block");
        if !word || keyword || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return 0;
        }
        self.push(end + 2, name.to_owned(), VariableForm::Braces)
    }

    /// `{pod_name}`, `{comma separated list}`, `[POD_NAME]`
    fn bracketed(&mut self, rest: &str) -> usize {
        const LONGEST: usize = 60;
        let (close, square) = if rest.starts_with('{') { (b'}', false) } else { (b']', true) };
        let Some(length) = rest.bytes().take(LONGEST).position(|byte| byte == close) else { return 0 };
        let inside = &rest[1..length];
        let bounded =
            self.before().is_none_or(|c| matches!(c, ' ' | '=' | '/' | ':' | '-' | '_' | '@' | '"' | '\n' | '.'));
        let named = inside.len() >= 2
            && inside.starts_with(|c: char| c.is_ascii_alphabetic())
            && inside.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_- ".contains(&byte));
        let capitals = inside.bytes().all(|byte| !byte.is_ascii_lowercase());
        let keyword = ["print", "next", "exit", "printf", "do", "if", "sum"]
            .contains(&inside.split(' ').next().unwrap_or_default());
        let blank = if square {
            self.quoting == Quoting::None && (capitals || inside.starts_with("your"))
        } else {
            !keyword
                && (self.quoting != Quoting::None
                    || !inside.contains(' ')
                    || inside.split(' ').count() > 1 && !inside.ends_with(' '))
        };
        if !bounded || !named || !blank || rest[length + 1..].starts_with('(') {
            return 0;
        }
        self.push(length + 1, inside.replace(' ', "-"), VariableForm::Braces)
    }

    fn dollar(&mut self, rest: &str) -> usize {
        let braced = rest.starts_with("${");
        let inside = &rest[if braced { 2 } else { 1 }..];
        let length = inside.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let (name, behind) = inside.split_at(length);
        // `${NAME:-default}` and its kin need nobody's help.
        let needed = !braced
            || behind.starts_with(['}', '%', '/', '^', ',', '['])
            || behind.starts_with("#")
            || behind.starts_with(":?");
        if !is_variable_name(name) || AMBIENT.contains(&name) || name.starts_with("BASH") || !needed {
            return 1;
        }
        // Nobody writes a longer one, and many that are never closed would each be followed to the end of the text.
        const LONGEST: usize = 1_000;
        let end = behind.bytes().take(LONGEST).position(|byte| byte == b'}');
        let whole = if braced { end.map_or(length + 2, |end| length + 3 + end) } else { length + 1 };
        self.push(whole, name.to_owned(), VariableForm::Shell)
    }

    /// A run of letters, digits, `_`, `-` and `.`: a dated file or a blank in capitals.
    fn token(&mut self, rest: &str) -> usize {
        let length = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(rest.len());
        let token = rest[..length].trim_end_matches('.');
        if has_date(token) {
            // The time behind a date is part of it.
            let time =
                rest[token.len()..].bytes().take_while(|byte| byte.is_ascii_digit() || b":Z+.".contains(byte)).count();
            let end = if rest[token.len()..].starts_with(':') { token.len() + time } else { token.len() };
            return self.push(end, rest[..end].to_owned(), VariableForm::DatedFile).max(length);
        }
        if is_crossed_out(token) {
            return self.push(token.len(), token.to_owned(), VariableForm::Capitals).max(length);
        }
        let followed = rest[length..].starts_with(['=', '(']);
        if !followed && self.is_blank(token) {
            self.push(token.len(), token.to_owned(), VariableForm::Capitals);
        }
        length
    }

    fn is_blank(&self, token: &str) -> bool {
        let lower = token.to_lowercase();
        if (lower.starts_with("your_") || lower.starts_with("your-")) && token.len() > 6 {
            return true;
        }
        if let Some(rest) = KEY_PREFIXES.iter().find_map(|(prefix, _)| token.strip_prefix(prefix)) {
            return rest.len() > 2 && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        }
        let capitals = token.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit());
        let last = token.rsplit('_').next().unwrap_or_default();
        let blank = if token.contains('_') { BLANKS.contains(&last) } else { WORDS.contains(&token) };
        capitals && blank && self.stands_alone(token)
    }

    /// Whether a name in capitals is an argument rather than the name of a variable, a column or a constant.
    fn stands_alone(&self, token: &str) -> bool {
        // Longer than any of the words below: one word may be as long as the text.
        const NEAR: usize = 64;
        let near = &self.text[self.text.floor_char_boundary(self.at.saturating_sub(NEAR))..self.at];
        let before = near.trim_end_matches(['"', '\'']);
        let behind = &self.text[self.at + token.len()..];
        let quoted_whole =
            self.quoting == Quoting::None || near.ends_with(['"', '\'']) && behind.starts_with(['"', '\'']);
        let previous = before.rsplit(|c: char| c.is_whitespace()).find(|word| !word.is_empty()).unwrap_or_default();
        let named = ["printenv", "unset", "export", "read", "env", "grep", "echo", "-e", "declare", "local"]
            .contains(&previous);
        let bounded =
            before.ends_with([' ', '/', ':', '@', '\n', '\t']) || before.ends_with('=') && !before.ends_with("==");
        self.shell && quoted_whole && !named && bounded
    }
}

/// `backup-2025-01-20.sql.gz`, `2025-01-20`, `backup_20250120`, `YYYY-MM-DD`
fn has_date(token: &str) -> bool {
    if token.contains("YYYY") {
        return true;
    }
    // The versions of the policy language of AWS look like dates.
    let policy = matches!(token, "2012-10-17" | "2008-10-17");
    let bytes = token.as_bytes();
    let century = |bytes: &[u8]| matches!(bytes[..2], [b'1', b'9'] | [b'2', b'0']);
    let dashed = bytes.windows(10).any(|window| {
        century(window)
            && window
                .iter()
                .enumerate()
                .all(|(at, byte)| if matches!(at, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() })
    });
    dashed && !policy || has_compact_date(bytes)
}

/// Eight digits that are a day of this century, in a name that has letters, too.
fn has_compact_date(bytes: &[u8]) -> bool {
    let number = |bytes: &[u8]| bytes.iter().fold(0_u32, |sum, byte| sum * 10 + u32::from(byte - b'0'));
    let mut start = 0;
    while start < bytes.len() {
        let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 8 && bytes[start..].starts_with(b"20") {
            let (month, day) = (number(&bytes[start + 4..start + 6]), number(&bytes[start + 6..start + 8]));
            let named = bytes.iter().any(u8::is_ascii_alphabetic);
            if named && (1..=12).contains(&month) && (1..=31).contains(&day) {
                return true;
            }
        }
        start += length.max(1);
    }
    false
}

/// `i-xxxxxxxx`, `XXXX`: letters that are there to be replaced.
fn is_crossed_out(token: &str) -> bool {
    let run = |letter: &str| token.contains(&letter.repeat(3));
    run("x") && !token.bytes().any(|byte| byte.is_ascii_uppercase()) || run("X")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        occurrences("bash", text).into_iter().map(|occurrence| occurrence.name).collect()
    }

    #[test]
    fn blanks_in_every_form_are_found() {
        assert_eq!(
            names(
                "kubectl logs <my pod> -n $NS --tag {{ version }} --key 'sk_live_NEW_KEY' /tmp/backup-2025-01-20.sql.gz YOUR_CLUSTER"
            ),
            ["my-pod", "NS", "version", "sk_live_NEW_KEY", "backup-2025-01-20.sql.gz", "YOUR_CLUSTER"]
        );
    }

    #[test]
    fn redirections_templates_and_awk_fields_are_not_blanks() {
        assert_eq!(
            names("awk '{print $NF}' <in >out; go -t '{{.metadata.name}}' '{{range .items}}' <<EOF"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn names_of_settings_and_sql_words_are_not_blanks() {
        assert_eq!(
            names("kubectl set env d/x PAYMENTS_ENABLED=false; psql -c \"SELECT API_KEY FROM x\"; printenv API_KEY"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_default_value_needs_nobody() {
        assert_eq!(names("echo ${A:-1} ${B} ${C:?set it}"), ["B", "C"]);
    }

    #[test]
    fn assignments_loops_and_exports_set_names() {
        let mut found = BTreeSet::new();
        assigned("A=1; export B=2 C=3; for d in 1; do E=$d; done; kubectl set env F=1", &mut found);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["A", "B", "C", "E", "d"]);
    }

    #[test]
    fn builtins_and_arithmetic_set_names() {
        for (text, expected) in [
            ("while IFS= read -r A B; do :; done", vec!["A", "B", "IFS"]),
            ("printf -v A %s B", vec!["A"]),
            ("mapfile -t A < B; readarray C", vec!["A", "C"]),
            ("getopts ab: A", vec!["A"]),
            ("let A=1 'B += 2' C++", vec!["A", "B", "C"]),
            ("((A = 1, --B)); if ((C == 1 && D <= 2)); then :; fi; echo $((E *= F))", vec!["A", "B", "E"]),
            ("printf %s A; kubectl get read B", vec![]),
        ] {
            let mut found = BTreeSet::new();
            assigned(text, &mut found);
            assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
