//! `psql` in a shell: the statements that it is given, and how to give it others in the same place.
//!
//! Statements go to psql on its standard input: what was captured may be a secret, and arguments are seen by everybody on
//! the machine. So nothing is offered where the input would not arrive.

use super::catalogue::{Language, quoted};
use super::elsewhere;
use super::input::{self, Input};
use super::shell::{Reading, texts};
use super::statement::{self, StatementMeasures};
use crate::syntax::bash::{Invocation, Wrapper};

/// A call of `psql` whose statements are known.
pub(super) struct Client {
    /// What goes with each of its statements that changes something.
    pub(super) statements: Vec<StatementMeasures>,
    /// The same call for statements on its standard input, as quiet as can be.
    pub(super) command: String,
    /// The same call for queries that show what the statements would touch.
    pub(super) preview: Option<String>,
}

/// A look neither changes anything nor waits long: `psql` in a shell is told so, as the driver for SQL tells the server.
/// All of it is one transaction: a pooler would hand a session that stays read-only to the next who asks.
const LOOKS: [&str; 3] =
    ["SET TRANSACTION READ ONLY", "SET LOCAL lock_timeout = 2000", "SET LOCAL statement_timeout = 8000"];

impl Client {
    /// The call at this place of the script, if it is one.
    pub(super) fn of(reading: &Reading<'_>, index: usize) -> Option<Self> {
        let invocation = &reading.script.invocations[index];
        // A password or a host in front of the command is not repeated here.
        if !matches!(invocation.program(), "psql") || !invocation.assignments.is_empty() {
            return None;
        }
        let call = reading.catalogue.call(invocation);
        let decision = reading.catalogue.decide(&call)?;
        let mut given = Vec::new();
        for code in decision.program.code.iter().filter(|code| code.language == Language::Sql) {
            given.extend(texts(code, &call).map(|word| word.filter(|word| !word.expands).map(|word| word.value)));
        }
        if given.is_empty() {
            given.push(match input::of(reading.script, index) {
                Input::Shown(text) => Some(text),
                Input::Terminal | Input::Hidden => None,
            });
        }
        let given = given.into_iter().collect::<Option<Vec<String>>>()?.join(";\n");
        let mut words = Vec::new();
        let scope = call.flags.iter().filter(|flag| decision.program.scope.contains(&flag.name));
        for flag in scope {
            let value = flag.value_word?;
            let value = crate::syntax::bash::Word { value: flag.value?.to_owned(), ..value.clone() };
            words.push(format!("{} {}", flag.name, quoted(&value)));
        }
        words.extend(call.operands.iter().map(|word| quoted(word)));
        let reached = reading.script.wrappers(index).all(takes_input);
        let quiet = ["psql -X -q -At -v ON_ERROR_STOP=1".to_owned()];
        let command = [&quiet[..], &words].concat().join(" ");
        let command = elsewhere::command(reading.script, invocation, command, None).filter(|_| reached)?;
        let statements = statement::measures(&given);
        let queries: Vec<&str> = statements.iter().flat_map(|it| &it.previews).map(String::as_str).collect();
        let asked = LOOKS.iter().chain(&queries).map(|query| format!("-c '{}'", query.replace('\'', "'\\''")));
        let preview =
            ["psql -X -q -1 -P pager=off -v ON_ERROR_STOP=1".to_owned()].into_iter().chain(words).chain(asked);
        let preview = preview.collect::<Vec<_>>().join(" ");
        let preview =
            (!queries.is_empty()).then(|| elsewhere::command(reading.script, invocation, preview, None)).flatten();
        Some(Self { statements, command, preview })
    }
}

/// Whether what is written to the wrapper arrives at what it starts.
fn takes_input(wrapper: &Invocation) -> bool {
    let interactive =
        |word: &str| word == "--stdin" || word.starts_with('-') && !word.starts_with("--") && word.contains('i');
    match wrapper.wraps {
        Some(Wrapper::Container) => {
            let own = wrapper.words.iter().take_while(|word| word.value != "--");
            own.into_iter().any(|word| interactive(&word.value))
        }
        Some(Wrapper::Repeated) => false,
        _ => true,
    }
}

/// The shell command that gives the statements to `psql`. A line that takes what was captured is in double quotes.
pub(super) fn fed(statements: &str, captured: &str, command: &str) -> String {
    let word = |line: &str| match line.contains(":CAPTURED") {
        true => format!("\"{}\"", line.replace(":CAPTURED", &format!("${captured}"))),
        false => format!("'{}'", line.replace('\'', "'\\''")),
    };
    let words: Vec<String> = statements.lines().map(word).collect();
    format!("printf '%s\\n' {} | {command}", words.join(" "))
}
