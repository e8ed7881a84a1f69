//! A terminal attached to a run: shows what happens, asks before each step, and never says yes by itself.
//!
//! The run belongs to the engine. Leaving the terminal leaves the run where it is.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use serde_json::{Value, json};

use crate::Format;
use crate::client::Client;
use crate::exit::{Exit, Failure};
use crate::print;

/// How often a step under way is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a person says to a step that waits.
enum Word {
    Yes,
    Skip(String),
    Abort(String),
    Leave,
}

/// Follows a run to its end, or to the point where it needs somebody who is not here.
pub(crate) async fn attach(client: &Client, id: &str, format: Format) -> anyhow::Result<Exit> {
    attach_with(client, id, format, &[]).await
}

/// As [`attach`]; steps and plans with these digests are approved.
pub(crate) async fn attach_with(client: &Client, id: &str, format: Format, approve: &[String]) -> anyhow::Result<Exit> {
    let mut shown = Shown::default();
    match follow(client, id, format, approve, &mut shown).await {
        // An answer that says no is a `Failure`; anything else means that nobody answers any more.
        Err(error) if error.downcast_ref::<Failure>().is_none() => shown.lost(id, format, error),
        ended => ended,
    }
}

async fn follow(
    client: &Client,
    id: &str,
    format: Format,
    approve: &[String],
    shown: &mut Shown,
) -> anyhow::Result<Exit> {
    loop {
        let run: Value = client.get(&format!("runs/{id}")).await?;
        shown.seen = Some(run.clone());
        shown.show(client, id, &run).await?;
        let step = current(&run);
        match (print::text(&run, "state").as_str(), step) {
            ("waiting", Some(step)) => {
                let Some(word) = word_on(&run, &step, approve).await else {
                    eprintln!("{}", waits(id, &step));
                    return ended(&run, format, Exit::Refused);
                };
                if !say(client, id, &step, word).await? {
                    eprintln!("{id} waits where it is: `allclear resume {id}` goes on.");
                    return ended(&run, format, Exit::Ok);
                }
            }
            ("failed", Some(step)) => {
                eprintln!("Step {} failed: {}", step["number"], print::text(&step["outcome"], "summary"));
                eprintln!(
                    "`allclear resume {id} --again` performs it once more; `allclear runs abort {id} --reason …` ends the run."
                );
                return ended(&run, format, Exit::Problems);
            }
            ("in-doubt", Some(step)) => {
                eprintln!("Step {} of {id} is in doubt: it was started and nobody knows how it ended.", step["number"]);
                eprintln!("Look, then: `allclear resume {id} --happened` or `allclear resume {id} --again`.");
                return ended(&run, format, Exit::InDoubt);
            }
            ("finished", _) => {
                eprintln!("{id} finished.");
                return ended(&run, format, Exit::Ok);
            }
            ("aborted", _) => return ended(&run, format, Exit::Problems),
            _ => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

fn ended(run: &Value, format: Format, exit: Exit) -> anyhow::Result<Exit> {
    if format == Format::Json {
        print::json(run)?;
    }
    Ok(exit)
}

/// The first step that is neither done nor left out.
pub(crate) fn current(run: &Value) -> Option<Value> {
    let open = |step: &&Value| !matches!(step["state"].as_str(), Some("succeeded" | "skipped"));
    run["steps"].as_array()?.iter().find(open).cloned()
}

fn waits(id: &str, step: &Value) -> String {
    let (number, digest) = (&step["number"], print::text(step, "digest"));
    if step["kind"] == "manual" {
        return format!("Step {number} of {id} is done by a person: `allclear resume {id}` at a terminal confirms it.");
    }
    format!(
        "Step {number} of {id} waits for approval, and nobody is here to ask. Nothing was performed.\n\
         To approve exactly this step: allclear resume {id} --approve {digest}"
    )
}

/// The word on a step: given beforehand by digest, or asked for where somebody sits at the terminal.
async fn word_on(run: &Value, step: &Value, approve: &[String]) -> Option<Word> {
    let given = |digest: &Value| digest.as_str().is_some_and(|digest| approve.iter().any(|it| it == digest));
    let manual = step["kind"] == "manual";
    if !manual && (given(&step["digest"]) || given(&run["plan"]["digest"])) {
        return Some(Word::Yes);
    }
    if !std::io::stdin().is_terminal() {
        return None;
    }
    Some(ask(manual).await)
}

async fn ask(manual: bool) -> Word {
    let question = if manual {
        "Done? [y]es, [s]kip, [a]bort, [l]eave: "
    } else {
        "Perform it? [y]es, [s]kip, [a]bort, [l]eave: "
    };
    loop {
        match answer(question).await.as_deref() {
            Some("y" | "yes") => return Word::Yes,
            Some("s" | "skip") => {
                if let Some(reason) = answer("Why is it skipped? ").await.filter(|reason| !reason.is_empty()) {
                    return Word::Skip(reason);
                }
            }
            Some("a" | "abort") => {
                if let Some(reason) = answer("Why is the run aborted? ").await.filter(|reason| !reason.is_empty()) {
                    return Word::Abort(reason);
                }
            }
            Some("l" | "leave") | None => return Word::Leave,
            Some(_) => eprintln!("Please type y, s, a or l."),
        }
    }
}

/// One line from the terminal; `None` at its end.
async fn answer(question: &'static str) -> Option<String> {
    let line = tokio::task::spawn_blocking(move || {
        eprint!("{question}");
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).ok().filter(|read| *read > 0).map(|_| line.trim().to_owned())
    });
    line.await.ok().flatten()
}

/// Tells the engine; `false` where the run is left as it is.
async fn say(client: &Client, id: &str, step: &Value, word: Word) -> anyhow::Result<bool> {
    let number = &step["number"];
    let (act, body) = match word {
        Word::Yes if step["kind"] == "manual" => {
            (format!("steps/{number}/confirm"), json!({"note": "confirmed at the terminal"}))
        }
        Word::Yes => (format!("steps/{number}/approve"), json!({"digest": step["digest"]})),
        Word::Skip(reason) => (format!("steps/{number}/skip"), json!({"reason": reason})),
        Word::Abort(reason) => ("abort".to_owned(), json!({"reason": reason})),
        Word::Leave => return Ok(false),
    };
    let _: Value = client.post(&format!("runs/{id}/{act}"), &body).await?;
    Ok(true)
}

/// How much of a run has been printed.
#[derive(Default)]
struct Shown {
    announced: Vec<u64>,
    output_of: Option<u64>,
    output_bytes: usize,
    /// The run as it was last seen.
    seen: Option<Value>,
}

impl Shown {
    /// Announces a step when its turn comes, and prints its output as it grows.
    async fn show(&mut self, client: &Client, id: &str, run: &Value) -> anyhow::Result<()> {
        for step in run["steps"].as_array().into_iter().flatten() {
            let number = step["number"].as_u64().unwrap_or(0);
            let state = print::text(step, "state");
            if state == "pending" {
                break;
            }
            if !self.announced.contains(&number) {
                self.announced.push(number);
                announce(step, &run["plan"]);
            }
            if matches!(state.as_str(), "started" | "succeeded" | "failed") && step["kind"] == "command" {
                self.show_output(client, id, number, state == "started").await?;
            }
        }
        Ok(())
    }

    /// Prints what is new. Of a letter that is half written nothing is shown until its rest is there.
    async fn show_output(&mut self, client: &Client, id: &str, number: u64, grows: bool) -> anyhow::Result<()> {
        if self.output_of.is_some_and(|shown| shown > number) {
            return Ok(());
        }
        if self.output_of != Some(number) {
            (self.output_of, self.output_bytes) = (Some(number), 0);
        }
        use http_body_util::BodyExt as _;
        let path = format!("runs/{id}/output?step={number}&from={}", self.output_bytes);
        let bytes = client.stream(&path).await?.collect().await?.to_bytes();
        let whole = if grows { whole_letters(&bytes) } else { &bytes };
        self.output_bytes += whole.len();
        // A closed pipe ends nothing but the printing.
        let _ = std::io::stderr().write_all(whole);
        Ok(())
    }

    /// The server went away. What is known of the run is worth more than the error of the connection.
    fn lost(&self, id: &str, format: Format, error: anyhow::Error) -> anyhow::Result<Exit> {
        let running = self.seen.as_ref().filter(|run| print::text(run, "state") == "running");
        let Some((run, step)) = running.and_then(|run| Some((run, current(run)?))) else { return Err(error) };
        eprintln!("The server went away: {error:#}");
        eprintln!(
            "{id} step {} may be in doubt: once the server is back, `allclear resume {id}` says.",
            step["number"]
        );
        ended(run, format, Exit::InDoubt)
    }
}

/// The bytes without a letter at their end that is cut.
fn whole_letters(bytes: &[u8]) -> &[u8] {
    let is_cut = |start: &usize| {
        let letter = std::str::from_utf8(&bytes[*start..]);
        letter.is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    };
    // The longest letter has four bytes.
    let cut = (bytes.len().saturating_sub(3)..bytes.len()).find(is_cut);
    &bytes[..cut.unwrap_or(bytes.len())]
}

fn announce(step: &Value, plan: &Value) {
    eprintln!("\nStep {}: {}", step["number"], print::text(step, "title"));
    let planned = plan["steps"].as_array().into_iter().flatten().find(|planned| planned["number"] == step["number"]);
    let Some(planned) = planned else { return };
    let prose = print::text(planned, "prose");
    if !prose.is_empty() {
        eprintln!("  {prose}");
    }
    for command in planned["commands"].as_array().into_iter().flatten() {
        for (index, line) in print::text(command, "rendered").lines().enumerate() {
            let effect = if index == 0 { format!("   [{}]", print::text(command, "effect")) } else { String::new() };
            eprintln!("  {} {line}{effect}", if index == 0 { "$" } else { " " });
        }
    }
}

/// A run, step by step.
pub(crate) fn print_run(run: &Value) {
    let field = |name: &str| print::text(run, name);
    print::line(format!("{} {}: {}", field("id"), field("state"), print::text(&run["plan"], "title")));
    for step in run["steps"].as_array().into_iter().flatten() {
        let of = |name: &str| print::text(step, name);
        let summary = print::text(&step["outcome"], "summary");
        print::line(format!("  {:>2}. {:<10} {}  {summary}", of("number"), of("state"), of("title")).trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_that_is_cut_waits_for_its_rest() {
        for (text, whole) in [("aé", 1), ("a€", 1), ("😀", 0), ("abc", 2)] {
            let bytes = text.as_bytes();
            assert_eq!(whole_letters(bytes), bytes);
            assert_eq!(whole_letters(&bytes[..bytes.len() - 1]), &bytes[..whole], "{text}");
        }
        let not_text = [b'a', 0xff, 0xa9];
        assert_eq!(whole_letters(&not_text), not_text, "what is no letter at all is not waited for");
        assert!(whole_letters(&[]).is_empty());
    }
}
