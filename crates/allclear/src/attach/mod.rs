//! A terminal attached to a run: tells what happens, asks where the run rests, and never says yes by itself.
//!
//! The run belongs to the engine. Leaving the terminal leaves the run where it is; Ctrl-C lets the step under way go on
//! to its end and starts no other. Nothing is undone but by a word.

mod lost;
mod shell;
mod story;
mod terminal;
mod word;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::client::{Client, EventStream};
use crate::exit::{Exit, Failure};
use crate::print;
use crate::undoing;
use crate::{Common, Format};

use story::Story;
use terminal::{Interrupts, Terminal};
use word::{Rest, Word};

pub(crate) use story::announce;

/// Follows a run to its end, or to the point where it needs somebody who is not here.
pub(crate) async fn attach(client: &Client, id: &str, common: &Common) -> anyhow::Result<Exit> {
    attach_with(client, id, common, &[]).await
}

/// As [`attach`]; steps and plans with these digests are approved.
pub(crate) async fn attach_with(
    client: &Client,
    id: &str,
    common: &Common,
    approve: &[String],
) -> anyhow::Result<Exit> {
    let mut id = id.to_owned();
    loop {
        let mut attached = Attached::new(client, &id, common, approve)?;
        match attached.follow().await? {
            Next::Run(undo) => id = undo,
            Next::End(exit) => {
                if common.format == Format::Json {
                    print::json(&attached.seen)?;
                }
                return Ok(exit);
            }
        }
    }
}

/// What comes after a run was followed.
enum Next {
    /// The verb ends.
    End(Exit),
    /// Another run is followed: the one that undoes this one.
    Run(String),
}

struct Attached<'a> {
    client: &'a Client,
    id: &'a str,
    common: &'a Common,
    /// Digests that were approved on the command line.
    approve: &'a [String],
    terminal: Option<Terminal>,
    interrupts: Interrupts,
    story: Story,
    /// The run as it was last seen.
    seen: Value,
    /// Somebody wants to leave as soon as the step under way has ended.
    leaving: bool,
}

/// What ended a wait for an answer.
enum Heard {
    Word(Word),
    Line(anyhow::Result<Option<(String, Value)>>),
    Interrupt,
}

impl<'a> Attached<'a> {
    fn new(client: &'a Client, id: &'a str, common: &'a Common, approve: &'a [String]) -> anyhow::Result<Self> {
        Ok(Self {
            client,
            id,
            common,
            approve,
            terminal: Terminal::open(),
            interrupts: Interrupts::listen()?,
            story: Story::default(),
            seen: Value::Null,
            leaving: false,
        })
    }

    async fn follow(&mut self) -> anyhow::Result<Next> {
        let mut lines = self.client.events(&format!("runs/{}/follow", self.id)).await?;
        loop {
            self.story.restart();
            match self.follow_lines(&mut lines).await {
                // An answer that says no is a `Failure`; anything else means that nobody answers any more.
                Err(error) if error.downcast_ref::<Failure>().is_none() => lines = self.reconnect(error).await?,
                ended => return ended,
            }
        }
    }

    async fn follow_lines(&mut self, lines: &mut EventStream) -> anyhow::Result<Next> {
        let (mut live, mut rest) = (false, None);
        loop {
            let next = match self.hear(lines, rest.take()).await {
                Heard::Line(line) => self.take(line?, &mut live).await?,
                Heard::Interrupt => self.interrupted().await?,
                Heard::Word(word) => self.say(word).await?,
            };
            if let Some(next) = next {
                return Ok(next);
            }
            if live {
                rest = self.rest().await?;
                if let Some(next) = self.leave_or_refuse(rest) {
                    return Ok(next);
                }
            }
        }
    }

    async fn take(&mut self, line: Option<(String, Value)>, live: &mut bool) -> anyhow::Result<Option<Next>> {
        let (kind, data) = line.context("the server ended the stream")?;
        match kind.as_str() {
            "output" => self.story.take_output(&data),
            "end" => return self.ended(&data).await.map(Some),
            "now" => {
                self.story.caught_up();
                *live = true;
            }
            _ => self.story.take_event(&data),
        }
        Ok(None)
    }

    /// The next line of the stream, or what somebody says to a run that rests: whichever comes first, for somebody else
    /// may settle it in the console.
    async fn hear(&mut self, lines: &mut EventStream, rest: Option<Rest>) -> Heard {
        let Self { terminal, interrupts, .. } = self;
        let asked = rest.zip(terminal.as_ref());
        let answer = async {
            match asked {
                Some((rest, terminal)) => rest.ask(terminal).await,
                None => std::future::pending().await,
            }
        };
        let heard = tokio::select! {
            biased;
            () = interrupts.next() => Heard::Interrupt,
            line = lines.next() => Heard::Line(line),
            word = answer => Heard::Word(word),
        };
        if let (Heard::Line(_), Some((_, terminal))) = (&heard, asked) {
            // What was half typed was meant for this question.
            terminal.forget();
            print::words("");
        }
        heard
    }

    /// Why the run rests and what was not said on the command line already; `None` while it does not.
    async fn rest(&mut self) -> anyhow::Result<Option<Rest>> {
        let run: Value = self.client.get(&format!("runs/{}", self.id)).await?;
        let step = current(&run);
        self.seen = run;
        // What has happened is told before anything is asked.
        if self.seen["seq"].as_u64() > Some(self.story.seq()) {
            return Ok(None);
        }
        let rest = Rest::of(&self.seen, step.as_ref());
        if let (Some(Rest::Command), Some(step)) = (rest, step)
            && self.is_given(&step)
        {
            self.post(&format!("steps/{}/approve", step["number"]), &json!({"digest": step["digest"]})).await?;
            return Ok(None);
        }
        Ok(rest)
    }

    fn is_given(&self, step: &Value) -> bool {
        let given = |digest: &Value| digest.as_str().is_some_and(|digest| self.approve.iter().any(|it| it == digest));
        given(&step["digest"]) || given(&self.seen["plan"]["digest"])
    }

    /// Where nobody is to be asked, a run that rests is left, with the words that say how it goes on.
    fn leave_or_refuse(&self, rest: Option<Rest>) -> Option<Next> {
        let rest = rest?;
        if self.leaving {
            print::words(format!("{} waits where it is: `allclear resume {}` goes on.", self.id, self.id));
            return Some(Next::End(match rest {
                Rest::InDoubt => Exit::InDoubt,
                Rest::Command | Rest::Manual | Rest::Paused if self.terminal.is_some() => Exit::Ok,
                _ => Exit::Problems,
            }));
        }
        if self.terminal.is_some() {
            return None;
        }
        let step = current(&self.seen).unwrap_or_default();
        print::words(unattended(self.id, rest, &step));
        Some(Next::End(match rest {
            Rest::Failed | Rest::NotRecorded => Exit::Problems,
            Rest::InDoubt => Exit::InDoubt,
            _ => Exit::Refused,
        }))
    }

    /// The first time lets the step under way go on to its end, the second leaves at once.
    async fn interrupted(&mut self) -> anyhow::Result<Option<Next>> {
        let is_running = |run: &Value| run["state"] == "running";
        let run: Value = self.client.get(&format!("runs/{}", self.id)).await?;
        let running = is_running(&run);
        self.seen = run;
        if !running || self.leaving {
            print::words(format!("\nLeft. `allclear resume {}` goes on.", self.id));
            self.client.hurry();
            return Ok(Some(Next::End(if running && self.client.is_here() { Exit::InDoubt } else { Exit::Ok })));
        }
        self.leaving = true;
        let number = current(&self.seen).map(|step| print::text(&step, "number")).unwrap_or_default();
        let again = if self.client.is_here() {
            "a second Ctrl-C cuts it short, and leaves it in doubt"
        } else {
            "a second Ctrl-C leaves at once, and it goes on"
        };
        // A run that has ended meanwhile needs no pause.
        if self.post("pause", &json!({})).await.is_ok() {
            print::words(format!("\nPaused: step {number} goes on to its end, and no other is started; {again}."));
        }
        Ok(None)
    }

    /// Tells the engine. A refusal is told, and the question comes again.
    async fn say(&mut self, word: Word) -> anyhow::Result<Option<Next>> {
        match self.act(word).await {
            Err(error) if error.downcast_ref::<Failure>().is_some() => {
                print::words(format!("Not done: {error}"));
                Ok(None)
            }
            done => done,
        }
    }

    async fn act(&mut self, word: Word) -> anyhow::Result<Option<Next>> {
        let step = current(&self.seen).unwrap_or_default();
        let of_step = |verb: &str| format!("steps/{}/{verb}", step["number"]);
        let digest = json!({"digest": step["digest"]});
        match word {
            Word::Yes => self.post(&of_step("approve"), &digest).await?,
            Word::Done(note) => self.post(&of_step("confirm"), &json!({"note": note})).await?,
            Word::Again => self.post(&of_step("repeat"), &digest).await?,
            Word::WithoutUndo(reason) => {
                self.post(&of_step("forgo-undo"), &json!({"digest": step["digest"], "reason": reason})).await?;
            }
            Word::Skip(reason) => self.post(&of_step("skip"), &json!({"reason": reason})).await?,
            Word::Abort(reason) => self.post("abort", &json!({"reason": reason})).await?,
            Word::Pause => self.post("pause", &json!({})).await?,
            Word::GoOn => self.post("resume", &json!({})).await?,
            Word::Shell => shell::open(&self.seen, self.common).await,
            Word::Undo => return self.undo().await,
            Word::Leave => {
                print::words(format!("{} waits where it is: `allclear resume {}` goes on.", self.id, self.id));
                return Ok(Some(Next::End(Exit::Ok)));
            }
        }
        Ok(None)
    }

    /// Shows what would be put back, and starts it if that is what is wanted.
    async fn undo(&mut self) -> anyhow::Result<Option<Next>> {
        let plan = undoing::preview(self.client, self.id, None).await?;
        undoing::print_plan(&plan);
        let Self { terminal: Some(terminal), interrupts, .. } = self else { return Ok(None) };
        let answer = tokio::select! {
            answer = terminal.ask("Start this undo? It asks before each step. [y]es [n]o: ") => answer,
            () = interrupts.next() => None,
        };
        if !answer.is_some_and(|answer| answer.to_ascii_lowercase().starts_with('y')) {
            return Ok(None);
        }
        Ok(Some(Next::Run(undoing::start(self.client, self.id, None, &plan, &[]).await?)))
    }

    async fn post(&self, act: &str, body: &Value) -> anyhow::Result<()> {
        let _: Value = self.client.post(&format!("runs/{}/{act}", self.id), body).await?;
        Ok(())
    }

    async fn ended(&mut self, end: &Value) -> anyhow::Result<Next> {
        self.seen = self.client.get(&format!("runs/{}", self.id)).await?;
        if end["state"] == "finished" {
            print::words(format!("{} finished.", self.id));
            return Ok(Next::End(Exit::Ok));
        }
        Ok(Next::End(Exit::Problems))
    }
}

/// The first step that is neither done nor left out.
pub(crate) fn current(run: &Value) -> Option<Value> {
    let open = |step: &&Value| !matches!(step["state"].as_str(), Some("succeeded" | "skipped" | "undone"));
    run["steps"].as_array()?.iter().find(open).cloned()
}

/// What to do about a run that rests, for whoever reads it later.
fn unattended(id: &str, rest: Rest, step: &Value) -> String {
    let (number, digest) = (&step["number"], print::text(step, "digest"));
    match rest {
        Rest::Command => format!(
            "Step {number} of {id} waits for approval, and nobody is here to ask. Nothing was performed.\n\
             To approve exactly this step: allclear resume {id} --approve {digest}"
        ),
        Rest::Manual => {
            format!("Step {number} of {id} is done by a person: `allclear resume {id}` at a terminal confirms it.")
        }
        Rest::Failed => format!(
            "`allclear resume {id} --again` performs it once more, `--happened` says that it happened nevertheless; \
             `allclear undo {id}` puts back what was done; `allclear runs abort {id} --reason …` ends the run."
        ),
        Rest::NotRecorded => format!(
            "`allclear resume {id} --again` tries again to record what is before it; `--without-undo --reason …` performs \
             it although no command will put it back; `allclear runs abort {id} --reason …` ends the run."
        ),
        Rest::InDoubt => format!(
            "Look, then: `allclear resume {id} --happened`, `allclear resume {id} --again` or `allclear resume {id} \
             --undo`."
        ),
        Rest::Paused => format!("{id} is paused: `allclear resume {id}` goes on."),
    }
}
