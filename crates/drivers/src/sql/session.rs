//! Batches of statements through one connection, with what is known at the end of each.

use allclear_core::{SqlLimits, SqlTransaction};
use tokio_postgres::error::{DbError, ErrorPosition};

use super::answer::{Question, VALUE_BYTES_MAX};
use super::connection::{Connection, Ending, QUERY_CANCELED, described};
use super::{Batch, Statement};
use crate::perform::{Cancellation, OutputSink, Stage};
use crate::redact::Redactor;

/// SQLSTATE of a lock that was not to be had in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// A connection at work for a step.
pub(super) struct Session<'s, 'a> {
    pub(super) connection: Connection,
    pub(super) limits: SqlLimits,
    pub(super) redactor: &'s Redactor,
    pub(super) sink: &'s mut OutputSink<'a>,
    pub(super) cancelled: &'s mut Cancellation,
    pub(super) progress: Progress,
}

/// How much was done.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Progress {
    statements: u32,
    /// Changes that nothing takes back any more.
    committed: u32,
    /// Whether a transaction that the step began itself is open.
    open: bool,
}

impl Progress {
    /// `3 statements`
    pub(super) fn told(self) -> String {
        counted(self.statements)
    }
}

fn counted(statements: u32) -> String {
    if statements == 1 { "1 statement".to_owned() } else { format!("{statements} statements") }
}

/// Why a batch did not come to its end.
pub(super) struct Failed {
    /// Place of its command among those that were to be performed.
    pub(super) command: usize,
    pub(super) summary: String,
    /// Whether the connection is of no use any more.
    pub(super) lost: bool,
}

/// What the server said to one statement.
struct Refusal {
    why: String,
    lost: bool,
}

/// Sets what every session begins with, and tells the server's version.
pub(super) async fn prepare(
    connection: &mut Connection,
    limits: SqlLimits,
    stage: &mut Stage<'_>,
) -> Result<String, String> {
    // A server that hears nothing more from us gives up within seconds, where it can tell.
    let mut text = format!(
        "SET lock_timeout = {}; SELECT set_config(name, '5s', false) FROM pg_settings \
         WHERE name = 'client_connection_check_interval' AND version() LIKE '%linux%'; ",
        limits.lock_ms
    );
    if limits.change_ms > 0 {
        text.push_str(&format!("SET statement_timeout = {}; ", limits.change_ms));
    }
    text.push_str("SELECT current_setting('server_version')");
    match connection.ask(Question::Value(&text), &mut stage.sink, &mut stage.cancelled).await {
        Ending::Done(version) => Ok(version.split(' ').next().unwrap_or_default().to_owned()),
        Ending::Refused(said) => Err(described(&said)),
        Ending::Lost(why) => Err(why),
        Ending::Cancelled => Err("the run was cancelled".to_owned()),
    }
}

/// The only value that a query gives.
pub(super) async fn value(
    connection: &mut Connection,
    query: &str,
    limits: SqlLimits,
    stage: &mut Stage<'_>,
) -> Result<String, String> {
    let begin = begin(limits, true);
    let mut value = Err(String::new());
    for question in [Question::Quiet(&begin), Question::Value(query), Question::Quiet("ROLLBACK")] {
        let asked = matches!(question, Question::Value(_));
        let answer = match connection.ask(question, &mut stage.sink, &mut stage.cancelled).await {
            Ending::Done(value) => Ok(value),
            Ending::Refused(said) => Err(described(&said)),
            Ending::Lost(why) => return Err(format!("the connection was lost: {why}")),
            Ending::Cancelled => return Err("the run was cancelled".to_owned()),
        };
        if asked || answer.is_err() && value.is_ok() {
            value = answer;
        }
    }
    match value? {
        value if value.is_empty() => Err("there is nothing of that name to capture".to_owned()),
        value if value.len() > VALUE_BYTES_MAX => Err("what there is to capture is too long".to_owned()),
        value => Ok(value),
    }
}

/// What begins a transaction. A limit that the runbook has set for its session is left alone.
fn begin(limits: SqlLimits, observes: bool) -> String {
    if !observes {
        return "BEGIN".to_owned();
    }
    let SqlLimits { observe_ms, change_ms, .. } = limits;
    let limit = match observe_ms {
        0 => String::new(),
        ms => format!(
            "; SELECT set_config('statement_timeout', '{ms}', true) FROM pg_settings WHERE name = 'statement_timeout' \
             AND setting::bigint NOT BETWEEN 1 AND {ms} AND NOT (source = 'session' AND setting <> '{change_ms}')"
        ),
    };
    format!("BEGIN READ ONLY{limit}")
}

impl Session<'_, '_> {
    pub(super) async fn perform(&mut self, batches: &[Batch]) -> Result<(), Failed> {
        for batch in batches {
            match batch {
                Batch::Print(text) => self.say(text).await,
                Batch::Alone(statement) => self.alone(statement).await?,
                Batch::Together(statements) => self.together(statements).await?,
            }
        }
        if self.progress.open {
            let command = batches.iter().rev().find_map(last_command).unwrap_or_default();
            // Locks would be held until somebody looks at the next step.
            let rolled_back = self.quiet("ROLLBACK").await.is_ok();
            let summary = "failed: the step leaves its transaction open, so it was rolled back and nothing of it happened; \
                           write COMMIT in the same step";
            return Err(Failed { command, summary: summary.to_owned(), lost: !rolled_back });
        }
        Ok(())
    }

    /// One transaction. What observes beside a change does so in a part of it that only reads.
    async fn together(&mut self, statements: &[Statement]) -> Result<(), Failed> {
        let observes = statements.iter().all(|statement| statement.observes);
        let [first, ..] = statements else { return Ok(()) };
        if statements.len() == 1 && !observes {
            return self.alone(first).await;
        }
        if !observes {
            self.say(&format!("[{} in one transaction]", counted(statements.len() as u32))).await;
        }
        let begin = begin(self.limits, observes);
        self.quiet(&begin).await.map_err(|refusal| self.failed(first, refusal, Known::Nothing))?;
        for statement in statements {
            if let Err(refusal) = self.within(statement, observes).await {
                let ended = refusal.lost || self.quiet("ROLLBACK").await.is_ok();
                let known = if observes { Known::Nothing } else { Known::RolledBack };
                let refusal = Refusal { lost: refusal.lost || !ended, ..refusal };
                return Err(self.failed(statement, refusal, known));
            }
        }
        let last = statements.last().unwrap_or(first);
        self.quiet("COMMIT").await.map_err(|refusal| {
            let known = if observes { Known::Nothing } else { Known::of(&refusal, Known::RolledBack) };
            self.failed(last, refusal, known)
        })?;
        if !observes {
            self.say("[committed]").await;
            self.progress.committed += statements.len() as u32;
        }
        Ok(())
    }

    async fn within(&mut self, statement: &Statement, observes: bool) -> Result<(), Refusal> {
        let guarded = statement.observes && !observes;
        if guarded {
            self.quiet("SAVEPOINT allclear_look; SET TRANSACTION READ ONLY").await?;
        }
        self.statement(statement).await?;
        if guarded {
            self.quiet("RELEASE allclear_look").await?;
        }
        Ok(())
    }

    /// A statement without a transaction of ours; it may be part of one that the step began.
    async fn alone(&mut self, statement: &Statement) -> Result<(), Failed> {
        let guarded = statement.observes;
        if guarded {
            let only = self.quiet("SET default_transaction_read_only = on").await;
            only.map_err(|refusal| self.failed(statement, refusal, Known::Nothing))?;
        }
        let result = self.statement(statement).await;
        let within = self.progress.open;
        match statement.transaction {
            SqlTransaction::Begins => self.progress.open = result.is_ok(),
            SqlTransaction::Ends => self.progress.open = false,
            SqlTransaction::Within | SqlTransaction::Alone => {}
        }
        if let Err(refusal) = result {
            let known = match (statement.observes, within) {
                (true, false) => Known::Nothing,
                (_, true) if statement.transaction != SqlTransaction::Ends => Known::RolledBack,
                (_, _) if statement.commits() => Known::Unknown,
                (_, _) => Known::of(&refusal, Known::NotDone),
            };
            let ended = refusal.lost || !within || self.quiet("ROLLBACK").await.is_ok();
            self.progress.open = false;
            if guarded && !refusal.lost {
                let _ = self.quiet("RESET default_transaction_read_only").await;
            }
            let refusal = Refusal { lost: refusal.lost || !ended, ..refusal };
            return Err(self.failed(statement, refusal, known));
        }
        if guarded {
            let back = self.quiet("RESET default_transaction_read_only").await;
            back.map_err(|refusal| self.failed(statement, refusal, Known::Nothing))?;
        } else if !self.progress.open {
            self.progress.committed += 1;
        }
        Ok(())
    }

    /// Sends one statement and shows what it answers.
    async fn statement(&mut self, statement: &Statement) -> Result<(), Refusal> {
        let redactor = self.redactor;
        let question = Question::Show(statement, redactor);
        match self.connection.ask(question, self.sink, self.cancelled).await {
            Ending::Done(_) => {
                self.progress.statements += 1;
                Ok(())
            }
            Ending::Refused(said) => {
                self.say(&format!("{}{}", described(&said), placed(statement, &said))).await;
                let why = format!("failed: {}{}{}", described(&said), placed(statement, &said), self.limit(&said));
                Err(Refusal { why, lost: false })
            }
            Ending::Lost(why) => {
                Err(Refusal { why: format!("failed: the connection to the database was lost ({why})"), lost: true })
            }
            Ending::Cancelled => Err(Refusal { why: "was cancelled".to_owned(), lost: false }),
        }
    }

    /// Sends something that answers nothing worth showing.
    async fn quiet(&mut self, text: &str) -> Result<(), Refusal> {
        match self.connection.ask(Question::Quiet(text), self.sink, self.cancelled).await {
            Ending::Done(_) => Ok(()),
            Ending::Refused(said) => Err(Refusal { why: format!("failed: {}", described(&said)), lost: false }),
            Ending::Lost(why) => {
                Err(Refusal { why: format!("failed: the connection to the database was lost ({why})"), lost: true })
            }
            Ending::Cancelled => Err(Refusal { why: "was cancelled".to_owned(), lost: false }),
        }
    }

    async fn say(&mut self, text: &str) {
        self.sink.send(format!("{text}\n").as_bytes()).await;
    }

    /// Which limit of the target a server ran into, where it was one.
    fn limit(&self, said: &DbError) -> String {
        let message = said.message();
        match said.code().code() {
            QUERY_CANCELED if message.contains("statement timeout") => {
                "; the limit is `postgres_observe_timeout` or `postgres_statement_timeout` of the target, or the server's own"
                    .to_owned()
            }
            LOCK_NOT_AVAILABLE if message.contains("lock timeout") => {
                format!(
                    "; somebody holds a lock that it needs, and it waits no longer than {} ms \
                     (`postgres_lock_timeout` of the target)",
                    self.limits.lock_ms
                )
            }
            _ => String::new(),
        }
    }

    fn failed(&self, statement: &Statement, refusal: Refusal, known: Known) -> Failed {
        let mut summary = refusal.why;
        summary.push_str(match known {
            Known::Nothing => "",
            Known::NotDone if statement.leaves_ruins() => {
                "; it was not done, but an index that is not valid may be left behind"
            }
            Known::NotDone => "; it was not done",
            Known::RolledBack => "; its transaction was rolled back, so nothing of it happened",
            Known::Unknown => "; it is not known whether it happened: look before it is performed again",
        });
        if self.progress.committed > 0 {
            let before = counted(self.progress.committed);
            summary.push_str(&format!("; {before} of the step had been committed before and would be performed again"));
        }
        Failed { command: statement.command, summary, lost: refusal.lost }
    }
}

/// What is known about a change that did not succeed.
#[derive(Clone, Copy)]
enum Known {
    /// It only observed.
    Nothing,
    NotDone,
    RolledBack,
    Unknown,
}

impl Known {
    /// Where the connection was lost nobody knows.
    const fn of(refusal: &Refusal, otherwise: Self) -> Self {
        if refusal.lost { Self::Unknown } else { otherwise }
    }
}

fn last_command(batch: &Batch) -> Option<usize> {
    match batch {
        Batch::Alone(statement) => Some(statement.command),
        Batch::Together(statements) => statements.last().map(|statement| statement.command),
        Batch::Print(_) => None,
    }
}

/// ` (line 14)`, where the server says where in the statement.
fn placed(statement: &Statement, said: &DbError) -> String {
    let Some(ErrorPosition::Original(position)) = said.position() else { return String::new() };
    let before = statement.text.chars().take(position.saturating_sub(1) as usize);
    let line = statement.line + before.filter(|c| *c == '\n').count() as u32;
    format!(" (line {line})")
}
