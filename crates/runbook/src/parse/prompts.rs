//! Console sessions: what stands behind a prompt is a command, the rest is what it printed.

use crate::effect;
use crate::parse::fences::{Language, Piece};
use crate::shell::{programs, split};

/// What a line's prompt belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prompt {
    Shell,
    /// A shell of someone somewhere: the prompt's name says where.
    Named(usize, usize),
    Client {
        language: Language,
        name: &'static str,
    },
}

/// Whether any line begins with a prompt; `console` also takes the prompts that elsewhere are comments.
pub(crate) fn is_prompted(text: &str, console: bool) -> bool {
    text.lines().any(|line| prompt(line, console).is_some())
}

/// The commands behind the prompts of a text.
pub(crate) fn pieces(text: &str, console: bool) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut open: Option<(usize, Prompt)> = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let entered = prompt(line.trim_end_matches(['\n', '\r']), console);
        if let Some((length, kind)) = entered {
            found.extend(open.take().and_then(|(start, kind)| command(text, start, offset, kind)));
            let kind = match kind {
                Prompt::Named(start, end) => Prompt::Named(offset + start, offset + end),
                kind => kind,
            };
            open = Some((offset + length, kind));
        } else if let Some(comment) = line.trim_start().strip_prefix("# ") {
            found.extend(open.take().and_then(|(start, kind)| command(text, start, offset, kind)));
            found.push(Piece::Comment { text: comment.trim().to_owned(), start: offset });
        }
        offset += line.len();
    }
    found.extend(open.and_then(|(start, kind)| command(text, start, offset, kind)));
    found
}

fn command(text: &str, start: usize, limit: usize, prompt: Prompt) -> Option<Piece> {
    let behind = &text[start..limit];
    let (language, session, begin, end) = match prompt {
        Prompt::Shell | Prompt::Named(..) => {
            let span = split::first_command(behind)?;
            let session = match prompt {
                Prompt::Named(start, end) => text.get(start..end).map(|name| place(name).to_owned()),
                _ => None,
            };
            (Language::Shell, session, span.start, span.end)
        }
        Prompt::Client { language, name } => {
            let line = match language {
                Language::Sql => behind.find(';').map_or(behind, |end| &behind[..=end]),
                _ => behind.lines().next().unwrap_or_default(),
            };
            let begin = line.len() - line.trim_start().len();
            (language, Some(name.to_owned()), begin, begin + line.trim().len())
        }
    };
    let source = behind.get(begin..end).filter(|source| !source.is_empty())?;
    Some(Piece::Command { language, start: start + begin, end: start + end, text: source.to_owned(), session })
}

/// The user and host of a prompt, without its directory.
fn place(name: &str) -> &str {
    let name = name.trim_matches(['[', ']']);
    name.split([':', ' ']).next().unwrap_or(name)
}

/// Length of the prompt at the start of a line, and what it belongs to.
fn prompt(line: &str, console: bool) -> Option<(usize, Prompt)> {
    let blank = line.len() - line.trim_start().len();
    let rest = &line[blank..];
    if let Some(length) = shell_prompt(rest, console) {
        return Some((blank + length, Prompt::Shell));
    }
    if let Some((length, name)) = named_prompt(rest) {
        return Some((blank + length, Prompt::Named(blank, blank + name)));
    }
    let (length, client) = client_prompt(rest)?;
    Some((blank + length, client))
}

/// Whether the text is a dialogue with an interpreter: then it is commands whatever the tag says.
pub(crate) fn is_console(text: &str) -> bool {
    text.lines().any(|line| matches!(client_prompt(line.trim_start()), Some((_, Prompt::Client { .. }))))
}

fn shell_prompt(line: &str, console: bool) -> Option<usize> {
    if line.starts_with("$ ") || console && line.starts_with("% ") {
        return Some(2);
    }
    if line.starts_with("/ # ") || line.starts_with("~ # ") || line.starts_with("~ $ ") {
        return Some(4);
    }
    if console && line.starts_with("# ") && is_typed_by_root(&line[2..]) {
        return Some(2);
    }
    None
}

/// Behind `#`, a program that everybody knows, or one whose name no sentence begins with: `rpm-ostree status`.
fn is_typed_by_root(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    programs::begins_with_program(line) || first.contains('-') && effect::built_in(first).is_some()
}

/// A client that is started, and below it what it is told behind `> `.
#[derive(Debug)]
pub(crate) struct Dialogue<'t> {
    /// Where the line behind the one that starts it begins.
    pub(crate) start: usize,
    language: Language,
    /// The line that starts it.
    opener: &'t str,
}

/// The dialogue that a text without other prompts ends with.
pub(crate) fn dialogue(text: &str) -> Option<Dialogue<'_>> {
    let mut offset = 0;
    let mut opened = None;
    for line in text.split_inclusive('\n') {
        offset += line.len();
        let line = line.trim();
        if line.starts_with("> ") {
            return opened;
        }
        let language = match line.split_whitespace().next() {
            Some("redis-cli" | "valkey-cli") => Some(Language::Redis),
            Some("psql" | "mysql" | "mariadb" | "sqlite3") => Some(Language::Sql),
            Some("mongo" | "mongosh") => Some(Language::Mongo),
            Some(_) => None,
            None => continue,
        };
        opened = language.map(|language| Dialogue { start: offset, language, opener: line });
    }
    None
}

/// What the client is told; the rest is what it answered.
pub(crate) fn answers(text: &str, dialogue: &Dialogue<'_>) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut offset = dialogue.start;
    for line in text[dialogue.start..].split_inclusive('\n') {
        let blank = line.len() - line.trim_start().len();
        if let Some(told) = line.trim().strip_prefix("> ") {
            let text = told.trim();
            let start = offset + blank + 2 + (told.len() - told.trim_start().len());
            let session = Some(dialogue.opener.to_owned());
            let (language, end) = (dialogue.language, start + text.len());
            found.push(Piece::Command { language, start, end, text: text.to_owned(), session });
        }
        offset += line.len();
    }
    found
}

/// `user@host:~$ `, `[root@host ~]# `, `bash-5.1$ `: the length of the prompt, and of the name in it.
fn named_prompt(line: &str) -> Option<(usize, usize)> {
    const LONGEST: usize = 60;
    let end =
        line.bytes().take(LONGEST).zip(line.bytes().skip(1)).position(|pair| matches!(pair, (b'$' | b'#', b' ')))?;
    let name = &line[..end];
    let bracketed = name.starts_with('[') && name.ends_with(']') && name.contains('@');
    let plain = !name.contains([' ', '=', '"', '\'', '/', '|'])
        || name.contains('@') && name.contains(':') && !name.contains(' ');
    let known = name.contains('@') || name.starts_with("bash-") || name.starts_with("sh-");
    (bracketed || plain && known).then_some((end + 2, end))
}

/// `shop=# `, `mysql> `, `127.0.0.1:6379> `
fn client_prompt(line: &str) -> Option<(usize, Prompt)> {
    let end = line.find(' ')?;
    let prompt = &line[..end];
    let database = prompt.strip_suffix("=#").or_else(|| prompt.strip_suffix("=>"));
    let ruby = prompt.starts_with("irb(") || prompt.contains("pry(") && prompt.ends_with('>');
    let client = match prompt {
        ">>>" => Prompt::Client { language: Language::Python, name: "python" },
        ">>" => Prompt::Client { language: Language::Ruby, name: "irb" },
        _ if ruby && prompt.ends_with(['>', '*']) => Prompt::Client { language: Language::Ruby, name: "irb" },
        "mongo>" | "mongosh>" | "test>" | "rs0:PRIMARY>" => {
            Prompt::Client { language: Language::Mongo, name: "mongosh" }
        }
        "mysql>" | "MariaDB>" => Prompt::Client { language: Language::Sql, name: "mysql" },
        "redis>" => Prompt::Client { language: Language::Redis, name: "redis-cli" },
        _ if prompt.ends_with(":6379>") => Prompt::Client { language: Language::Redis, name: "redis-cli" },
        _ if database.is_some_and(programs::is_variable_name) => {
            Prompt::Client { language: Language::Sql, name: "psql" }
        }
        _ => return None,
    };
    Some((end + 1, client))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(text: &str) -> Vec<String> {
        let texts = pieces(text, true).into_iter().filter_map(|piece| match piece {
            Piece::Command { text, .. } => Some(text),
            Piece::Comment { .. } => None,
        });
        texts.collect()
    }

    #[test]
    fn output_between_prompts_is_left_out() {
        assert_eq!(commands("$ uptime\n 10:00 up it's fine\n$ ls \\\n  -l\ntotal 0\n"), ["uptime", "ls \\\n  -l"]);
    }

    #[test]
    fn prompts_with_user_and_host_are_recognised() {
        assert_eq!(commands("root@db-1:~# df -h\n[ops@app ~]$ uptime\n/ # ls\n"), ["df -h", "uptime", "ls"]);
    }

    #[test]
    fn database_prompts_are_sessions() {
        let text = "shop=# SELECT 1\n  FROM x;\n ?column?\n127.0.0.1:6379> INFO memory\nused:1\n";
        assert_eq!(commands(text), ["SELECT 1\n  FROM x;", "INFO memory"]);
    }
}
