//! Everything that a session has started, also what has left its process group.
//!
//! It is known by the session's control group; where there is none, by a variable that it inherited, so that a process
//! which cleared its environment is missed.
//!
//! Invariant: what an earlier command left behind on purpose outside of the group, such as a server that was restarted,
//! is not killed with a later one: only what began since. The exception is a session with far too many processes.

use std::collections::BTreeMap;
use std::fs;

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, kill_process_group, prlimit};

use super::control_group::{ControlGroup, TASKS_MAX};

/// Processes that a session may have at once, where we count them.
const PROCESSES_MAX: usize = 1024;
/// The variable that all processes of a session inherit.
pub(super) const MARKER: &str = "ALLCLEAR_SESSION";
/// In which the kernel tells times; the same on every machine that we run on.
const TICKS_PER_SECOND: f64 = 100.0;
/// How often what forks while it is killed is looked for again.
const ROUNDS_MAX: usize = 16;

/// The processes of one session.
pub(super) struct Offspring {
    group: Pid,
    /// `NAME=VALUE` of the variable.
    marker: String,
    control_group: Option<ControlGroup>,
    /// When it was first known, since the machine was started.
    began_ticks: u64,
}

/// A process, as the kernel describes it.
pub(super) struct Process {
    pub(super) id: i32,
    pub(super) parent: i32,
    group: i32,
    session: i32,
    /// Since the machine was started.
    pub(super) began_ticks: u64,
}

impl Offspring {
    /// What that process, the leader of a group, will start; it carries that value of the marker.
    pub(super) fn of(group: Pid, marker: &str) -> Self {
        let control_group = ControlGroup::of(group.as_raw_nonzero().get());
        let offspring = Self { group, marker: format!("{MARKER}={marker}"), control_group, began_ticks: now_ticks() };
        if !offspring.control_group.as_ref().is_some_and(ControlGroup::is_limited) {
            offspring.limit_tasks();
        }
        offspring
    }

    /// Where no control group counts: the user of the session may have so many tasks more than the machine has now. That
    /// bounds what escapes our own counting. It holds for everybody but root.
    fn limit_tasks(&self) {
        let Some(most) = tasks_of_the_machine().map(|tasks| (tasks + TASKS_MAX) as u64) else { return };
        let now = getrlimit(Resource::Nproc);
        if now.current.is_none_or(|current| current > most) {
            let limit = Rlimit { current: Some(most), maximum: now.maximum };
            // One that has ended already starts nothing.
            let _ = prlimit(Some(self.group), Resource::Nproc, limit);
        }
    }

    /// Sends the signal to all that began since and is not in the process group; says whether there was any.
    pub(super) fn signal_strays(&self, signal: Signal, since_ticks: u64) -> bool {
        // What cannot run cannot fork while it is looked for.
        let frozen = self.control_group.as_ref().filter(|_| signal == Signal::KILL);
        if let Some(group) = frozen {
            group.freeze(true);
        }
        let strays = self.strays(since_ticks);
        strays.iter().for_each(|&stray| send(stray, signal));
        if let Some(group) = frozen {
            group.freeze(false);
        }
        !strays.is_empty()
    }

    /// Whether anything that began since is left outside of the process group.
    pub(super) fn has_strays(&self, since_ticks: u64) -> bool {
        !self.strays(since_ticks).is_empty()
    }

    /// Kills everything, whenever it began.
    pub(super) fn kill_all(&self) {
        let _ = kill_process_group(self.group, Signal::KILL);
        if self.control_group.as_ref().is_some_and(ControlGroup::kill) {
            return;
        }
        for _ in 0..ROUNDS_MAX {
            let members = self.members();
            if members.is_empty() {
                return;
            }
            members.keys().for_each(|&member| send(member, Signal::KILL));
        }
    }

    /// Where there are far too many processes: how that is known.
    pub(super) fn excess(&self) -> Option<String> {
        let Some(group) = &self.control_group else {
            // One short file tells of all processes of the machine, so that they are seldom looked at one by one.
            let many = tasks_of_the_machine().is_none_or(|tasks| tasks > PROCESSES_MAX);
            let count = if many { processes().filter(|process| self.has_started(process)).count() } else { 0 };
            return (count > PROCESSES_MAX).then(|| format!("more than {PROCESSES_MAX}, counted in its session"));
        };
        match group.hit_the_limit() {
            Some(hit) => hit.then(|| format!("{TASKS_MAX}, the limit of its control group")),
            None => (group.processes().len() > PROCESSES_MAX)
                .then(|| format!("more than {PROCESSES_MAX}, counted in its control group")),
        }
    }

    /// Lets go of the control group; says whether nothing is left in it.
    pub(super) fn leave(&self) -> bool {
        self.control_group.as_ref().is_none_or(ControlGroup::remove)
    }

    fn strays(&self, since_ticks: u64) -> Vec<i32> {
        let members = self.members();
        let group = self.group.as_raw_nonzero().get();
        let began_before = |process: &Process| process.group != group && process.began_ticks < since_ticks;
        let is_stray = |process: &&Process| {
            let mut ancestors = std::iter::successors(Some(*process), |process| members.get(&process.parent));
            // A tree is never deeper than it has members; a number that was used again could make a circle of it.
            process.group != group && !ancestors.by_ref().take(members.len()).any(began_before)
        };
        members.values().filter(is_stray).map(|process| process.id).collect()
    }

    fn members(&self) -> BTreeMap<i32, Process> {
        let by_id = |process: Process| (process.id, process);
        match &self.control_group {
            Some(group) => group.processes().into_iter().filter_map(Process::of).map(by_id).collect(),
            None => processes().filter(|process| self.carries_marker(process)).map(by_id).collect(),
        }
    }

    /// What has left the session is known by what it inherited.
    fn has_started(&self, process: &Process) -> bool {
        let within = process.session == self.group.as_raw_nonzero().get();
        within || process.began_ticks >= self.began_ticks && self.carries_marker(process)
    }

    fn carries_marker(&self, process: &Process) -> bool {
        let environment = fs::read(format!("/proc/{}/environ", process.id)).unwrap_or_default();
        environment.split(|&byte| byte == 0).any(|variable| variable == self.marker.as_bytes())
    }
}

impl Process {
    /// The process of that number; `None` where it is gone, or only waits to be buried.
    pub(super) fn of(id: i32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name before may hold anything, also brackets.
        let mut fields = text.rsplit_once(") ")?.1.split(' ');
        let state = fields.next()?;
        let (parent, group, session) = (fields.next()?, fields.next()?, fields.next()?);
        let began = fields.nth(15)?;
        if matches!(state, "Z" | "X") {
            return None;
        }
        Some(Self {
            id,
            parent: parent.parse().ok()?,
            group: group.parse().ok()?,
            session: session.parse().ok()?,
            began_ticks: began.parse().ok()?,
        })
    }
}

/// Every process that we can see.
pub(super) fn processes() -> impl Iterator<Item = Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    entries.filter_map(|entry| Process::of(entry.ok()?.file_name().to_str()?.parse().ok()?))
}

/// How many processes and threads the machine has.
fn tasks_of_the_machine() -> Option<usize> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').nth(3)?.split_once('/')?.1.parse().ok()
}

/// The time since the machine was started; nothing is older than a time that cannot be had.
pub(super) fn now_ticks() -> u64 {
    let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
    let seconds: f64 = text.split(' ').next().and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
    (seconds * TICKS_PER_SECOND).floor() as u64
}

pub(super) fn send(process: i32, signal: Signal) {
    if let Some(process) = Pid::from_raw(process) {
        // One that has gone meanwhile needs no signal.
        let _ = kill_process(process, signal);
    }
}

#[cfg(test)]
mod tests;
