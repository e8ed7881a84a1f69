//! Enough of the shell's grammar to tell where a command ends and which words it has.
//!
//! Linear in the text, without recursion. Not a parser: expansions are recognised, not understood.

pub(crate) mod lexer;
pub(crate) mod programs;
pub(crate) mod split;
