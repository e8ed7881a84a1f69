//! Writes `docs/reference/cli.md` from the command line itself, so that the two cannot differ.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

use crate::Cli;

fn reference() -> String {
    let mut text = String::from(
        "# The command line\n\nGenerated from the program; `cargo xtask generate` writes it.\n\n\
         Exit codes: 0 ok, 1 found problems or failed, 2 called wrongly, 3 refused, 4 a step is in doubt.\n",
    );
    let root = Cli::command();
    write_options(&mut text, &root, "Every verb understands");
    for verb in root.get_subcommands() {
        write_verb(&mut text, verb, &format!("allclear {}", verb.get_name()), 2);
    }
    text
}

fn write_verb(text: &mut String, verb: &Command, name: &str, depth: usize) {
    let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
    let _ = write!(text, "\n{} {name}\n\n{about}.\n", "#".repeat(depth));
    write_options(text, verb, "Arguments");
    for child in verb.get_subcommands() {
        write_verb(text, child, &format!("{name} {}", child.get_name()), depth + 1);
    }
}

fn write_options(text: &mut String, verb: &Command, heading: &str) {
    let arguments: Vec<_> =
        verb.get_arguments().filter(|it| !matches!(it.get_id().as_str(), "help" | "version")).collect();
    if arguments.is_empty() {
        return;
    }
    let _ = write!(text, "\n{heading}:\n\n");
    for argument in arguments {
        let value = argument.get_value_names().map(|names| names.join(" ")).unwrap_or_default();
        let takes_value = argument.get_action().takes_values();
        let shown = match argument.get_long() {
            Some(long) if takes_value => format!("--{long} {value}"),
            Some(long) => format!("--{long}"),
            None => value,
        };
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "- `{shown}`: {help}");
    }
}

#[test]
fn generated_command_line_reference_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/cli.md");
    let fresh = reference();
    if std::env::var_os("ALLCLEAR_BLESS").is_some() {
        std::fs::write(path, &fresh).expect("the reference can be written");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == fresh, "docs/reference/cli.md is not what the program says: run `cargo xtask generate`");
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}
