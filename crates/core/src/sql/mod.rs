//! SQL as text: what psql takes as one piece, as one statement, as a variable; shared by whoever reads a runbook and
//! whoever performs it.
//!
//! Deliberately absent: a grammar. What a statement means is told by the parser behind the runbook compiler.

mod meta;
mod scan;
mod statement;
mod variable;

pub use meta::{SqlMeta, sql_meta};
pub use scan::{SqlBlanks, SqlKind, SqlPiece, sql_pieces};
pub use statement::{SqlTransaction, sql_statements, sql_transaction};
pub use variable::{SqlQuoting, SqlVariable, sql_quoted, sql_variables, sql_with_values};
