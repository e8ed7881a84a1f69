//! A port of the loopback interface that nobody uses just now.

use std::net::{Ipv4Addr, TcpListener};

/// A port that was free a moment ago. Somebody else may take it first, so whoever starts a server there tries again
/// with another.
///
/// # Panics
/// If the machine has no free port.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("the loopback interface has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}
