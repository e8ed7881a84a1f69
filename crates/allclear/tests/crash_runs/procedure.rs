//! The procedure that is performed: a row for each step, with its executor and how its effect is seen from outside.

use std::fmt::Write as _;

/// What a step works through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Executor {
    Files,
    Redis,
    Sql,
    Yaml,
    Http,
    ByHand,
}

impl Executor {
    pub(crate) const ALL: [Self; 6] = [Self::Files, Self::Redis, Self::Sql, Self::Yaml, Self::Http, Self::ByHand];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Files => "bash, files",
            Self::Redis => "bash, redis-cli",
            Self::Sql => "SQL",
            Self::Yaml => "YAML, kubectl",
            Self::Http => "HTTP",
            Self::ByHand => "by hand",
        }
    }
}

/// How often a step took effect, as it is counted outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Witness {
    /// It only observes: it may be repeated.
    None,
    /// Lines of that text in a file that is only appended to.
    Line(&'static str),
    /// Marks in the file of settings, of which each edit leaves one.
    Mark,
    /// A counter of Redis.
    Counter(&'static str),
    /// What Redis says how often it performed that command.
    Calls(&'static str),
    /// Rows that triggers wrote in the transaction that did it.
    Audit(&'static str),
    /// Changes of the object that the API server wrote down.
    Applied,
    /// Requests that the web server received.
    Request(&'static str),
}

/// One step.
pub(crate) struct Row {
    pub(crate) executor: Executor,
    pub(crate) title: &'static str,
    language: &'static str,
    /// `{DIR}` and `{REDIS}` are filled in.
    command: &'static str,
    pub(crate) witness: Witness,
    /// Whether a command puts it back.
    pub(crate) undoable: bool,
    /// What tells on the way to a server that it is about to act: captures, effects, and the end of a transaction.
    pub(crate) needles: &'static [&'static str],
}

const fn row(
    executor: Executor,
    title: &'static str,
    language: &'static str,
    command: &'static str,
    witness: Witness,
    undoable: bool,
    needles: &'static [&'static str],
) -> Row {
    Row { executor, title, language, command, witness, undoable, needles }
}

/// What the API server is asked when the manifest is applied in earnest.
const APPLIES: &str = "settings?fieldManager=allclear";

/// The steps; a step's number is its place, from 1.
pub(crate) const ROWS: [Row; 13] = [
    row(Executor::Files, "Look", "bash", "cat {DIR}/notice", Witness::None, false, &[]),
    row(Executor::Files, "Edit", "bash", "sed -i 's/^mode=/mode=x/' {DIR}/app.conf", Witness::Mark, true, &[]),
    row(
        Executor::Files,
        "Write down",
        "bash",
        "printf 'w03\\n' >> {DIR}/written.txt",
        Witness::Line("w03"),
        false,
        &[],
    ),
    row(
        Executor::Redis,
        "Count",
        "bash",
        "redis-cli -p {REDIS} INCR visits",
        Witness::Counter("visits"),
        false,
        &["INCR"],
    ),
    row(
        Executor::Redis,
        "Evict",
        "bash",
        "redis-cli -p {REDIS} CONFIG SET maxmemory-policy allkeys-lru",
        Witness::Calls("config|set"),
        true,
        &["GET", "SET"],
    ),
    row(
        Executor::Redis,
        "Drop the cart",
        "bash",
        "redis-cli -p {REDIS} DEL cart",
        Witness::Calls("del"),
        false,
        &["DEL"],
    ),
    row(
        Executor::Sql,
        "Look at the account",
        "sql",
        "SELECT balance FROM account WHERE id = 1;",
        Witness::None,
        false,
        &["SELECT balance"],
    ),
    row(
        Executor::Sql,
        "Book",
        "sql",
        "UPDATE account SET balance = balance - 10 WHERE id = 1;",
        Witness::Audit("UPDATE"),
        false,
        &["UPDATE account", "COMMIT"],
    ),
    row(
        Executor::Sql,
        "Index",
        "sql",
        "CREATE INDEX account_balance ON account (balance);",
        Witness::Audit("CREATE INDEX"),
        true,
        &["CREATE INDEX", "COMMIT", "to_regclass"],
    ),
    row(
        Executor::Sql,
        "Empty the basket",
        "sql",
        "DELETE FROM basket WHERE id < 100;",
        Witness::Audit("DELETE"),
        false,
        &["DELETE FROM", "COMMIT"],
    ),
    row(
        Executor::Yaml,
        "Announce",
        "yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  notice: \"on\"",
        Witness::Applied,
        true,
        &["configmaps/settings HTTP", "settings?dryRun=All", APPLIES, APPLIES],
    ),
    row(
        Executor::Http,
        "Order",
        "http",
        "POST /orders\nContent-Type: application/json\n\n{\"id\": 12}",
        Witness::Request("POST /orders"),
        false,
        &["POST /orders"],
    ),
    row(Executor::ByHand, "Tell the users", "", "", Witness::None, false, &[]),
];

pub(crate) const PROCEDURE: &str = "everything";

/// The row of a step.
pub(crate) fn row_of(step: u32) -> Option<&'static Row> {
    ROWS.get(usize::try_from(step).ok()?.checked_sub(1)?)
}

/// The runbook, filled in. Where the manifest is not applied, its step is done by hand.
pub(crate) fn runbook(directory: &str, redis: u16, applies: bool) -> String {
    let mut text = "# Estate\n\n## Everything\n\n**When**: always\n\n**Steps:**\n".to_owned();
    for (row, number) in ROWS.iter().zip(1..) {
        let command = row.command.replace("{DIR}", directory).replace("{REDIS}", &redis.to_string());
        let _ = match row.executor {
            Executor::ByHand => write!(text, "\n{number}. **{}:** on the status page.\n", row.title),
            Executor::Yaml if !applies => write!(text, "\n{number}. **{}:** on the wall.\n", row.title),
            _ => write!(text, "\n{number}. **{}:**\n```{}\n{command}\n```\n", row.title, row.language),
        };
    }
    text
}
