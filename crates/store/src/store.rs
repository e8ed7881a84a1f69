//! A handle on the store: opening, closing, and word of what others append.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use allclear_core::Seq;
use sqlx::postgres::PgListener;
use tokio::sync::watch;

use crate::chain::Head;
use crate::database::Database;
use crate::location::Location;
use crate::lock::{DirectoryLock, LockError};
use crate::outage::{Outage, Unavailable};
use crate::schema::{LOG, MEASUREMENTS, MigrateError, Schema};
use crate::{postgres, sqlite};

const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// The log and the measurements. Clones share one set of connections; the data directory is free again when the last
/// clone is dropped or [`Store::close`] has returned.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    log: Database,
    measurements: Database,
    appended: Arc<watch::Sender<Seq>>,
    /// Hears of other replicas; ends with the store.
    listener: Option<tokio::task::AbortHandle>,
    /// Dropped after the databases, so that nobody else opens files that are still ours.
    _lock: Option<DirectoryLock>,
}

/// Why a store was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the data directory.
    #[error(
        "{} is in use by another process{}: stop that one, or choose another `--data-dir`",
        path.display(), pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default()
    )]
    InUse {
        /// The data directory.
        path: PathBuf,
        /// Who has it, where known.
        pid: Option<u32>,
    },
    /// A newer Allclear has written it.
    #[error(
        "{place} was written by a newer Allclear (its schema has version {found}, this one knows {known}): \
         install that release or a later one; nothing was changed"
    )]
    NewerVersion {
        /// The file or database.
        place: String,
        /// Version that it has.
        found: u32,
        /// Newest version that this binary knows.
        known: u32,
    },
    /// There is a file where the directory should be.
    #[error("{} is not a directory: choose another `--data-dir`, or move that file away", path.display())]
    NotADirectory {
        /// What was given.
        path: PathBuf,
    },
    /// The directory cannot be made or written.
    #[error(
        "the data directory {} cannot be written: give this user the right and the disk the space, \
         or choose another `--data-dir`",
        path.display()
    )]
    NotWritable {
        /// What was given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The address of the database cannot be read.
    #[error("the address of the database is not valid: write `postgres://user:password@host:port/database`")]
    BadAddress {
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The files or the database do not answer.
    #[error("{place} cannot be opened: {reason}")]
    Unavailable {
        /// The file or database.
        place: String,
        /// What kind of trouble it is.
        reason: Outage,
        /// What the database or the system said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Store {
    /// Opens the store, makes it where it does not exist, and brings its tables up to date.
    pub async fn open(location: &Location) -> Result<Self, OpenError> {
        match location {
            Location::DataDir(path) => open_directory(path).await,
            Location::Memory => open_memory().await,
            Location::Postgres(address) => open_postgres(address, &location.to_string()).await,
        }
    }

    /// Ends every connection, finishes what they were writing, and frees the data directory.
    pub async fn close(self) {
        self.inner.log.close().await;
        self.inner.measurements.close().await;
    }

    /// The position of the last event that this handle or its clones appended or, on PostgreSQL, heard of from another
    /// replica. A hint to read on, for whoever follows the log; never proof that there is nothing more.
    pub fn appended(&self) -> watch::Receiver<Seq> {
        self.inner.appended.subscribe()
    }

    pub(crate) fn log(&self) -> &Database {
        &self.inner.log
    }

    pub(crate) fn measurements(&self) -> &Database {
        &self.inner.measurements
    }

    pub(crate) fn tell_appended(&self, head: &Head) {
        raise(&self.inner.appended, head.seq);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
    }
}

fn raise(appended: &watch::Sender<Seq>, seq: Seq) {
    appended.send_if_modified(|known| {
        let news = seq > *known;
        *known = seq.max(*known);
        news
    });
}

async fn open_directory(path: &Path) -> Result<Store, OpenError> {
    make_directory(path)?;
    let lock = DirectoryLock::take(&path.join("lock")).map_err(|error| match error {
        LockError::Held { pid } => OpenError::InUse { path: path.to_owned(), pid },
        LockError::Io(source) => OpenError::NotWritable { path: path.to_owned(), source },
    })?;
    let log = open_file(&path.join("log.db"), &LOG).await?;
    let measurements = open_file(&path.join("measurements.db"), &MEASUREMENTS).await?;
    // The files' names must outlive a power cut as well as what is in them.
    let synced = std::fs::File::open(path).and_then(|directory| directory.sync_all());
    synced.map_err(|source| OpenError::NotWritable { path: path.to_owned(), source })?;
    assemble(log, measurements, Some(lock)).await
}

fn make_directory(path: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    match made {
        Ok(()) => Ok(()),
        Err(_) if path.exists() && !path.is_dir() => Err(OpenError::NotADirectory { path: path.to_owned() }),
        Err(source) if source.kind() == io::ErrorKind::NotADirectory => {
            Err(OpenError::NotADirectory { path: path.to_owned() })
        }
        Err(source) => Err(OpenError::NotWritable { path: path.to_owned(), source }),
    }
}

async fn open_file(path: &Path, schema: &Schema) -> Result<Database, OpenError> {
    let place = path.display().to_string();
    let file = sqlite::File::open(path).await.map_err(|error| unavailable(&place, error))?;
    migrated(Database::Sqlite(file), &[schema], &place).await
}

async fn open_memory() -> Result<Store, OpenError> {
    let place = Location::Memory.to_string();
    let mut databases = Vec::new();
    for schema in [&LOG, &MEASUREMENTS] {
        let file = sqlite::File::memory().await.map_err(|error| unavailable(&place, error))?;
        databases.push(migrated(Database::Sqlite(file), &[schema], &place).await?);
    }
    let [log, measurements] = <[Database; 2]>::try_from(databases).expect("two schemas give two databases");
    assemble(log, measurements, None).await
}

async fn open_postgres(address: &str, place: &str) -> Result<Store, OpenError> {
    let options = postgres::options(address).map_err(|error| OpenError::BadAddress { source: Box::new(error) })?;
    let pool = postgres::open(options).await.map_err(|error| unavailable(place, error))?;
    let database = migrated(Database::Postgres(pool), &[&LOG, &MEASUREMENTS], place).await?;
    assemble(database.clone(), database, None).await
}

async fn migrated(database: Database, schemas: &[&Schema], place: &str) -> Result<Database, OpenError> {
    for schema in schemas {
        let done = schema.migrate(&database).await;
        if let Err(error) = done {
            // Closed here, or a file would still be held after its directory is free for others.
            database.close().await;
            return Err(match error {
                MigrateError::Newer { found, known } => {
                    OpenError::NewerVersion { place: place.to_owned(), found, known }
                }
                MigrateError::Database(error) => unavailable(place, error),
            });
        }
    }
    Ok(database)
}

async fn assemble(log: Database, measurements: Database, lock: Option<DirectoryLock>) -> Result<Store, OpenError> {
    let appended = Arc::new(watch::Sender::new(0));
    let listener = match &log {
        Database::Sqlite(_) => None,
        Database::Postgres(pool) => {
            let listening = listen(pool).await.map_err(|error| unavailable("the log's notifications", error))?;
            Some(tokio::spawn(hear(listening, pool.clone(), Arc::clone(&appended))).abort_handle())
        }
    };
    let store = Store { inner: Arc::new(Inner { log, measurements, appended, listener, _lock: lock }) };
    let head = store.head().await.map_err(|error| could_not_open("the log", error))?;
    store.tell_appended(&head);
    Ok(store)
}

async fn listen(pool: &sqlx::PgPool) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(postgres::CHANNEL).await?;
    Ok(listener)
}

/// Passes on what other replicas announce, over however many connections that takes.
async fn hear(mut listener: PgListener, pool: sqlx::PgPool, appended: Arc<watch::Sender<Seq>>) {
    loop {
        match listener.try_recv().await {
            Ok(Some(notification)) => raise(&appended, notification.payload().parse().unwrap_or(0)),
            // The connection was lost and what was announced meanwhile with it: look for ourselves.
            Ok(None) => raise(&appended, postgres::last_seq(&pool).await.unwrap_or(0)),
            Err(sqlx::Error::PoolClosed) => return,
            Err(_) => tokio::time::sleep(RECONNECT_AFTER).await,
        }
    }
}

fn unavailable(place: &str, error: sqlx::Error) -> OpenError {
    could_not_open(place, Unavailable::because(error))
}

fn could_not_open(place: &str, error: Unavailable) -> OpenError {
    OpenError::Unavailable { place: place.to_owned(), reason: error.reason, source: error.source }
}
