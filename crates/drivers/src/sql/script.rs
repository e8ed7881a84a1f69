//! The commands of a step to what is sent: statements, and the transactions around them.
//!
//! Statements that follow each other in a step share one transaction, so that a step that fails has done nothing and can
//! be repeated. Alone are those that PostgreSQL refuses in a transaction. A step that says `BEGIN` or `COMMIT` itself is
//! left as it is.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::slice;

use allclear_core::{
    EffectClass, PlannedCommand, SqlBlanks, SqlKind, SqlMeta, SqlQuoting, SqlTransaction, SqlVariable, sql_meta,
    sql_pieces, sql_quoted, sql_statements, sql_transaction, sql_variables, sql_with_values,
};

/// One statement, or something to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// Place of its command among those that are performed together.
    pub(super) command: usize,
    /// Its line in the runbook.
    pub(super) line: u32,
    pub(super) text: String,
    /// Whether it must not change anything.
    pub(super) observes: bool,
    pub(super) transaction: SqlTransaction,
}

/// Something that is sent at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Batch {
    /// In one transaction, which only reads where all of them observe.
    Together(Vec<Statement>),
    /// Without a transaction of ours.
    Alone(Statement),
    /// Nothing for the server.
    Print(String),
}

/// A command with the values of its variables.
pub(super) struct Given<'a> {
    pub(super) command: &'a PlannedCommand,
    /// What was captured before the change that it undoes; it may be SQL itself.
    pub(super) captured: BTreeMap<&'a str, Cow<'a, str>>,
    pub(super) environment: &'a BTreeMap<String, String>,
}

/// What is sent for these commands, or why nothing is.
pub(super) fn batches<'a>(commands: impl IntoIterator<Item = Given<'a>>) -> Result<Vec<Batch>, String> {
    let mut pieces = Vec::new();
    for (index, given) in commands.into_iter().enumerate() {
        pieces.extend(of_command(index, &given)?);
    }
    let own = |piece: &Piece| matches!(piece, Piece::Statement(it) if matches!(it.transaction, SqlTransaction::Begins | SqlTransaction::Ends));
    let has_own = pieces.iter().any(own);
    let only_observes = pieces.iter().all(|piece| matches!(piece, Piece::Print(_)) || piece.observes());
    let mut batches = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Print(text) => batches.push(Batch::Print(text)),
            // A transaction of its own is one that only reads or one that changes something, from its `BEGIN` on.
            Piece::Statement(it) if has_own => {
                let observes = it.observes && only_observes;
                batches.push(Batch::Alone(Statement { observes, ..it }));
            }
            Piece::Statement(it) if it.transaction == SqlTransaction::Alone => batches.push(Batch::Alone(it)),
            Piece::Statement(it) => match batches.last_mut() {
                Some(Batch::Together(statements)) => statements.push(it),
                _ => batches.push(Batch::Together(vec![it])),
            },
        }
    }
    Ok(batches)
}

/// The commands before which everything is settled: what came before them is in no transaction that is still open.
pub(super) fn boundaries(batches: &[Batch]) -> Vec<usize> {
    let (mut found, mut latest, mut is_open) = (Vec::new(), None, false);
    for batch in batches {
        let statements = match batch {
            Batch::Together(statements) => statements.as_slice(),
            Batch::Alone(statement) => slice::from_ref(statement),
            Batch::Print(_) => &[],
        };
        for (place, Statement { command, transaction, .. }) in statements.iter().enumerate() {
            if latest.replace(*command) != Some(*command) && place == 0 && !is_open {
                found.push(*command);
            }
            match transaction {
                SqlTransaction::Begins => is_open = true,
                SqlTransaction::Ends => is_open = false,
                SqlTransaction::Within | SqlTransaction::Alone => {}
            }
        }
    }
    found
}

impl Given<'_> {
    /// What takes the place of a variable.
    fn value(&self, variable: &SqlVariable) -> Option<String> {
        if let Some(value) = self.captured.get(variable.name.as_str()) {
            return Some(sql_quoted(value, variable.quoting));
        }
        let value = self.environment.get(&variable.name)?;
        Some(match variable.quoting {
            // What the environment holds is a value, never SQL.
            SqlQuoting::Bare => sql_quoted(value, SqlQuoting::Literal),
            quoting => sql_quoted(value, quoting),
        })
    }
}

enum Piece {
    Statement(Statement),
    Print(String),
}

impl Piece {
    const fn observes(&self) -> bool {
        matches!(self, Self::Statement(Statement { observes: true, .. }))
    }
}

fn of_command(index: usize, given: &Given<'_>) -> Result<Vec<Piece>, String> {
    let command = given.command;
    let text = sql_with_values(&command.rendered, |variable| given.value(variable));
    // What a value holds is not looked at again.
    let named = sql_variables(&command.rendered, SqlBlanks::Taken);
    if let Some(variable) = named.iter().find(|variable| given.value(variable).is_none()) {
        return Err(format!("needs the variable `{}`, which has no value", variable.name));
    }
    let statements = sql_statements(&text, SqlBlanks::Taken).into_iter();
    statements
        .map(|(start, end)| of_statement(index, command, &text[..end], start))
        .filter_map(Result::transpose)
        .collect()
}

/// What the text from `start` on is to the server.
fn of_statement(index: usize, command: &PlannedCommand, text: &str, start: usize) -> Result<Option<Piece>, String> {
    let line = command.line + u32::try_from(text[..start].matches('\n').count()).unwrap_or_default();
    let mut statement = text[start..].to_owned();
    let metas = sql_pieces(&statement, SqlBlanks::Taken).into_iter().filter(|piece| piece.kind == SqlKind::Meta);
    for piece in metas.collect::<Vec<_>>().into_iter().rev() {
        match sql_meta(piece.slice(&statement)) {
            SqlMeta::Ignored if piece.start == 0 => return Ok(None),
            SqlMeta::Prints(words) if piece.start == 0 => return Ok(Some(Piece::Print(words.to_owned()))),
            SqlMeta::Sends | SqlMeta::Ignored => statement.replace_range(piece.start..piece.end, ";"),
            SqlMeta::Prints(_) | SqlMeta::Foreign(_) => {
                let name = piece.slice(&statement).trim().to_owned();
                return Err(format!("holds `{name}`, a command of psql itself, and no psql is at work here"));
            }
        }
    }
    let transaction = sql_transaction(&statement);
    if copies_from_input(&statement) {
        return Err("reads rows from its input, and a step has none: load them with psql in bash".to_owned());
    }
    let observes = command.effect == EffectClass::Observe;
    Ok(Some(Piece::Statement(Statement { command: index, line, text: statement, observes, transaction })))
}

/// The first words of a statement in capitals, at most this many.
fn words(statement: &str, most: usize) -> Vec<String> {
    let pieces = sql_pieces(statement, SqlBlanks::Taken).into_iter().filter(|piece| piece.kind == SqlKind::Word);
    pieces.take(most).map(|piece| piece.slice(statement).to_ascii_uppercase()).collect()
}

fn copies_from_input(statement: &str) -> bool {
    let words = words(statement, usize::MAX);
    words.first().is_some_and(|word| word == "COPY")
        && words.windows(2).any(|pair| pair[0] == "FROM" && pair[1] == "STDIN")
}

impl Statement {
    /// What PostgreSQL would call what was done, as far as the text tells: `CREATE INDEX`, `UPDATE 3`.
    pub(super) fn tag(&self, rows: u64) -> String {
        const MODIFIERS: [&str; 7] = ["UNIQUE", "OR", "REPLACE", "TEMP", "TEMPORARY", "UNLOGGED", "MATERIALIZED"];
        let words = words(&self.text, 5);
        let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !MODIFIERS.contains(word)).collect();
        match words.as_slice() {
            ["INSERT" | "UPDATE" | "DELETE" | "MERGE" | "COPY" | "MOVE" | "FETCH", ..] => {
                format!("{} {rows}", words[0])
            }
            ["WITH" | "SELECT" | "VALUES" | "TABLE", ..] => format!("{rows} rows"),
            ["CREATE" | "DROP" | "ALTER" | "REFRESH" | "START", _, ..] => words[..2].join(" "),
            [first, ..] => (*first).to_owned(),
            [] => "nothing".to_owned(),
        }
    }

    /// Whether it may have committed a part of what it does.
    pub(super) fn commits(&self) -> bool {
        let first = words(&self.text, 1);
        self.transaction == SqlTransaction::Alone && first.iter().any(|word| word == "CALL" || word == "DO")
    }

    /// Whether a failure may leave something behind that is of no use.
    pub(super) fn leaves_ruins(&self) -> bool {
        words(&self.text, usize::MAX).iter().any(|word| word == "CONCURRENTLY")
    }

    /// Whether rows come as a stream of their own.
    pub(super) fn copies_out(&self) -> bool {
        let words = words(&self.text, usize::MAX);
        words.first().is_some_and(|word| word == "COPY")
            && words.windows(2).any(|pair| pair[0] == "TO" && pair[1] == "STDOUT")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(text: &str, effect: EffectClass) -> PlannedCommand {
        PlannedCommand::new(10, "sql", text.to_owned(), effect, "sandbox")
    }

    fn given<'a>(command: &'a PlannedCommand, environment: &'a BTreeMap<String, String>) -> Given<'a> {
        Given { command, captured: BTreeMap::new(), environment }
    }

    fn shape(texts: &[&str]) -> Vec<String> {
        let commands: Vec<PlannedCommand> = texts.iter().map(|text| planned(text, EffectClass::Change)).collect();
        let none = BTreeMap::new();
        let batches = batches(commands.iter().map(|it| given(it, &none))).unwrap_or_else(|error| panic!("{error}"));
        let shown = |batch: &Batch| match batch {
            Batch::Together(statements) => statements.iter().map(|it| it.text.as_str()).collect::<Vec<_>>().join(" + "),
            Batch::Alone(statement) => format!("alone {}", statement.text),
            Batch::Print(text) => format!("print {text}"),
        };
        batches.iter().map(shown).collect()
    }

    #[test]
    fn statements_share_a_transaction_unless_they_cannot() {
        assert_eq!(
            shape(&["SET a = 1;", "UPDATE t SET a = 1;", "VACUUM t;", "\\x", "SELECT 1 \\gx"]),
            ["SET a = 1; + UPDATE t SET a = 1;", "alone VACUUM t;", "SELECT 1 ;"]
        );
        assert_eq!(
            shape(&["BEGIN; DELETE FROM t;", "COMMIT;"]),
            ["alone BEGIN;", "alone DELETE FROM t;", "alone COMMIT;"]
        );
    }

    #[test]
    fn everything_is_settled_where_no_transaction_goes_on() {
        for (texts, settled) in [
            (["UPDATE t SET a = 1;", "UPDATE t SET a = 2;", "SELECT 1;"], [0].as_slice()),
            (["UPDATE t SET a = 1; VACUUM t;", "UPDATE t SET a = 2;", "SELECT 1;"], &[0, 1]),
            (["UPDATE t SET a = 1;", "VACUUM t;", "\\echo done"], &[0, 1]),
            (["BEGIN; DELETE FROM t;", "COMMIT;", "UPDATE t SET a = 2;"], &[0, 2]),
        ] {
            let commands: Vec<PlannedCommand> = texts.iter().map(|text| planned(text, EffectClass::Change)).collect();
            let none = BTreeMap::new();
            let batches = batches(commands.iter().map(|it| given(it, &none))).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(boundaries(&batches), settled, "{texts:?}");
        }
    }

    #[test]
    fn values_are_quoted_as_the_notation_says() {
        let text = "ALTER ROLE :\"ROLE\" SET work_mem = :'VALUE';\n:WHOLE;\nSELECT :NUMBER, ':VALUE';";
        let command = planned(text, EffectClass::Change);
        let captured = [("ROLE", "a\"b"), ("VALUE", "o'b"), ("WHOLE", "SELECT 1; SELECT ':VALUE'")];
        let captured = captured.map(|(name, value)| (name, Cow::from(value))).into();
        let environment = [("NUMBER".to_owned(), "5; DROP TABLE t".to_owned())].into();
        let batches =
            batches([Given { captured, ..given(&command, &environment) }]).unwrap_or_else(|error| panic!("{error}"));
        let [Batch::Together(statements)] = batches.as_slice() else { panic!("{batches:?}") };
        let texts: Vec<&str> = statements.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "ALTER ROLE \"a\"\"b\" SET work_mem = 'o''b';",
                "SELECT 1;",
                "SELECT ':VALUE';",
                "SELECT '5; DROP TABLE t', ':VALUE';"
            ]
        );
        assert_eq!(statements[1].line, 11);
    }

    #[test]
    fn what_only_psql_can_do_and_what_has_no_value_is_refused_before_anything_is_sent() {
        for (text, said) in [
            ("\\d t", "`\\d t`, a command of psql"),
            ("SELECT :id", "`id`, which has no value"),
            ("COPY t FROM STDIN;", "reads rows from its input"),
        ] {
            let command = planned(text, EffectClass::Observe);
            let error = batches([given(&command, &BTreeMap::new())]).expect_err(text);
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_statement_is_told_by_what_it_did() {
        for (text, tag) in [
            ("create unique index concurrently i on t (a)", "CREATE INDEX"),
            ("UPDATE t SET a = 1", "UPDATE 3"),
            ("ALTER SYSTEM SET a = 1", "ALTER SYSTEM"),
            ("CREATE OR REPLACE VIEW v AS SELECT 1", "CREATE VIEW"),
        ] {
            let statement = Statement {
                command: 0,
                line: 1,
                text: text.to_owned(),
                observes: false,
                transaction: SqlTransaction::Within,
            };
            let said = statement.tag(3);
            assert_eq!(said.split_whitespace().collect::<Vec<_>>().join(" "), tag);
        }
    }
}
