//! What Allclear keeps of SQL: enough to say what a statement does and what would go wrong with it.
//!
//! Names are folded as PostgreSQL folds them: lower case unless quoted. Every span counts bytes of the text parsed.

#![allow(dead_code, reason = "a tree holds what stands in the text, whether a rule asks for it or not")]

use crate::span::Span;

/// The statements of a text, with everything around them.
#[derive(Debug, Default)]
pub(crate) struct Sql {
    pub(crate) statements: Vec<Statement>,
    pub(crate) metas: Vec<Meta>,
    /// What the reader fills in, and variables of psql.
    pub(crate) placeholders: Vec<Span>,
    /// Where `...` stands for what the author left out.
    pub(crate) elisions: Vec<Span>,
    pub(crate) errors: Vec<SyntaxError>,
}

/// A place that PostgreSQL would not understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where in the text.
    pub span: Span,
    /// Why not.
    pub message: String,
}

/// A meta-command of psql, such as `\dt`.
#[derive(Debug)]
pub(crate) struct Meta {
    /// Without the backslash.
    pub(crate) name: String,
    pub(crate) arguments: String,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) span: Span,
    pub(crate) kind: StatementKind,
    /// The statements in its `WITH`.
    pub(crate) with: Vec<Statement>,
    /// Every function called anywhere in it.
    pub(crate) calls: Vec<Call>,
}

#[derive(Debug)]
pub(crate) enum StatementKind {
    /// `SELECT`, `VALUES`, `TABLE`; one query for each arm of a `UNION`.
    Select(Vec<Query>),
    Insert,
    Update {
        table: Name,
        filter: Option<Expression>,
        filtered: bool,
    },
    Delete {
        table: Name,
        filter: Option<Expression>,
        filtered: bool,
    },
    /// `deletes` where one of its branches does.
    Merge {
        deletes: bool,
    },
    Truncate,
    /// `ALTER SYSTEM SET`, or `RESET` without a value; no setting is `RESET ALL`.
    AlterSystem {
        setting: Option<Name>,
        value: Option<String>,
    },
    AlterDatabase {
        name: Name,
        action: DatabaseAction,
    },
    /// `ALTER` of anything else; `removes` where a column or a partition goes.
    Alter {
        removes: bool,
    },
    CreateDatabase {
        name: Name,
    },
    CreateIndex {
        concurrently: bool,
        if_not_exists: bool,
        name: Option<Name>,
        table: Name,
        /// `ON ONLY`: nothing is built but an entry in the catalogue.
        only: bool,
    },
    Create,
    DropDatabase {
        name: Name,
        force: bool,
    },
    DropIndex {
        concurrently: bool,
        names: Vec<Name>,
    },
    Drop,
    Reindex {
        concurrently: bool,
    },
    Vacuum {
        full: bool,
    },
    Cluster,
    Refresh,
    Copy(Copy),
    Begin,
    Commit,
    Rollback,
    /// What lasts as long as the session: `SET`, `PREPARE TRANSACTION` not among it.
    Session,
    Show,
    Explain {
        runs: bool,
        statement: Option<Box<Statement>>,
    },
    /// Changes something and fits nowhere else: `GRANT`, `COMMENT`, `ANALYZE`, `CHECKPOINT`.
    Change,
    /// Runs what cannot be seen here: `DO`, `CALL`, `EXECUTE`.
    Opaque,
}

#[derive(Debug)]
pub(crate) enum DatabaseAction {
    Rename { to: Name },
    AllowConnections(bool),
    Set { setting: Name, value: String },
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copy {
    ToClient,
    ToFile,
    From,
    Program,
}

/// A name with what qualifies it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) path: Vec<String>,
    pub(crate) span: Span,
}

impl Name {
    /// The name without its qualification.
    pub(crate) fn last(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

/// One `SELECT`.
#[derive(Debug, Default)]
pub(crate) struct Query {
    pub(crate) span: Span,
    pub(crate) targets: Vec<Target>,
    pub(crate) from: Vec<Source>,
    /// `WHERE`.
    pub(crate) filter: Option<Expression>,
    /// The conditions of joins.
    pub(crate) on: Vec<Expression>,
    /// `SELECT … INTO`
    pub(crate) into: bool,
    /// `FOR UPDATE` and the like.
    pub(crate) locks: bool,
}

/// One column of the result; `*` has no expression.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) expression: Option<Expression>,
    pub(crate) alias: Option<String>,
}

/// What a query reads from; a sub-select or a function has no name.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: Option<Name>,
    pub(crate) alias: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: Name,
    pub(crate) arguments: Vec<Expression>,
    /// `count(*)`
    pub(crate) star: bool,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) kind: ExpressionKind,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum ExpressionKind {
    /// A column, and `current_user` and the like.
    Column(Vec<String>),
    /// A literal: strings without their quotes, numbers and words as written.
    Constant(String),
    /// A variable of psql, or what the reader fills in.
    Placeholder,
    Call(Box<Call>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    /// Two operands; the operator in upper case with single blanks.
    Binary {
        operator: String,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    /// In parentheses.
    Group(Box<Expression>),
    /// `x::type`, `CAST(x AS type)`, `type 'x'`
    Cast {
        type_name: String,
        operand: Box<Expression>,
    },
    Query(Vec<Query>),
    /// Anything else, with its operands.
    Other(Vec<Expression>),
}
