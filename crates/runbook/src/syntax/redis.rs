//! What a command sends to a Redis server, however it gets there.
//!
//! The forms are: arguments of `redis-cli`, also behind `xargs` or `kubectl exec`; what is piped, or fed as a
//! here-document, into it; a line typed into a session. Spans are bytes of the command's text.

use crate::span::Span;
use crate::syntax::bash::{self, Invocation, Redirect, RedirectKind, Script, Word};

/// One command for the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// Its name in capitals: `CONFIG`.
    pub(crate) name: String,
    /// Where the name stands.
    pub(crate) name_span: Span,
    /// What follows the name.
    pub(crate) arguments: Vec<Argument>,
    /// From the name to the last argument.
    pub(crate) span: Span,
    pub(crate) through: Through,
}

/// One argument, without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Argument {
    pub(crate) value: String,
    pub(crate) span: Span,
}

/// How a request reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Through {
    /// As arguments of the invocation with this index.
    Arguments(usize),
    /// As input of the invocation with this index.
    Input(usize),
    /// Typed into a session.
    Session,
}

impl Request {
    /// The argument at this position in capitals, for subcommands; empty where there is none.
    pub(crate) fn subcommand(&self) -> String {
        self.argument(0).to_ascii_uppercase()
    }

    /// The argument at this position; empty where there is none.
    pub(crate) fn argument(&self, at: usize) -> &str {
        self.arguments.get(at).map_or("", |argument| argument.value.as_str())
    }

    fn of(mut words: Vec<Argument>, through: Through) -> Option<Self> {
        let last = words.last()?.span;
        let first = words.remove(0);
        let name = first.value.to_ascii_uppercase();
        Some(Self { name, name_span: first.span, span: first.span.cover(last), arguments: words, through })
    }
}

/// The options of a `redis-cli`: they end where the request begins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options<'a> {
    /// With their values, in order.
    pub(crate) all: Vec<(&'a Word, Option<&'a Word>)>,
    /// The words of the request.
    pub(crate) request: &'a [Word],
}

impl<'a> Options<'a> {
    /// Reads the words of a `redis-cli`.
    pub(crate) fn of(invocation: &'a Invocation) -> Self {
        let mut options = Self { all: Vec::new(), request: invocation.arguments() };
        while let Some(word) = options.request.first().filter(|word| word.value.starts_with('-')) {
            let value = options.request.get(1).filter(|_| VALUED.contains(&word.value.as_str()));
            options.request = options.request.get(1 + usize::from(value.is_some())..).unwrap_or_default();
            options.all.push((word, value));
        }
        options
    }

    /// Whether the option is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.all.iter().any(|(word, _)| word.value == name)
    }

    /// The value of an option.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Word> {
        self.all.iter().find(|(word, _)| word.value == name).and_then(|(_, value)| *value)
    }

    /// Whether it neither sends a request of its own nor leaves at once, so that it reads requests from its input.
    pub(crate) fn reads_requests(&self) -> bool {
        self.request.is_empty() && !self.all.iter().any(|(word, _)| LEAVING.contains(&word.value.as_str()))
    }
}

/// Whether the program speaks to a Redis server.
pub(crate) fn is_client(program: &str) -> bool {
    matches!(program, "redis-cli" | "valkey-cli" | "keydb-cli")
}

/// Options that take the next word.
#[rustfmt::skip]
const VALUED: &[&str] = &[
    "-h", "-p", "-t", "-s", "-a", "--user", "--pass", "-u", "-r", "-i", "-n", "-d", "-D", "-X", "--sni", "--cacert",
    "--cacertdir", "--cert", "--key", "--tls-ciphers", "--tls-ciphersuites", "--show-pushes", "--lru-test", "--rdb",
    "--functions-rdb", "--pipe-timeout", "--memkeys-samples", "--pattern", "--quoted-pattern", "--count", "--type",
    "--intrinsic-latency", "--eval", "--cluster",
];

/// Options with which it does something else than to read requests.
#[rustfmt::skip]
const LEAVING: &[&str] = &[
    "--scan", "--bigkeys", "--memkeys", "--hotkeys", "--stat", "--latency", "--latency-history", "--latency-dist",
    "--rdb", "--functions-rdb", "--lru-test", "--intrinsic-latency", "--eval", "--cluster", "--replica", "--slave",
    "--help", "--version", "-v", "--ldb", "--ldb-sync-mode",
];

/// Everything that a command sends to Redis servers, in the order of the text.
pub(crate) fn requests(language: &str, text: &str, session: Option<&str>, script: &Script) -> Vec<Request> {
    if language == "redis" || language == "bash" && session.is_some_and(opens_client) {
        return typed(text, Some(0), Span::new(0, text.len()), false, Through::Session);
    }
    let mut found = Vec::new();
    for (index, invocation) in script.invocations.iter().enumerate() {
        if !is_client(invocation.program()) {
            continue;
        }
        let options = Options::of(invocation);
        if options.reads_requests() {
            found.extend(fed(script, index));
        } else if !options.request.is_empty() && !options.has("--eval") && !options.has("--cluster") {
            let words = options.request.iter();
            let words = words.map(|word| Argument { value: word.value.clone(), span: word.span }).collect();
            found.extend(Request::of(words, Through::Arguments(index)));
        }
    }
    found
}

/// Whether a command leaves whoever runs it in front of the client's prompt.
pub(crate) fn opens_client(opener: &str) -> bool {
    if !opener.contains("-cli") {
        return false;
    }
    let script = bash::parse(opener);
    script.invocations.last().is_some_and(|last| is_client(last.program()) && Options::of(last).reads_requests())
}

/// The requests that the invocation at `index` reads from its input.
fn fed(script: &Script, index: usize) -> Vec<Request> {
    let Some(invocation) = script.invocations.get(index) else { return Vec::new() };
    let mut feeders: Vec<&Invocation> = vec![invocation];
    feeders.extend(script.wrappers(index));
    for redirect in feeders.iter().flat_map(|feeder| &feeder.redirects) {
        if let Some(requests) = redirected(redirect, index) {
            return requests;
        }
    }
    let before = script.pipeline(invocation.pipeline).filter(|other| other.stage + 1 == invocation.stage);
    before.flat_map(|feeder| printed(feeder, index)).collect()
}

fn redirected(redirect: &Redirect, index: usize) -> Option<Vec<Request>> {
    let word = &redirect.target;
    match (redirect.kind, &redirect.body) {
        (RedirectKind::HereDocument, Some(body)) => {
            Some(typed(&body.text, body.start, word.span, false, Through::Input(index)))
        }
        (RedirectKind::HereString, _) => {
            Some(typed(&word.value, word.content, word.span, false, Through::Input(index)))
        }
        _ => None,
    }
}

/// The requests among what `echo`, `printf` or `cat <<EOF` print.
fn printed(feeder: &Invocation, index: usize) -> Vec<Request> {
    let arguments: Vec<&Word> = feeder.arguments().iter().filter(|word| !word.value.starts_with('-')).collect();
    let through = Through::Input(index);
    match (feeder.program(), arguments.as_slice()) {
        ("echo" | "printf", [word]) => typed(&word.value, word.content, word.span, true, through),
        ("echo", words) => {
            let words = words.iter().map(|word| Argument { value: word.value.clone(), span: word.span }).collect();
            Request::of(words, through).into_iter().collect()
        }
        ("cat", _) => feeder.redirects.iter().find_map(|redirect| redirected(redirect, index)).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Requests as the client reads them from lines; without `start`, all of them are reported at `whole`.
fn typed(text: &str, start: Option<usize>, whole: Span, escapes: bool, through: Through) -> Vec<Request> {
    let mut found = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let pieces: Vec<&str> = if escapes { line.split("\\n").collect() } else { vec![line] };
        let mut at = offset;
        for piece in pieces {
            let mut words = split(piece);
            for word in &mut words {
                word.span =
                    start.map_or(whole, |start| Span::new(start + at + word.span.start, start + at + word.span.end));
            }
            found.extend(Request::of(words, through));
            at += piece.len() + 2;
        }
        offset += line.len();
    }
    found
}

/// The words of one line, by the client's rules of quoting; a word that begins with `#` ends it.
fn split(line: &str) -> Vec<Argument> {
    let mut words = Vec::new();
    let mut letters = line.char_indices().peekable();
    while let Some((start, first)) = letters.peek().copied() {
        if first.is_whitespace() {
            letters.next();
            continue;
        }
        if first == '#' {
            break;
        }
        let mut value = String::new();
        let mut quote = None;
        let mut end = start;
        while let Some((at, letter)) = letters.peek().copied() {
            if quote.is_none() && letter.is_whitespace() {
                break;
            }
            letters.next();
            end = at + letter.len_utf8();
            match (quote, letter) {
                (None, '"' | '\'') => quote = Some(letter),
                (Some(open), _) if open == letter => quote = None,
                (Some('"'), '\\') => {
                    if let Some((at, escaped)) = letters.next() {
                        value.push(escaped);
                        end = at + escaped.len_utf8();
                    }
                }
                _ => value.push(letter),
            }
        }
        words.push(Argument { value, span: Span::new(start, end) });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &str) -> Vec<String> {
        let shown = |request: &Request| {
            let mut words = vec![request.name.clone()];
            words.extend(request.arguments.iter().map(|argument| argument.value.clone()));
            format!("{} @{}", words.join(" "), request.span.slice(text))
        };
        requests("bash", text, None, &bash::parse(text)).iter().map(shown).collect()
    }

    #[test]
    fn arguments_behind_options_and_wrappers_are_a_request() {
        assert_eq!(sent("redis-cli -h cache -p 6380 --tls get 'a b'"), ["GET a b @get 'a b'"]);
        assert_eq!(sent("kubectl exec -it redis-0 -- redis-cli -n 2 DEL k"), ["DEL k @DEL k"]);
        assert_eq!(sent("redis-cli --scan --pattern 'a:*' | xargs -r redis-cli UNLINK"), ["UNLINK @UNLINK"]);
        assert_eq!(sent("redis-cli set n -5"), ["SET n -5 @set n -5"]);
        assert!(sent("redis-cli --bigkeys; redis-cli; redis-cli --eval purge.lua a , b").is_empty());
    }

    #[test]
    fn input_is_read_line_by_line() {
        assert_eq!(sent("echo flushall | redis-cli -h cache"), ["FLUSHALL @flushall"]);
        assert_eq!(sent("printf 'DEL a\\nDEL b\\n' | redis-cli"), ["DEL a @DEL a", "DEL b @DEL b"]);
        assert_eq!(
            sent("echo CONFIG SET maxmemory 1gb | redis-cli"),
            ["CONFIG SET maxmemory 1gb @CONFIG SET maxmemory 1gb"]
        );
        assert_eq!(sent("redis-cli <<< 'KEYS *'"), ["KEYS * @KEYS *"]);
        let document = "docker exec -i redis redis-cli <<EOF\nSELECT 1\n  set \"a b\" '*'  # why\nEOF";
        assert_eq!(sent(document), ["SELECT 1 @SELECT 1", "SET a b * @set \"a b\" '*'"]);
        assert_eq!(sent("cat <<'EOF' | redis-cli\nPING\nEOF"), ["PING @PING"]);
    }

    #[test]
    fn lines_of_a_session_are_requests() {
        let script = bash::parse("INFO stats | grep hits");
        let session = Some("kubectl exec -it redis-0 -- redis-cli");
        let found = requests("bash", "INFO stats | grep hits", session, &script);
        assert_eq!(found[0].name, "INFO");
        assert_eq!(found[0].arguments.len(), 4);
        assert!(requests("bash", "ls", Some("ssh cache"), &bash::parse("ls")).is_empty());
    }

    #[test]
    fn a_quote_that_is_never_closed_ends_with_the_line() {
        assert_eq!(split("set 'é").len(), 2);
        assert_eq!(
            split("set \"é\\"),
            [
                Argument { value: "set".to_owned(), span: Span::new(0, 3) },
                Argument { value: "é".to_owned(), span: Span::new(4, 8) },
            ]
        );
    }
}
