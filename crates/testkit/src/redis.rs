//! A throw-away Redis: real, on the loopback interface, in memory only, gone with the test.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use crate::component::{Component, component};
use crate::free_port::free_port;
use crate::throwaway::{Throwaway, Workplace};

const ATTEMPTS: u32 = 5;

/// A running Redis server.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    server: Throwaway,
}

impl Redis {
    /// Starts a server; `None` if Redis is not installed, which has been said.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// As [`Redis::start`], with arguments such as `--maxmemory 8mb`, word by word.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_with(arguments: &[&str]) -> Option<Self> {
        let program = component(Component::Redis)?;
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            let workplace = Workplace::new("redis");
            let port = free_port();
            let mut all: Vec<String> =
                ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"].map(str::to_owned).into();
            all.push(port.to_string());
            all.extend(arguments.iter().map(|&argument| argument.to_owned()));
            match workplace.start("KILL", &program, &all, || is_ready(port)) {
                Ok(server) => return Some(Self { port, server }),
                Err(log) => said = log,
            }
        }
        panic!("Redis did not start: {said}");
    }

    /// Its address, `redis://…`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Process id of the server.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }
}

fn is_ready(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    let mut answer = [0; 5];
    stream.write_all(b"PING\r\n").is_ok() && stream.read_exact(&mut answer).is_ok() && answer == *b"+PONG"
}
