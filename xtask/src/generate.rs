//! `cargo xtask generate`: rewrites, or with `--check` compares, every generated file.
//!
//! The generators are tests whose names contain `generated`: each makes its file's content afresh, compares it
//! with the committed file, and rewrites the file instead when `ALLCLEAR_BLESS` is set. So there is one code
//! path, a stale file fails a plain `cargo test`, and no generator needs a program of its own.

use anyhow::{Context, Result};

use crate::repository::{cargo, root, succeed};

/// Set in the environment of a test, it makes the test rewrite what it would otherwise compare.
const BLESS: &str = "ALLCLEAR_BLESS";

/// `generate`: rewrites the generated files.
pub(crate) fn write() -> Result<()> {
    let mut command = cargo(&root()?);
    command.args(["test", "--workspace", "--quiet", "generated"]).env(BLESS, "1");
    succeed(&mut command).context("a generated file could not be written")
}

/// `generate --check`: an error when a generated file differs from what would be written.
pub(crate) fn check() -> Result<()> {
    let mut command = cargo(&root()?);
    command.args(["test", "--workspace", "--quiet", "generated"]).env_remove(BLESS);
    succeed(&mut command)
        .context("if a comparison above failed, a generated file is stale: run `cargo xtask generate` and commit")
}
