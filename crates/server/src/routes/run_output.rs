//! `/api/v1/runs/{id}/output` and `/follow`: what steps wrote, kept and live.
//!
//! Invariant: in a stream, all of a step's output stands before the event that ends the step, and nothing is told twice,
//! whenever the listener came and however slow it is.

use std::convert::Infallible;
use std::sync::Arc;

use allclear_core::{Event, Recorded, Run, RunId, StepOutcome, StepState, World};
use allclear_engine::OutputChunk;
use allclear_store::Store;
use axum::extract::State;
use axum::http::header;
use axum::response::sse::Event as Line;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::mpsc;
use utoipa::IntoParams;

use super::event::{Lines, failure, line, stream};
use super::run::find;
use crate::extract::{Id, OutputDigest, Parameters};
use crate::follow::LogFollower;
use crate::problem::Problem;
use crate::site::Site;

/// A long output is told in pieces of this size.
const PIECE_BYTES: usize = 64 * 1024;

/// Which step.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OutputOf {
    /// Number of the step.
    step: u32,
    /// Leaves out this many bytes: for whoever looks again and has seen them.
    #[serde(default)]
    from: usize,
}

/// Shows what a step wrote: so far where it is under way, else in its last attempt. Secrets are already removed.
#[utoipa::path(get, path = "/runs/{id}/output", tag = "runs",
    params(("id" = String, Path, example = "run-40"), OutputOf),
    responses((status = 200, content_type = "text/plain", body = String), (status = 404, body = Problem)))]
pub(crate) async fn output(
    State(site): State<Arc<Site>>,
    Id(id): Id<RunId>,
    Parameters(OutputOf { step, from }): Parameters<OutputOf>,
) -> Result<Response, Problem> {
    let run = find(&site, id).await?;
    let mut bytes = of_step(&site, &run, step).await?;
    bytes.drain(..from.min(bytes.len()));
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], bytes).into_response())
}

/// What a step wrote; empty where it wrote nothing.
pub(crate) async fn of_step(site: &Site, run: &Run, number: u32) -> Result<Vec<u8>, Problem> {
    let step = run.steps.get(&number).ok_or_else(|| Problem::not_found("step", &number))?;
    if step.state == StepState::Started {
        return Ok(site.engine.output(run.id, number)?.0);
    }
    let Some(digest) = step.outcome.as_ref().and_then(|outcome| outcome.output.as_ref()) else { return Ok(Vec::new()) };
    let kept = site.store().get_blob(digest).await?;
    kept.ok_or_else(|| Problem::not_found("output", digest))
}

/// Shows what any attempt of a run wrote, by the digest that its outcome names.
#[utoipa::path(get, path = "/runs/{id}/outputs/{digest}", tag = "runs",
    params(("id" = String, Path, example = "run-40"), ("digest" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 404, body = Problem)))]
pub(crate) async fn kept(
    State(site): State<Arc<Site>>,
    Id(id): Id<RunId>,
    OutputDigest(digest): OutputDigest,
) -> Result<Response, Problem> {
    let events = site.store().read_run(id).await?;
    // What was captured is kept in the same place, and is nobody's to read.
    let is_output = |recorded: &Recorded| match recorded.event.as_ref() {
        Event::StepSucceeded { outcome, .. } | Event::StepFailed { outcome, .. } => {
            outcome.output.as_ref() == Some(&digest)
        }
        _ => false,
    };
    let missing = || Problem::not_found("output", &digest);
    let bytes = if events.iter().any(is_output) { site.store().get_blob(&digest).await? } else { None };
    let bytes = bytes.ok_or_else(missing)?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

/// Streams a run from its beginning to its end: `event` lines hold records of the log, `output` lines `{step, text}`,
/// and the last line is `end` with `{state}`. Whoever comes late is told everything from the beginning; the line `now`
/// stands behind what had happened before.
#[utoipa::path(get, path = "/runs/{id}/follow", tag = "runs", params(("id" = String, Path, example = "run-40")),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 404, body = Problem)))]
pub(crate) async fn follow(State(site): State<Arc<Site>>, Id(id): Id<RunId>) -> Result<Lines, Problem> {
    let world = site.world();
    let mut history = site.store().read_run(id).await?;
    history.retain(|recorded| recorded.seq <= world.seq);
    if history.is_empty() {
        return Err(Problem::not_found("run", &id));
    }
    let log = LogFollower::after(&site, world.seq);
    let (step, written, output) = live(&site, id)?;
    let telling = Telling { run: id, store: site.store().clone(), log, output, told: Told::default(), lines: None };
    Ok(stream(&site, |lines| telling.tell(lines, history, step, written)))
}

/// The output so far of the step under way, and everything that follows, without a gap between.
fn live(site: &Site, id: RunId) -> Result<(u32, Vec<u8>, broadcast::Receiver<OutputChunk>), Problem> {
    let current = |world: Arc<World>| world.runs.get(&id).and_then(Run::current).map_or(0, |(number, _)| number);
    loop {
        let step = current(site.world());
        let (written, output) = site.engine.output(id, step)?;
        if current(site.world()) == step {
            return Ok((step, written, output));
        }
    }
}

struct Telling {
    run: RunId,
    store: Store,
    log: LogFollower,
    output: broadcast::Receiver<OutputChunk>,
    told: Told,
    lines: Option<mpsc::Sender<Result<Line, Infallible>>>,
}

/// How much of the output of the step under way has been told.
#[derive(Default)]
struct Told {
    bytes: usize,
    /// The beginning of a letter whose other bytes have not come yet.
    begun: Vec<u8>,
    /// Something was missed: the rest follows from what is kept, when the step ends.
    behind: bool,
}

/// The listener has gone, or the run has ended.
struct Over;

impl Telling {
    async fn tell(
        mut self,
        lines: mpsc::Sender<Result<Line, Infallible>>,
        history: Vec<Recorded>,
        step: u32,
        written: Vec<u8>,
    ) {
        self.lines = Some(lines);
        let _ = self.tell_all(history, step, &written).await;
    }

    async fn tell_all(&mut self, history: Vec<Recorded>, step: u32, written: &[u8]) -> Result<(), Over> {
        for recorded in history {
            self.record(&recorded).await?;
        }
        self.chunk(step, written).await?;
        self.send(Line::default().event("now").data("{}")).await?;
        loop {
            tokio::select! {
                biased;
                chunk = self.output.recv() => match chunk {
                    Ok(chunk) if chunk.run == self.run => self.chunk(chunk.step, &chunk.bytes).await?,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => self.told.behind = true,
                    Err(RecvError::Closed) => return Err(Over),
                },
                next = self.log.next() => match next {
                    Ok(Some(recorded)) if recorded.run == Some(self.run) => self.record(&recorded).await?,
                    Ok(Some(_)) => {}
                    Ok(None) => return Err(Over),
                    Err(error) => {
                        self.send(failure(&error)).await?;
                        return Err(Over);
                    }
                },
            }
        }
    }

    async fn record(&mut self, recorded: &Recorded) -> Result<(), Over> {
        if let Event::StepSucceeded { step, outcome, .. } | Event::StepFailed { step, outcome, .. } =
            recorded.event.as_ref()
        {
            self.rest(*step, outcome).await?;
        }
        self.send(line(recorded).event("event")).await?;
        let state = match recorded.event.as_ref() {
            Event::RunFinished { .. } => "finished",
            Event::RunAborted { .. } => "aborted",
            _ => return Ok(()),
        };
        self.send(Line::default().event("end").data(json!({ "state": state }).to_string())).await?;
        Err(Over)
    }

    /// What was kept of a step that has ended and has not been told live: all of it for whoever came later.
    async fn rest(&mut self, step: u32, outcome: &StepOutcome) -> Result<(), Over> {
        let told = std::mem::take(&mut self.told);
        let Some(digest) = &outcome.output else { return Ok(()) };
        let kept = match self.store.get_blob(digest).await {
            Ok(kept) => kept.unwrap_or_default(),
            Err(error) => return self.send(failure(&error)).await,
        };
        let rest = kept.get(told.bytes..).unwrap_or_default();
        self.told.begun = told.begun;
        for piece in rest.chunks(PIECE_BYTES) {
            self.chunk(step, piece).await?;
        }
        self.told = Told::default();
        Ok(())
    }

    async fn chunk(&mut self, step: u32, bytes: &[u8]) -> Result<(), Over> {
        if self.told.behind {
            return Ok(());
        }
        self.told.bytes += bytes.len();
        self.told.begun.extend_from_slice(bytes);
        let text = whole_letters(&mut self.told.begun);
        if text.is_empty() {
            return Ok(());
        }
        self.send(Line::default().event("output").data(json!({ "step": step, "text": text }).to_string())).await
    }

    async fn send(&self, line: Line) -> Result<(), Over> {
        let Some(lines) = &self.lines else { return Err(Over) };
        lines.send(Ok(line)).await.map_err(|_| Over)
    }
}

/// Takes what is complete out of `bytes`; the first bytes of a letter stay until the rest has come.
fn whole_letters(bytes: &mut Vec<u8>) -> String {
    let cut = bytes.utf8_chunks().last().map_or(0, |last| {
        let begins_letter = last.invalid().first().is_some_and(|first| *first >= 0xC2);
        if begins_letter && last.invalid().len() < 4 { last.invalid().len() } else { 0 }
    });
    let rest = bytes.split_off(bytes.len() - cut);
    let text = String::from_utf8_lossy(bytes).into_owned();
    *bytes = rest;
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_that_is_cut_in_two_waits_for_its_other_half() {
        let mut bytes = b"caf\xC3".to_vec();
        assert_eq!(whole_letters(&mut bytes), "caf");
        bytes.extend(b"\xA9 \xFF!");
        assert_eq!(whole_letters(&mut bytes), "é \u{FFFD}!");
        assert!(bytes.is_empty());
    }
}
