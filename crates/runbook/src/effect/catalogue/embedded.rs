//! The catalogue of the program itself: a table that the build writes from `catalogue/*.toml`, one text per program,
//! each read when the program is first met.

use std::sync::OnceLock;

use super::{Program, file};

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

static PROGRAMS: [OnceLock<Program>; COUNT] = [const { OnceLock::new() }; COUNT];

/// What the built-in catalogue says about the program of this name.
pub(super) fn program(name: &str) -> Option<&'static Program> {
    let at = NAMES.binary_search_by_key(&name, |(known, _)| *known).ok()?;
    let (_, number) = NAMES[at];
    Some(PROGRAMS[number].get_or_init(|| file::embedded(TEXTS[number])))
}

/// Every program, in the order of the files.
#[cfg(test)]
pub(super) fn programs() -> impl Iterator<Item = &'static Program> {
    let first_name = |number| NAMES.iter().find(|(_, it)| *it == number).map(|(name, _)| *name);
    (0..COUNT).filter_map(first_name).filter_map(program)
}
