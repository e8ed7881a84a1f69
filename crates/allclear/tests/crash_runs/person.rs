//! The person at the incident: starts the program, goes on with the run after each kill, and settles what is in doubt
//! by looking at the estate.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use allclear_core::{Event, Recorded, RunId};
use allclear_testkit::LogWatch;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::estate::Estate;
use super::kills::Moment;
use super::procedure::{Executor, PROCEDURE, row_of};

/// More often nobody goes on: the run is stuck.
const ROUNDS_MAX: u32 = 40;
/// A process that takes longer is stuck.
const PROCESS_TAKES_MOST: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_micros(400);

/// Who goes through one run.
pub(crate) struct Person<'a> {
    estate: &'a Estate,
    data: String,
    pub(crate) log: LogWatch,
    kills: VecDeque<Moment>,
    /// Position of the log when the run, or its undo, began.
    begun_at: u64,
    /// Kills that hit a step under way, by its executor; the others hit between steps.
    pub(crate) killed: BTreeMap<Option<Executor>, u64>,
    /// Connections that were cut, and shells that were killed.
    pub(crate) spared: u64,
}

/// How a process ended.
enum Ended {
    Killed,
    /// Its exit code, and what it printed for programs.
    Code(i32, Value),
}

impl<'a> Person<'a> {
    pub(crate) fn new(estate: &'a Estate, data: &str) -> Self {
        let log = LogWatch::of(&estate.place.path(data).join("log.db"));
        Self {
            estate,
            data: data.to_owned(),
            log,
            kills: VecDeque::new(),
            begun_at: 0,
            killed: BTreeMap::new(),
            spared: 0,
        }
    }

    /// Takes the run to its end.
    pub(crate) fn perform(&mut self, kills: VecDeque<Moment>) -> Result<RunId, String> {
        let (runbook, digest) = self.estate.runbook();
        let begin = ["run", runbook, PROCEDURE, "--target", "sandbox", "--approve", digest];
        self.kills = kills;
        self.go_on(&begin.map(str::to_owned), |event| match event {
            Event::RunPlanned { run, .. } => Some(*run),
            _ => None,
        })
    }

    /// Takes the run back.
    pub(crate) fn undo(&mut self, run: RunId, kills: VecDeque<Moment>) -> Result<RunId, String> {
        self.kills.clear();
        let (id, show) = (run.to_string(), "--plan".to_owned());
        let Ended::Code(0, plan) = self.tell(&["undo".to_owned(), id.clone(), show])? else {
            return Err("the undo has no plan".to_owned());
        };
        let digest = plan["digest"].as_str().unwrap_or_default().to_owned();
        self.kills = kills;
        self.go_on(&["undo".to_owned(), id, "--approve".to_owned(), digest], |event| match event {
            Event::UndoStarted { run, .. } => Some(*run),
            _ => None,
        })
    }

    fn go_on(&mut self, begin: &[String], begun: impl Fn(&Event) -> Option<RunId>) -> Result<RunId, String> {
        self.begun_at = self.log.seq();
        let mut word: Option<&str> = None;
        for _ in 0..ROUNDS_MAX {
            let run = self.log.events().iter().find_map(|recorded| begun(&recorded.event));
            let ended = match run {
                None => self.tell(begin)?,
                Some(run) => {
                    let resume = ["resume".to_owned(), run.to_string()].into_iter();
                    self.tell(&resume.chain(word.take().map(str::to_owned)).collect::<Vec<_>>())?
                }
            };
            word = match ended {
                Ended::Killed => None,
                Ended::Code(0, run) => return run_id(&run),
                Ended::Code(1 | 3 | 4, run) => Some(self.word_on(&run)?),
                Ended::Code(code, told) => return Err(format!("exit code {code}: {told}")),
            };
        }
        Err(format!("the run has not ended after {ROUNDS_MAX} rounds"))
    }

    /// Looks at the estate, and says what is to be said of the step that needs somebody.
    fn word_on(&self, run: &Value) -> Result<&'static str, String> {
        let steps = run["steps"].as_array().ok_or_else(|| format!("no run was printed, but {run}"))?;
        let open = |step: &&Value| !matches!(step["state"].as_str(), Some("succeeded" | "skipped" | "undone"));
        let step = steps.iter().find(open).ok_or_else(|| format!("no step is open: {run}"))?;
        let state = step["state"].as_str().unwrap_or_default();
        if step["kind"] == "manual" && state == "waiting" {
            return Ok("--happened");
        }
        if !matches!(state, "failed" | "in-doubt") {
            return Err(format!("step {} is {state}, and it was approved", step["number"]));
        }
        let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
        let mut planned = run["plan"]["steps"].as_array().into_iter().flatten();
        let planned = planned.find(|planned| planned["number"] == step["number"]);
        self.estate.wait_until_quiet();
        let happened = match planned.and_then(|planned| number(&planned["undoes"])) {
            Some(undone) => self.estate.is_put_back(undone),
            None => number(&step["number"]).and_then(row_of).is_some_and(|row| self.estate.count(row) > 0),
        };
        Ok(if happened { "--happened" } else { "--again" })
    }

    /// Runs the program, to its end or to the next kill.
    fn tell(&mut self, arguments: &[String]) -> Result<Ended, String> {
        let moment = self.kills.pop_front();
        let printed = self.estate.place.path("printed.json");
        let said = File::options().append(true).create(true).open(self.said()).expect("the place can be written");
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = self.estate.place.command(&words);
        command.args(["--data-dir", &self.data, "--format", "json"]).stderr(said);
        // Whoever is killed removes no temporary file; these go with the place.
        command.env("TMPDIR", self.estate.place.path("temporary"));
        command.stdout(Stdio::from(File::create(&printed).expect("the place can be written")));
        let mut child = command.spawn().expect("the program starts");
        let status = self.watch(&mut child, moment)?;
        if status.signal().is_some() {
            self.estate.wait_until_quiet();
            let step = under_way(&self.log.events());
            *self.killed.entry(step).or_default() += 1;
            return Ok(Ended::Killed);
        }
        if let Some(Moment::Shell { .. } | Moment::Cut { .. }) = moment {
            self.estate.wait_until_quiet();
        }
        let text = std::fs::read_to_string(&printed).expect("it was made");
        Ok(Ended::Code(status.code().unwrap_or(-1), serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// What the program said to people.
    pub(crate) fn said(&self) -> PathBuf {
        self.estate.place.path(&format!("{}.said", self.data))
    }

    /// Waits for the end of the process, and kills it when the moment comes.
    fn watch(&mut self, child: &mut Child, moment: Option<Moment>) -> Result<ExitStatus, String> {
        let began = Instant::now();
        let process = Pid::from_child(child);
        let wanted = match moment {
            Some(Moment::Arrival { needle, side } | Moment::Cut { needle, side }) => Some((needle, side)),
            _ => None,
        };
        let seen = || match moment {
            Some(Moment::Seen(step)) => row_of(step).map_or(0, |row| self.estate.count(row)),
            _ => 0,
        };
        let seen_before = seen();
        self.estate.trap.arm(process, wanted, matches!(moment, Some(Moment::Cut { .. })));
        let mut reached: Option<Instant> = None;
        let mut done = false;
        loop {
            // The process is killed by its number only as long as it was not waited for.
            if ended(process) {
                let cut = matches!(moment, Some(Moment::Cut { .. })) && !self.estate.trap.is_armed();
                self.spared += u64::from(cut);
                self.estate.trap.disarm();
                return Ok(child.wait().expect("it can be waited for"));
            }
            let due = match moment {
                Some(Moment::Seen(_)) => seen() > seen_before,
                Some(Moment::Event { count, then } | Moment::Shell { count, then }) => {
                    if reached.is_none() && self.log.seq() >= self.begun_at + count {
                        reached = Some(Instant::now());
                    }
                    reached.is_some_and(|reached| reached.elapsed() >= then)
                }
                Some(Moment::Arrival { .. } | Moment::Cut { .. }) | None => false,
            };
            if due && !done {
                done = true;
                let spares = matches!(moment, Some(Moment::Shell { .. }));
                let victim = if spares { shell_of(process) } else { Some(process) };
                self.spared += u64::from(spares && victim.is_some());
                if let Some(victim) = victim {
                    // One that has just ended needs no signal.
                    let _ = kill_process(victim, Signal::KILL);
                }
            }
            if began.elapsed() > PROCESS_TAKES_MOST {
                let _ = child.kill();
                self.estate.trap.disarm();
                let _ = child.wait();
                return Err(format!("a process has not ended within {} s", PROCESS_TAKES_MOST.as_secs()));
            }
            std::thread::park_timeout(LOOK_EVERY);
        }
    }
}

/// Whether it waits to be buried.
fn ended(process: Pid) -> bool {
    stat(process.as_raw_nonzero().get()).is_none_or(|(_, state, _)| state == "Z")
}

/// The bash that belongs to the process.
fn shell_of(process: Pid) -> Option<Pid> {
    let parent = process.as_raw_nonzero().get().to_string();
    let entries = std::fs::read_dir("/proc").ok()?.flatten();
    let mut numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let shell = numbers.find(|number| {
        let Some((name, _, its_parent)) = stat(*number) else { return false };
        // Bash that only checks a command is called the same: it is gone in a moment, and is as good a victim.
        name == "bash" && its_parent == parent
    });
    shell.and_then(Pid::from_raw)
}

/// Name, state and parent.
fn stat(process: i32) -> Option<(String, String, String)> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (head, tail) = text.rsplit_once(") ")?;
    let mut fields = tail.split(' ');
    let name = head.split_once('(')?.1.to_owned();
    Some((name, fields.next()?.to_owned(), fields.next()?.to_owned()))
}

fn run_id(run: &Value) -> Result<RunId, String> {
    let id = run["id"].as_str().and_then(|id| id.parse().ok());
    id.ok_or_else(|| format!("no run was printed, but {run}"))
}

/// The executor of the step that was started and has no outcome.
fn under_way(events: &[Recorded]) -> Option<Executor> {
    let mut step = None;
    let mut undoing = BTreeMap::new();
    for recorded in events {
        match recorded.event.as_ref() {
            Event::UndoStarted { plan, .. } => {
                undoing = plan.steps.iter().filter_map(|step| Some((step.number, step.undoes?))).collect();
                step = None;
            }
            Event::StepStarted { step: started, .. } => step = Some(undoing.get(started).copied().unwrap_or(*started)),
            Event::StepSucceeded { .. } | Event::StepFailed { .. } | Event::StepInDoubt { .. } => step = None,
            _ => {}
        }
    }
    step.and_then(row_of).map(|row| row.executor)
}
