//! A web server that remembers every request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use super::kills::Side;
use super::trap::Trap;

const LENGTH: &str = "content-length:";

/// Where requests are sent, and what came.
pub(crate) struct Recorder {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    pub(crate) fn start(trap: &Arc<Trap>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let requests = Arc::default();
        let (kept, trap) = (Arc::clone(&requests), Arc::clone(trap));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // One after the other: whoever asks what came sees everything that was answered.
                let _ = answer(client, &kept, &trap);
            }
        });
        Self { port, requests }
    }

    /// How often that request came, such as `POST /orders`.
    pub(crate) fn count(&self, request: &str) -> usize {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.iter().filter(|line| line.starts_with(request)).count()
    }

    pub(crate) fn forget(&self) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn answer(client: TcpStream, kept: &Mutex<Vec<String>>, trap: &Trap) -> std::io::Result<()> {
    let mut reader = BufReader::new(&client);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if let Some(told) = line.to_ascii_lowercase().strip_prefix(LENGTH) {
            length = told.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let side = trap.springs(head.as_bytes());
    if side != Some(Side::Before) {
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(head);
    }
    if side.is_some() {
        trap.kill();
        return Ok(());
    }
    (&client).write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
}
