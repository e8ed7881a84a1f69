//! What kills the program, or only cuts its connection, when certain bytes are on their way, and the ways on which it
//! waits for them: a relay before each server.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Pid, Signal, kill_process};

use super::kills::Side;

/// Armed for one process at a time.
#[derive(Default)]
pub(crate) struct Trap {
    armed: Mutex<Option<(&'static str, Side)>>,
    /// Whether only the connection is cut.
    spares: AtomicBool,
    /// The process, as long as its number can belong to nobody else.
    victim: Mutex<Option<Pid>>,
    /// Connections that are relayed now.
    open: AtomicUsize,
}

impl Trap {
    pub(crate) fn arm(&self, victim: Pid, wanted: Option<(&'static str, Side)>, spares: bool) {
        self.spares.store(spares, Ordering::SeqCst);
        *lock(&self.victim) = Some(victim);
        *lock(&self.armed) = wanted;
    }

    /// From now on nobody is killed: call it before the process is waited for.
    pub(crate) fn disarm(&self) {
        *lock(&self.armed) = None;
        *lock(&self.victim) = None;
    }

    /// Whether these bytes are what is waited for; it springs once.
    pub(crate) fn springs(&self, bytes: &[u8]) -> Option<Side> {
        let mut armed = lock(&self.armed);
        let (needle, side) = (*armed)?;
        let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
        found.then(|| {
            *armed = None;
            side
        })
    }

    pub(crate) fn kill(&self) {
        let victim = lock(&self.victim);
        if let Some(victim) = victim.filter(|_| !self.spares.load(Ordering::SeqCst)) {
            // One that has just ended by itself needs no signal.
            let _ = kill_process(victim, Signal::KILL);
        }
    }

    /// Whether what was waited for has not come.
    pub(crate) fn is_armed(&self) -> bool {
        lock(&self.armed).is_some()
    }

    /// Whether nothing is on its way any more.
    pub(crate) fn is_quiet(&self) -> bool {
        self.open.load(Ordering::SeqCst) == 0
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listens before the server on that port, and relays; the answer is where.
pub(crate) fn relay_to(port: u16, trap: &Arc<Trap>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let ours = listener.local_addr().expect("it is bound").port();
    let trap = Arc::clone(trap);
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            relay(client, server, &trap);
        }
    });
    ours
}

fn relay(client: TcpStream, server: TcpStream, trap: &Arc<Trap>) {
    let (Ok(answers), Ok(back)) = (server.try_clone(), client.try_clone()) else { return };
    let held = Arc::new(AtomicBool::new(false));
    trap.open.fetch_add(1, Ordering::SeqCst);
    let (there, holds) = (Arc::clone(trap), Arc::clone(&held));
    std::thread::spawn(move || {
        pass_on(client, &server, |bytes| match there.springs(bytes) {
            Some(Side::Before) => {
                there.kill();
                false
            }
            Some(Side::After) => {
                holds.store(true, Ordering::SeqCst);
                true
            }
            None => true,
        });
        let _ = server.shutdown(Shutdown::Both);
    });
    let trap = Arc::clone(trap);
    std::thread::spawn(move || {
        pass_on(answers, &back, |_| {
            let hold = held.load(Ordering::SeqCst);
            if hold {
                trap.kill();
            }
            !hold
        });
        let _ = back.shutdown(Shutdown::Both);
        trap.open.fetch_sub(1, Ordering::SeqCst);
    });
}

/// Until either end is gone, or `may_pass` says no.
fn pass_on(mut from: TcpStream, mut to: &TcpStream, mut may_pass: impl FnMut(&[u8]) -> bool) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        if !may_pass(&bytes[..length]) || to.write_all(&bytes[..length]).is_err() {
            return;
        }
    }
}
