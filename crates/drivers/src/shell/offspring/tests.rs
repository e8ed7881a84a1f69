//! Recognising the processes of a session on a machine that gives it no control group.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::*;

/// A group whose leader has started a child in a session of its own, and a child in that one's.
fn session(marker: &str) -> (Child, Offspring) {
    let script = "setsid sh -c 'sleep 1000 & sleep 1000' & sleep 1000";
    let mut command = Command::new("bash");
    let leader = command.args(["-c", script]).env(MARKER, marker).process_group(0).spawn().expect("bash starts");
    let group = i32::try_from(leader.id()).ok().and_then(Pid::from_raw).expect("a number");
    let offspring = Offspring { group, marker: format!("{MARKER}={marker}"), control_group: None, began_ticks: 0 };
    (leader, offspring)
}

/// Waits for so many strays; not forever.
fn eventually(offspring: &Offspring, since: u64, count: usize) -> Vec<i32> {
    let limit = Instant::now() + Duration::from_secs(30);
    loop {
        let strays = offspring.strays(since);
        if strays.len() == count {
            return strays;
        }
        assert!(Instant::now() < limit, "{strays:?} instead of {count}");
        std::thread::yield_now();
    }
}

#[test]
fn strays_are_known_by_what_they_inherited() {
    let (mut leader, offspring) = session(&format!("inherited-{}", std::process::id()));
    assert!(!eventually(&offspring, 0, 3).contains(&i32::try_from(leader.id()).expect("a number")));
    // To a command that begins now they are what an earlier one left.
    let later = now_ticks() + 1;
    assert_eq!(offspring.strays(later), Vec::<i32>::new());
    assert!(!offspring.has_strays(later));
    assert!(offspring.signal_strays(Signal::KILL, 0));
    eventually(&offspring, 0, 0);
    assert_eq!(offspring.members().len(), 2, "the leader and its own child");
    offspring.kill_all();
    leader.wait().expect("it is dead");
    assert_eq!(offspring.members().len(), 0);
}

#[test]
fn the_machine_s_tasks_and_this_process_are_read() {
    assert!(tasks_of_the_machine().is_some_and(|tasks| tasks > 0));
    let own = Process::of(i32::try_from(std::process::id()).expect("a number")).expect("it lives");
    assert!(own.parent > 0 && own.began_ticks > 0 && own.began_ticks <= now_ticks());
    assert!(processes().any(|process| process.id == own.id));
}
