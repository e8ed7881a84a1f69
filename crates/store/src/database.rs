//! One of the two databases, and the two macros by which a statement is written once and typed twice.

use sqlx::{PgPool, Postgres, Sqlite};

use crate::{postgres, sqlite};

/// A database that is open.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    Sqlite(sqlite::File),
    Postgres(PgPool),
}

/// A transaction that may write. Dropped without a commit, it leaves nothing behind.
#[derive(Debug)]
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// What two replicas must not do at the same time. The numbers are PostgreSQL advisory locks: any, but always the same.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Exclusion {
    Migration = 720_575_901,
    Measurement = 720_575_902,
}

/// Evaluates an expression with `$pool` bound to whichever pool may read.
macro_rules! reading {
    ($database:expr, $pool:ident => $statement:expr) => {
        match $database {
            $crate::database::Database::Sqlite(file) => {
                let $pool = file.reader();
                $statement
            }
            $crate::database::Database::Postgres($pool) => $statement,
        }
    };
}

/// Evaluates an expression with `$connection` bound to the connection of the transaction.
macro_rules! within {
    ($transaction:expr, $connection:ident => $statement:expr) => {
        match $transaction {
            $crate::database::Transaction::Sqlite(transaction) => {
                let $connection = &mut **transaction;
                $statement
            }
            $crate::database::Transaction::Postgres(transaction) => {
                let $connection = &mut **transaction;
                $statement
            }
        }
    };
}

pub(crate) use {reading, within};

impl Database {
    /// On SQLite the one writer; on PostgreSQL one of many.
    pub(crate) async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(file) => Transaction::Sqlite(file.begin().await?),
            Self::Postgres(pool) => Transaction::Postgres(pool.begin().await?),
        })
    }

    /// As `begin`, and alone among all replicas until the end of the transaction.
    pub(crate) async fn begin_alone(&self, exclusion: Exclusion) -> Result<Transaction, sqlx::Error> {
        let mut transaction = self.begin().await?;
        if let Transaction::Postgres(inner) = &mut transaction {
            postgres::exclude(inner, exclusion).await?;
        }
        Ok(transaction)
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(file) => file.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Transaction {
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }
}

/// `($1, $2), ($3, $4), …`: so many rows of so many parameters.
pub(crate) fn parameters(rows: usize, columns: usize) -> String {
    let mut text = String::with_capacity(rows * (columns * 5 + 4));
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=columns {
            text.push_str(if column == 1 { "$" } else { ", $" });
            text.push_str(&(row * columns + column).to_string());
        }
        text.push(')');
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn parameters_are_numbered_row_by_row() {
        assert_eq!(super::parameters(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }
}
