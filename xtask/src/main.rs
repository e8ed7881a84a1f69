//! `cargo xtask COMMAND`: everything that the project does to itself.
//!
//! One file per command. Commands print for a person, return an error when something is wrong, and
//! never touch anything outside the repository, except `setup`, which says so first.
#![allow(clippy::print_stdout, reason = "a developer's command talks on stdout")]

mod bench;
mod crash;
mod deny;
mod fuzz;
mod generate;
mod repository;
mod setup;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  setup [--check]      install the servers and tools that the tests need (Debian packages);
                       --check only lists what is missing
  setup --kubernetes   setup, and build the Kubernetes control plane for the tests, once, into the user's cache
  test                 everything that must hold before a merge, in one command
  tidy                 the house rules that no compiler checks
  generate [--check]   rewrite the generated files; --check only compares
  deny                 licences, banned crates and sources of every dependency
  bench [NAME]         run a benchmark; without a name, list them
  crash [RUNS] [--seed N]
                       kills runs of a procedure at seeded moments and goes on with them, a thousand
                       times or as often as told; prints what the servers received
  fuzz TARGET [SECONDS]
                       let libFuzzer look for texts that break a parser, for ten minutes or as long as told";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["setup"] => setup::install(),
        ["setup", "--check"] => setup::check(),
        ["setup", "--kubernetes"] => setup::install().and_then(|()| setup::kubernetes::install()),
        ["test"] => test::run(),
        ["tidy"] => tidy::run(),
        ["generate"] => generate::write(),
        ["generate", "--check"] => generate::check(),
        ["deny"] => deny::run(),
        ["bench"] => bench::list(),
        ["bench", name, rest @ ..] => bench::run(name, rest),
        ["crash", rest @ ..] => crash::run(rest),
        ["fuzz", target] => fuzz::run(target, "600"),
        ["fuzz", target, seconds] => fuzz::run(target, seconds),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
