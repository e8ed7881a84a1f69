//! How many status pages a second are served, beside nginx serving the same bytes as a static file.
//!
//! `wrk` asks both in turns: two threads, 64 connections that are kept alive. Server and client share the machine, the
//! same for both. nginx is Debian's, with as many workers as there are cores and without an access log, which we have
//! not either. First argument: seconds of each round.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use allclear_testkit::{
    Component, Goal, Program, Series, allclear_program, bench_folder, component, free_port, machine, resident_mib,
};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const ROUNDS: u32 = 5;
const ROUND_SECONDS: u32 = 5;
const PARTS: u32 = 8;
/// Until every check has been probed and the page no longer changes.
const SETTLED_AFTER: Duration = Duration::from_secs(8);

fn main() -> Fallible<()> {
    let seconds = std::env::args().nth(1).map_or(Ok(ROUND_SECONDS), |seconds| seconds.parse())?;
    let (Some(nginx), Some(wrk)) = (component(Component::Nginx), component(Component::Wrk)) else { return Ok(()) };
    let folder = tempfile::tempdir_in(bench_folder())?;
    println!("{}", machine());
    let port = free_port();
    let program = start_allclear(folder.path(), port)?;
    std::thread::sleep(SETTLED_AFTER);
    let page = body(port, "/status")?;
    let peer_port = free_port();
    let _peer = start_nginx(&nginx, folder.path(), peer_port, &page)?;
    assert_eq!(body(peer_port, "/status")?, page, "both serve the same bytes");
    let mut ours = Series::new("allclear, GET /status", "/s");
    let mut theirs = Series::new("nginx, the same bytes from a file", "/s");
    for _ in 0..ROUNDS {
        ours.push(load(&wrk, port, seconds)?);
        theirs.push(load(&wrk, peer_port, seconds)?);
    }
    println!("\nStatus page of {} bytes\n{}", page.len(), ours.beside(&theirs, Goal::AtLeast(0.6)));
    println!("  {:<44} {:>9.1} MiB", "resident memory of allclear afterwards", resident_mib(program.pid()));
    Ok(())
}

fn start_allclear(folder: &Path, port: u16) -> Fallible<Program> {
    let config = folder.join("allclear.toml");
    let mut text = format!(
        "[service]\nname = \"Kitchens\"\npublic_url = \"http://127.0.0.1:{port}\"\n[server]\n\
         listen = \"127.0.0.1:{port}\"\n[channel.console]\nkind = \"console\"\n[escalation]\n\
         levels = [{{ channels = [\"console\"], acknowledge_within = \"5m\" }}]\n"
    );
    for part in 1..=PARTS {
        text += &format!(
            "[check.part_{part}]\nkind = \"http\"\nurl = \"http://127.0.0.1:{port}/healthz\"\ninterval = \"60s\"\n"
        );
    }
    fs::write(&config, text)?;
    let mut command = Command::new(allclear_program());
    command.arg("--config").arg(&config).arg("--data-dir").arg(folder.join("data")).arg("up");
    let mut program = Program::start(&mut command, port, &folder.join("allclear.log"));
    program.ready_ms("/readyz");
    Ok(program)
}

fn start_nginx(nginx: &Path, folder: &Path, port: u16, page: &[u8]) -> Fallible<Program> {
    let (root, place) = (folder.join("root"), folder.display());
    fs::create_dir_all(&root)?;
    fs::write(root.join("status"), page)?;
    let config = folder.join("nginx.conf");
    // Started by root, the workers would be somebody else, who may not enter our folder.
    let text = format!(
        "user root;\nworker_processes auto;\ndaemon off;\npid {place}/nginx.pid;\nerror_log {place}/nginx-error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n  access_log off;\n  sendfile on;\n  tcp_nopush on;\n  keepalive_requests 1000000000;\n\
         default_type text/html;\n  client_body_temp_path {place}/body;\n  proxy_temp_path {place}/proxy;\n\
         fastcgi_temp_path {place}/fastcgi;\n  uwsgi_temp_path {place}/uwsgi;\n  scgi_temp_path {place}/scgi;\n\
         server {{\n    listen 127.0.0.1:{port};\n    root {};\n  }}\n}}\n",
        root.display()
    );
    fs::write(&config, text)?;
    let mut command = Command::new(nginx);
    command.arg("-c").arg(&config).arg("-e").arg(folder.join("nginx-early.log"));
    let mut program = Program::start(&mut command, port, &folder.join("nginx.log"));
    program.ready_ms("/status");
    Ok(program)
}

/// Requests a second. An answer that is not 200 is an error: it would be served faster.
fn load(wrk: &PathBuf, port: u16, seconds: u32) -> Fallible<f64> {
    let address = format!("http://127.0.0.1:{port}/status");
    let output = Command::new(wrk).args(["-t2", "-c64", &format!("-d{seconds}s"), &address]).output()?;
    let said = String::from_utf8(output.stdout)?;
    if said.contains("Non-2xx") || said.contains("Socket errors") {
        return Err(said.into());
    }
    let rate = said.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    Ok(rate.ok_or(said.as_str())?.trim().parse()?)
}

fn body(port: u16, path: &str) -> Fallible<Vec<u8>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or("an answer has a header")?;
    Ok(answer.split_off(end + 4))
}
