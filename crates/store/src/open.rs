//! Opening a store: the directory or the database is there, ours, and of this version; or it is said why not.

use std::io;
use std::path::{Path, PathBuf};

use crate::database::Database;
use crate::location::Location;
use crate::lock::{DirectoryLock, LockError};
use crate::outage::{Outage, Unavailable};
use crate::schema::{LOG, MEASUREMENTS, MigrateError, Schema};
use crate::store::Store;
use crate::{postgres, sqlite};

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
    Store::assemble(log, measurements, Some(lock))
        .await
        .map_err(|error| could_not_open(&path.display().to_string(), error))
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
    Store::assemble(log, measurements, None).await.map_err(|error| could_not_open(&place, error))
}

async fn open_postgres(address: &str, place: &str) -> Result<Store, OpenError> {
    let options = postgres::options(address).map_err(|error| OpenError::BadAddress { source: Box::new(error) })?;
    let pool = postgres::open(options).await.map_err(|error| unavailable(place, error))?;
    let database = migrated(Database::Postgres(pool), &[&LOG, &MEASUREMENTS], place).await?;
    Store::assemble(database.clone(), database, None).await.map_err(|error| could_not_open(place, error))
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

fn unavailable(place: &str, error: sqlx::Error) -> OpenError {
    could_not_open(place, Unavailable::because(error))
}

fn could_not_open(place: &str, error: Unavailable) -> OpenError {
    OpenError::Unavailable { place: place.to_owned(), reason: error.reason, source: error.source }
}
