//! What is asked of a server, and what becomes of its answer.

use futures::StreamExt as _;
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::connection::Hearing;
use super::script::Statement;
use super::table::Table;
use crate::redact::Redactor;

/// A longer value is not captured: it is kept, and a setting or a definition is not that long.
pub(super) const VALUE_BYTES_MAX: usize = 1024 * 1024;

/// Something that is asked of a server.
pub(super) enum Question<'q> {
    /// Nothing of the answer is wanted.
    Quiet(&'q str),
    /// The first column of the last result, line by line.
    Value(&'q str),
    /// The answer goes to the output.
    Show(&'q Statement, &'q Redactor),
}

impl Question<'_> {
    /// The value that was asked for; empty where none was.
    pub(super) async fn answered(self, client: &Client, hearing: &mut Hearing<'_, '_>) -> Result<String, Error> {
        match self {
            Self::Quiet(text) => hearing.until(client.batch_execute(text)).await.map(|()| String::new()),
            Self::Value(text) => value(client, text, hearing).await,
            Self::Show(statement, _) if statement.copies_out() => copied(client, statement, hearing).await,
            Self::Show(statement, redactor) => shown(client, statement, redactor, hearing).await,
        }
    }
}

async fn value(client: &Client, text: &str, hearing: &mut Hearing<'_, '_>) -> Result<String, Error> {
    let mut answers = std::pin::pin!(client.simple_query_raw(text).await?);
    let mut lines: Vec<String> = Vec::new();
    let mut bytes = 0;
    while let Some(answer) = hearing.until(answers.next()).await {
        match answer? {
            SimpleQueryMessage::RowDescription(_) => lines.clear(),
            SimpleQueryMessage::Row(row) if bytes <= VALUE_BYTES_MAX => {
                let line = row.try_get(0)?.unwrap_or_default().to_owned();
                bytes += line.len();
                lines.push(line);
            }
            _ => {}
        }
    }
    Ok(lines.join("\n"))
}

/// Shows rows as a table and anything else by what it did.
async fn shown(
    client: &Client,
    statement: &Statement,
    redactor: &Redactor,
    hearing: &mut Hearing<'_, '_>,
) -> Result<String, Error> {
    let mut answers = std::pin::pin!(client.simple_query_raw(&statement.text).await?);
    let mut table: Option<Table> = None;
    while let Some(answer) = hearing.until(answers.next()).await {
        match answer? {
            SimpleQueryMessage::RowDescription(columns) => table = Some(Table::new(&columns)),
            SimpleQueryMessage::Row(row) => {
                if let Some(table) = &mut table {
                    table.push(&row, redactor);
                }
            }
            SimpleQueryMessage::CommandComplete(rows) => {
                let text = table.take().map_or_else(|| format!("{}\n", statement.tag(rows)), |table| table.text());
                hearing.sink.send(text.as_bytes()).await;
            }
            _ => {}
        }
    }
    Ok(String::new())
}

/// Passes rows of `COPY … TO STDOUT` on as they come.
async fn copied(client: &Client, statement: &Statement, hearing: &mut Hearing<'_, '_>) -> Result<String, Error> {
    let text = statement.text.trim_end().trim_end_matches(';');
    let mut rows = std::pin::pin!(client.copy_out(text).await?);
    while let Some(row) = hearing.until(rows.next()).await {
        hearing.sink.send(&row?).await;
    }
    Ok(String::new())
}
