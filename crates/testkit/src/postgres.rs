//! A throw-away PostgreSQL: real, on the loopback interface, without a password, gone with the test.

use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::component::{Component, component};
use crate::free_port::free_port;
use crate::throwaway::{Throwaway, Workplace};

const ATTEMPTS: u32 = 5;
const USER: &str = "allclear";

/// A running PostgreSQL server.
#[derive(Debug)]
pub struct Postgres {
    binaries: PathBuf,
    port: u16,
    databases: AtomicU32,
    server: Throwaway,
}

impl Postgres {
    /// Starts a server of the caller's own; `None` if PostgreSQL is not installed, which has been said.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// As [`Postgres::start`], with settings such as `max_connections=12`.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_with(settings: &[&str]) -> Option<Self> {
        let binaries = component(Component::Postgres)?.parent()?.to_owned();
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            let workplace = Workplace::new("postgres");
            let mut initdb = workplace.command(&binaries.join("initdb"));
            initdb.args(["-D", "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
            succeed(initdb.args(["--no-sync", "--no-instructions"]));
            let port = free_port();
            let program = binaries.join("postgres");
            let arguments = arguments(&workplace, port, settings);
            match workplace.start("QUIT", &program, &arguments, || is_ready(port)) {
                Ok(server) => return Some(Self { binaries, port, databases: AtomicU32::new(0), server }),
                Err(log) => said = log,
            }
        }
        panic!("PostgreSQL did not start: {said}");
    }

    /// Starts a standby of this server from a copy of its files; or what it said when it did not start.
    ///
    /// # Errors
    /// The standby's log, where it ended instead of answering.
    ///
    /// # Panics
    /// If the files cannot be copied.
    pub fn standby_with(&self, settings: &[&str]) -> Result<Self, String> {
        let workplace = Workplace::new("standby");
        let mut copy = workplace.command(&self.binaries.join("pg_basebackup"));
        copy.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", USER]);
        succeed(copy.args(["-D", "data", "-R", "-X", "fetch", "-c", "fast"]));
        let port = free_port();
        let arguments = arguments(&workplace, port, settings);
        let server = workplace.start("QUIT", &self.binaries.join("postgres"), &arguments, || is_ready(port))?;
        Ok(Self { binaries: self.binaries.clone(), port, databases: AtomicU32::new(0), server })
    }

    /// The one server that all tests of a binary share; it ends with the binary.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// Makes an empty database and returns its address, `postgres://…`.
    ///
    /// # Panics
    /// If the server does not answer.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", &format!("CREATE DATABASE {name}"));
        format!("postgres://{USER}@127.0.0.1:{}/{name}", self.port)
    }

    /// Runs SQL in a database, given by name, and returns what came out: rows by line, columns by `|`.
    ///
    /// # Panics
    /// If the server does not answer, or refuses the text.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(self.binaries.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", USER]);
        psql.args(["-p", &self.port.to_string(), "-d", database, "-c", sql]);
        String::from_utf8_lossy(&succeed(&mut psql).stdout).trim_end().to_owned()
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Process id of the server.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// Where `psql`, `pg_dump`, `pg_restore` and the others are.
    pub fn binaries(&self) -> &std::path::Path {
        &self.binaries
    }
}

fn arguments(workplace: &Workplace, port: u16, settings: &[&str]) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["-D", "data", "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"].map(str::to_owned).into();
    arguments.extend(["-p".to_owned(), port.to_string(), "-k".to_owned(), workplace.path.display().to_string()]);
    arguments.extend(settings.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]));
    arguments
}

/// The server answers a start-up packet with a refusal until it takes connections.
fn is_ready(port: u16) -> bool {
    use std::io::{Read, Write};
    // Its length, protocol 3.0, and whom we want to be.
    const STARTUP: &[u8] = b"\x00\x00\x00\x29\x00\x03\x00\x00user\x00allclear\x00database\x00postgres\x00\x00";
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    let mut answer = [0];
    // `R` asks for or grants authentication; `E` is "the database system is starting up".
    stream.write_all(STARTUP).is_ok() && stream.read_exact(&mut answer).is_ok() && answer == *b"R"
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}
