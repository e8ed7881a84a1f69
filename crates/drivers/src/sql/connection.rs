//! One connection to a database: what it says is passed on as it comes, and what it is doing can be cancelled.
//!
//! Invariant: a connection that is dropped while a statement is under way asks the server to cancel it.

use std::future::{Future, poll_fn};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::error::{DbError, Severity};
use tokio_postgres::{AsyncMessage, Client, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::{Address, reason};
use super::answer::Question;
use crate::perform::{Cancellation, OutputSink};

/// Notices that may wait for the reader.
const NOTICES_MAX: usize = 64;
/// How long a server may take to hear that a statement is to be cancelled, and then to end it.
const CANCEL_LIMIT: Duration = Duration::from_secs(5);

/// An open connection.
pub(super) struct Connection {
    pub(super) client: Client,
    tls: MakeRustlsConnect,
    notices: mpsc::Receiver<DbError>,
    driver: JoinHandle<()>,
    /// Whether the server may be at work for us.
    busy: bool,
}

/// How something that was asked of a server ended.
pub(super) enum Ending {
    /// With the value that was asked for, if one was.
    Done(String),
    /// The server said no, and the connection goes on.
    Refused(Box<DbError>),
    /// Nobody knows what the server did.
    Lost(String),
    /// The run was cancelled, and the server confirmed that it gave up.
    Cancelled,
}

impl Connection {
    /// Connects. The error is a sentence without the password.
    pub(super) async fn open(address: &Address) -> Result<Self, String> {
        let at = address.described();
        let (client, mut connection) = address.config.connect(address.tls.clone()).await.map_err(|error| {
            let why = error.as_db_error().map_or_else(|| reason(&error), described);
            format!("there is no connection to {at}: {why}")
        })?;
        let (sender, notices) = mpsc::channel(NOTICES_MAX);
        let driver = tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                if let AsyncMessage::Notice(notice) = message {
                    // Who reads slowly is waited for; who has gone wants no notices.
                    let _ = sender.send(notice).await;
                }
            }
        });
        Ok(Self { client, tls: address.tls.clone(), notices, driver, busy: false })
    }

    /// Whether something can still be sent.
    pub(super) fn is_open(&self) -> bool {
        !self.client.is_closed()
    }

    /// Asks the server something, and cancels it where the run is cancelled.
    pub(super) async fn ask(
        &mut self,
        question: Question<'_>,
        sink: &mut OutputSink<'_>,
        cancelled: &mut Cancellation,
    ) -> Ending {
        self.busy = true;
        let mut hearing = Hearing { sink, notices: &mut self.notices };
        let result = {
            let mut answer = std::pin::pin!(question.answered(&self.client, &mut hearing));
            tokio::select! {
                biased;
                result = &mut answer => Some(result),
                () = cancelled.wait() => cancel(&self.client, &self.tls, answer.as_mut()).await,
            }
        };
        hearing.rest().await;
        let ending = match result {
            None => Ending::Lost("the server did not answer when it was asked to cancel".to_owned()),
            Some(Ok(done)) => Ending::Done(done),
            Some(Err(error)) => ended(&error, cancelled.is_set()),
        };
        self.busy = matches!(ending, Ending::Lost(_));
        ending
    }
}

/// The output of a statement, and what the server says beside its results.
pub(super) struct Hearing<'h, 'a> {
    pub(super) sink: &'h mut OutputSink<'a>,
    notices: &'h mut mpsc::Receiver<DbError>,
}

impl Hearing<'_, '_> {
    /// Waits for an answer; what the server says in the meantime goes to the output as it comes.
    pub(super) async fn until<T>(&mut self, answer: impl Future<Output = T>) -> T {
        let mut answer = std::pin::pin!(answer);
        loop {
            let notice = async {
                match self.notices.recv().await {
                    Some(notice) => notice,
                    // The connection has ended; the answer says so, too.
                    None => std::future::pending().await,
                }
            };
            let notice = tokio::select! {
                biased;
                notice = notice => notice,
                result = &mut answer => return result,
            };
            self.say(&notice).await;
        }
    }

    /// What came with the last answer.
    async fn rest(&mut self) {
        while let Ok(notice) = self.notices.try_recv() {
            self.say(&notice).await;
        }
    }

    async fn say(&mut self, notice: &DbError) {
        self.sink.send(format!("{}\n", described(notice)).as_bytes()).await;
    }
}

/// Asks the server to give up, and waits for what it says; `None` where it says nothing.
async fn cancel<F: Future>(
    client: &Client,
    tls: &MakeRustlsConnect,
    answer: std::pin::Pin<&mut F>,
) -> Option<F::Output> {
    let token = client.cancel_token();
    let asked = tokio::time::timeout(CANCEL_LIMIT, token.cancel_query(tls.clone())).await;
    if !matches!(asked, Ok(Ok(()))) {
        tracing::warn!("a database could not be asked to cancel a statement");
    }
    tokio::time::timeout(CANCEL_LIMIT, answer).await.ok()
}

/// What an error means for what was under way.
fn ended(error: &Error, cancelled: bool) -> Ending {
    let Some(said) = error.as_db_error() else { return Ending::Lost(reason(error)) };
    // A session that the server ends says so, and then it is gone with whatever it was doing.
    let fatal = matches!(said.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
        || matches!(said.severity(), "FATAL" | "PANIC");
    match (fatal, cancelled && said.code().code() == QUERY_CANCELED) {
        (true, _) => Ending::Lost(described(said)),
        (false, true) => Ending::Cancelled,
        (false, false) => Ending::Refused(Box::new(said.clone())),
    }
}

/// SQLSTATE of a statement that was cancelled or took too long.
pub(super) const QUERY_CANCELED: &str = "57014";

/// `ERROR 42P01: relation "x" does not exist`
pub(super) fn described(said: &DbError) -> String {
    let mut text = format!("{} {}: {}", said.severity(), said.code().code(), said.message());
    for (word, more) in [("detail", said.detail()), ("hint", said.hint())] {
        if let Some(more) = more {
            text.push_str(&format!("; {word}: {}", more.trim_end_matches('.')));
        }
    }
    text
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.busy
            && self.is_open()
            && let Ok(handle) = tokio::runtime::Handle::try_current()
        {
            let (token, tls) = (self.client.cancel_token(), self.tls.clone());
            drop(handle.spawn(async move { tokio::time::timeout(CANCEL_LIMIT, token.cancel_query(tls)).await }));
        }
        self.driver.abort();
    }
}
