//! Where a statement ends, and how it stands to transactions.
//!
//! Statements end at `;` outside quotes, parentheses, comments and the bodies of functions, and at a meta-command; a
//! meta-command is one of its own.

use super::scan::{SqlBlanks, SqlKind as Kind, SqlPiece, sql_pieces};

/// How a statement stands to transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlTransaction {
    /// It may be performed together with others in one transaction.
    Within,
    /// It begins a transaction of its own.
    Begins,
    /// It ends one.
    Ends,
    /// PostgreSQL refuses it in a transaction, or it ends transactions itself.
    Alone,
}

/// Start and end of each statement of a text, without leading comments and without blanks around them.
pub fn sql_statements(text: &str, blanks: SqlBlanks) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut nesting = Nesting::default();
    for piece in sql_pieces(text, blanks) {
        let slice = piece.slice(text);
        let end = piece.start + slice.trim_end().len();
        match (piece.kind, slice) {
            (Kind::Blank | Kind::Comment, _) => continue,
            (Kind::Meta, _) if slice.starts_with("\\;") => {}
            (Kind::Meta, _) if !sends(slice) => {
                found.extend(open.take());
                found.push((piece.start, end));
                nesting = Nesting::default();
                continue;
            }
            (Kind::Symbol, ";") if open.is_none() => continue,
            _ => nesting.take(piece.kind, slice),
        }
        let (start, last) = open.unwrap_or((piece.start, end));
        open = Some((start.min(piece.start), last.max(end)));
        if piece.kind == Kind::Meta || (slice == ";" && piece.kind == Kind::Symbol && nesting.is_closed()) {
            found.extend(open.take());
            nesting = Nesting::default();
        }
    }
    found.extend(open);
    found
}

/// Whether a meta-command sends what was typed before it.
fn sends(meta: &str) -> bool {
    meta.starts_with("\\g") || meta.starts_with("\\watch") || meta.starts_with("\\crosstabview")
}

/// What is open within a statement.
#[derive(Default)]
struct Nesting {
    parentheses: usize,
    beginning: Beginning,
    /// `BEGIN … END` and `CASE … END` within the body of a routine.
    blocks: usize,
}

/// What the first words have told: only what creates a routine has a body.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Beginning {
    #[default]
    Nothing,
    /// `CREATE`, or `CREATE OR REPLACE`.
    Create,
    Routine,
    Other,
}

impl Nesting {
    fn take(&mut self, kind: Kind, slice: &str) {
        match (kind, slice) {
            (Kind::Symbol, "(") => self.parentheses += 1,
            (Kind::Symbol, ")") => self.parentheses = self.parentheses.saturating_sub(1),
            (Kind::Word, word) if self.beginning != Beginning::Other => self.word(word),
            _ => {}
        }
    }

    fn word(&mut self, word: &str) {
        let is = |words: &[&str]| words.iter().any(|it| word.eq_ignore_ascii_case(it));
        match self.beginning {
            Beginning::Nothing if is(&["CREATE"]) => self.beginning = Beginning::Create,
            Beginning::Create if is(&["OR", "REPLACE"]) => {}
            Beginning::Create if is(&["FUNCTION", "PROCEDURE"]) => self.beginning = Beginning::Routine,
            Beginning::Routine if is(&["BEGIN"]) || self.blocks > 0 && is(&["CASE"]) => self.blocks += 1,
            Beginning::Routine if is(&["END"]) => self.blocks = self.blocks.saturating_sub(1),
            Beginning::Routine => {}
            Beginning::Nothing | Beginning::Create | Beginning::Other => self.beginning = Beginning::Other,
        }
    }

    const fn is_closed(&self) -> bool {
        self.parentheses == 0 && self.blocks == 0
    }
}

/// How a statement stands to transactions, told from its words.
pub fn sql_transaction(statement: &str) -> SqlTransaction {
    let pieces = sql_pieces(statement, SqlBlanks::Taken);
    let word = |piece: &SqlPiece| piece.slice(statement).to_ascii_uppercase();
    let words: Vec<String> = pieces.iter().filter(|piece| piece.kind == Kind::Word).map(word).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let has = |word: &str| words.contains(&word);
    match words.as_slice() {
        ["BEGIN", ..] | ["START", "TRANSACTION", ..] => SqlTransaction::Begins,
        ["COMMIT" | "ROLLBACK", "PREPARED", ..] => SqlTransaction::Alone,
        ["ROLLBACK", ..] if has("TO") => SqlTransaction::Within,
        ["COMMIT" | "END" | "ROLLBACK" | "ABORT", ..] | ["PREPARE", "TRANSACTION", ..] => SqlTransaction::Ends,
        ["VACUUM" | "CLUSTER" | "REINDEX" | "CALL", ..]
        | ["ALTER", "SYSTEM", ..]
        | ["CREATE" | "DROP", "DATABASE" | "TABLESPACE", ..]
        | ["CREATE" | "ALTER" | "DROP", "SUBSCRIPTION", ..]
        | ["DISCARD", "ALL", ..] => SqlTransaction::Alone,
        ["ALTER", "DATABASE", ..] if has("TABLESPACE") => SqlTransaction::Alone,
        ["ALTER", "TYPE", ..] if has("ADD") && has("VALUE") => SqlTransaction::Alone,
        ["CREATE", "INDEX" | "UNIQUE", ..] | ["DROP", "INDEX", ..] if has("CONCURRENTLY") => SqlTransaction::Alone,
        ["ALTER", "TABLE", ..] if has("DETACH") && has("CONCURRENTLY") => SqlTransaction::Alone,
        // A block may commit by itself only where nobody began a transaction for it.
        ["DO", ..] if mentions(statement, "COMMIT") || mentions(statement, "ROLLBACK") => SqlTransaction::Alone,
        _ => SqlTransaction::Within,
    }
}

fn mentions(text: &str, word: &str) -> bool {
    text.to_ascii_uppercase().contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        sql_statements(text, SqlBlanks::Taken).into_iter().map(|(start, end)| &text[start..end]).collect()
    }

    #[test]
    fn statements_end_at_semicolons_outside_quotes() {
        assert_eq!(split("-- a;\nSELECT ';' , $$;$$;\n\nUPDATE x"), ["SELECT ';' , $$;$$;", "UPDATE x"]);
        assert_eq!(split(";;\n;"), Vec::<&str>::new());
    }

    #[test]
    fn a_meta_command_of_psql_is_a_command_of_its_own() {
        assert_eq!(
            split("\\c shop\nSELECT 1 \\gx\n\\dt\nSELECT 2;"),
            ["\\c shop", "SELECT 1 \\gx", "\\dt", "SELECT 2;"]
        );
    }

    #[test]
    fn a_semicolon_in_parentheses_or_in_the_body_of_a_function_ends_nothing() {
        assert_eq!(
            split("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3"),
            ["CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);", "SELECT 3"]
        );
        let function =
            "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;";
        assert_eq!(split(&format!("{function} SELECT 3")), [function, "SELECT 3"]);
        assert_eq!(split("BEGIN; SELECT 1; END;"), ["BEGIN;", "SELECT 1;", "END;"]);
    }

    #[test]
    fn unclosed_quotes_and_comments_end_with_the_text() {
        assert_eq!(split("SELECT 'x"), ["SELECT 'x"]);
        assert_eq!(split("SELECT '"), ["SELECT '"]);
        assert_eq!(split("SELECT 1 /* x"), ["SELECT 1"]);
    }

    #[test]
    fn what_no_transaction_may_hold_is_told_from_the_rest() {
        let stands = |class: SqlTransaction, texts: &[&str]| {
            for text in texts {
                assert_eq!(sql_transaction(text), class, "{text}");
            }
        };
        stands(
            SqlTransaction::Alone,
            &[
                "VACUUM (ANALYZE) t",
                "/* why */ ALTER SYSTEM SET work_mem = '8MB'",
                "create unique index concurrently i on t (a)",
                "DROP INDEX CONCURRENTLY i",
                "REINDEX TABLE CONCURRENTLY t",
                "CREATE DATABASE a",
                "ALTER DATABASE a SET TABLESPACE fast",
                "CALL tidy()",
                "DO $$ BEGIN COMMIT; END $$",
            ],
        );
        stands(
            SqlTransaction::Within,
            &[
                "ALTER DATABASE a SET work_mem = '8MB'",
                "ALTER DATABASE a RENAME TO b",
                "CREATE INDEX i ON t (a)",
                "SELECT 'VACUUM'",
                "ROLLBACK TO SAVEPOINT s",
                "DO $$ BEGIN PERFORM 1; END $$",
            ],
        );
        stands(SqlTransaction::Begins, &["BEGIN", "START TRANSACTION READ ONLY"]);
        stands(SqlTransaction::Ends, &["COMMIT", "END", "ROLLBACK", "ABORT"]);
    }
}
