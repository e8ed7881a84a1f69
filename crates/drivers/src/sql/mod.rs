//! SQL: performing statements over PostgreSQL's own protocol, all those of a run in one session.
//!
//! Invariants: what only observes runs in a transaction that only reads. Nothing is sent before every statement of the
//! step was understood. A failure says what is known: that nothing happened, how much was committed before, or that it
//! is not known whether a change happened. The password is in no sentence and no line of output.
//!
//! The session lasts as long as the run, so that `SET` and temporary tables do, as in psql; where it was lost, the next
//! step begins another one and the output says so. One result is shown up to a limit and counted to its end.

mod address;
mod answer;
mod connection;
mod script;
mod session;
mod table;

use allclear_core::{SecretRef, SqlLimits};

use crate::perform::{Failure, Stage, Task};
use crate::redact::Redactor;
use crate::secret::{SecretText, resolve};
use address::Address;
use connection::Connection;
use script::{Batch, Given, Statement, batches};
use session::{Progress, Session};

/// The database session of a run.
#[derive(Default)]
pub(crate) struct Database {
    connection: Option<Connection>,
    /// Whether there was a session before.
    was_connected: bool,
    /// What the next output has to say about the session.
    unsaid: Option<String>,
}

impl Database {
    /// Gives the session up. What it is doing is cancelled.
    pub(crate) fn close(&mut self) {
        self.connection = None;
    }
}

/// What is wrong with the commands, before anything is sent.
pub(crate) fn check(task: &Task<'_>) -> Result<(), String> {
    reference(task)?;
    batches([given(task)]).map(drop)
}

/// The places of commands before which everything is settled that came before them; none where the commands are refused.
pub(crate) fn boundaries(tasks: &[Task<'_>]) -> Vec<usize> {
    batches(tasks.iter().map(given)).map(|batches| script::boundaries(&batches)).unwrap_or_default()
}

/// A command with the values of its variables.
fn given<'t>(task: &'t Task<'_>) -> Given<'t> {
    let captured = task.captured.iter().map(|(name, value)| (name, String::from_utf8_lossy(value)));
    Given { command: task.command, captured: captured.collect(), environment: &task.environment.variables }
}

/// What nobody may see of the target's database: its URL and the password in it.
pub(crate) fn secrets(reference: &SecretRef) -> Vec<(String, SecretText)> {
    // Where there is none, the step that needs it says so.
    let Ok(url) = resolve(reference) else { return Vec::new() };
    let mut found = vec![("postgres".to_owned(), url.clone())];
    found.extend(Address::passwords(&url).into_iter().map(|password| ("password of postgres".to_owned(), password)));
    match reference {
        SecretRef::Plain(_) => found.split_off(1),
        SecretRef::Env(_) | SecretRef::File(_) => found,
    }
}

/// The variables by which psql and its kin find the target's database, so that a shell acts on the same one.
pub(crate) fn client_variables(reference: &SecretRef) -> Vec<(&'static str, String)> {
    resolve(reference).map(|url| Address::client_variables(&url)).unwrap_or_default()
}

/// Performs commands that follow each other in a step; a few words about it, or the place among them of the one that
/// failed.
pub(crate) async fn perform(tasks: &[Task<'_>], stage: &mut Stage<'_>) -> Result<Option<String>, (usize, Failure)> {
    let Some(first) = tasks.first() else { return Ok(None) };
    let batches = batches(tasks.iter().map(given)).map_err(|error| (0, error.into()))?;
    if stage.cancelled.is_set() {
        return Err((0, "was not begun: the run was cancelled".to_owned().into()));
    }
    let connection = connection(first, stage).await.map_err(|error| (0, format!("failed: {error}").into()))?;
    if let Some(said) = stage.database.unsaid.take() {
        stage.sink.send(said.as_bytes()).await;
    }
    let redactor = Redactor::new(first.environment.secrets.iter().map(|(name, value)| (name.as_str(), value.expose())));
    let mut session = Session {
        connection,
        limits: first.scope.target.sql_limits,
        redactor: &redactor,
        sink: &mut stage.sink,
        cancelled: &mut stage.cancelled,
        progress: Progress::default(),
    };
    let result = session.perform(&batches).await;
    let (progress, connection) = (session.progress, session.connection);
    // A session in an unknown state is no good for the next step.
    if connection.is_open() && !matches!(&result, Err(failed) if failed.lost) {
        stage.database.connection = Some(connection);
    }
    match result {
        Ok(()) => Ok(Some(progress.told())),
        Err(failed) => Err((failed.command, Failure { exit_code: None, summary: failed.summary })),
    }
}

/// What a capture finds: the value of its query, line by line.
pub(crate) async fn capture(query: &str, task: &Task<'_>, stage: &mut Stage<'_>) -> Result<String, String> {
    let mut connection = connection(task, stage).await.map_err(|error| format!("failed: {error}"))?;
    let value = session::value(&mut connection, query, task.scope.target.sql_limits, stage).await;
    if connection.is_open() {
        stage.database.connection = Some(connection);
    }
    value.map_err(|error| format!("failed: {error}"))
}

/// The connection of the run, out of its place while it is used, so that it dies with the future.
async fn connection(task: &Task<'_>, stage: &mut Stage<'_>) -> Result<Connection, String> {
    if let Some(connection) = stage.database.connection.take().filter(Connection::is_open) {
        return Ok(connection);
    }
    let url = resolve(reference(task)?)
        .map_err(|error| format!("the `postgres` of target `{}` has no value: {error}", task.scope.plan.target))?;
    let mut address = Address::parse(&url, stage.trust)?;
    address.config.application_name(format!("allclear {}", task.scope.run));
    let opening = Connection::open(&address);
    let mut connection = tokio::select! {
        biased;
        opened = opening => opened?,
        () = stage.cancelled.wait() => return Err("the run was cancelled before it was connected".to_owned()),
    };
    let limits = task.scope.target.sql_limits;
    let version = session::prepare(&mut connection, limits, stage).await?;
    let again = if stage.database.was_connected { "another session, settings of earlier steps are gone: " } else { "" };
    stage.database.was_connected = true;
    let said = format!("[{again}{}, PostgreSQL {version}; {}]\n", address.described(), told(limits));
    stage.database.unsaid = Some(said);
    Ok(connection)
}

fn reference<'t>(task: &Task<'t>) -> Result<&'t SecretRef, String> {
    let scope = task.scope;
    scope.target.postgres.as_ref().ok_or_else(|| {
        format!(
            "needs a database, and target `{}` has none: give it `postgres` in the configuration",
            scope.plan.target
        )
    })
}

/// The limits in words.
fn told(limits: SqlLimits) -> String {
    let within = |milliseconds: u64| match milliseconds {
        0 => "for ever".to_owned(),
        ms if ms.is_multiple_of(1000) => format!("at most {} s", ms / 1000),
        ms => format!("at most {ms} ms"),
    };
    let change = match limits.change_ms {
        0 => String::new(),
        ms => format!(", a change may take {}", within(ms)),
    };
    format!("a lock is waited for {}, a look may take {}{change}", within(limits.lock_ms), within(limits.observe_ms))
}
