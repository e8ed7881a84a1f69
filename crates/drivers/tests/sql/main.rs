//! SQL performed on a real PostgreSQL: what comes out, what is one transaction, what a failure says, and what is left when
//! a session, a lock or a server goes away.

mod capture;
mod lost;
mod statements;
mod support;
