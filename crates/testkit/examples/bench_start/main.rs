//! How soon `allclear up` is ready, beside Debian's Alertmanager: with an empty log and with one of a million events;
//! how much memory it takes at rest, and how large it is.
//!
//! The programs are started in turns, each with the port already chosen and nothing else to do, and are asked until
//! they answer 200. With the long log the process was killed long after its last snapshot, so that the start has to
//! fold what came after it. First argument: rounds.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

mod million;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use allclear_testkit::{
    Component, Goal, Program, Series, allclear_program, bench_folder, component, free_port, machine, resident_mib,
};

pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const ROUNDS: u32 = 9;
const AT_REST: Duration = Duration::from_secs(10);

fn main() -> Fallible<()> {
    let rounds = std::env::args().nth(1).map_or(Ok(ROUNDS), |rounds| rounds.parse())?;
    let Some(alertmanager) = component(Component::Alertmanager) else { return Ok(()) };
    let bench = Bench { allclear: allclear_program(), alertmanager, folder: tempfile::tempdir_in(bench_folder())? };
    println!("{}", machine());
    bench.empty_log(rounds)?;
    bench.long_log(rounds)?;
    bench.at_rest()?;
    bench.size()
}

struct Bench {
    allclear: PathBuf,
    alertmanager: PathBuf,
    folder: tempfile::TempDir,
}

impl Bench {
    fn empty_log(&self, rounds: u32) -> Fallible<()> {
        let mut ours = Series::new("allclear up, empty data directory", "ms");
        let mut theirs = Series::new("Alertmanager, empty storage", "ms");
        for round in 0..rounds {
            let data = self.folder.path().join(format!("empty-{round}"));
            let mut program = self.start_allclear(&data)?;
            ours.push(program.ready_ms("/readyz"));
            program.kill();
            theirs.push(self.alertmanager_ready_ms(round)?);
        }
        println!("\nCold start to ready\n{}", ours.beside(&theirs, Goal::AtMost(1.0)));
        Ok(())
    }

    fn long_log(&self, rounds: u32) -> Fallible<()> {
        let data = self.folder.path().join("million");
        million::copy_to(&data)?;
        let mut ours = Series::new("allclear up, 1,000,000 events", "ms");
        let mut theirs = Series::new("Alertmanager, empty storage", "ms");
        for round in 0..rounds {
            let mut program = self.start_allclear(&data)?;
            ours.push(program.ready_ms("/readyz"));
            program.kill();
            theirs.push(self.alertmanager_ready_ms(rounds + round)?);
        }
        println!("\nCold start with a long log, {} events after the last snapshot", million::AFTER_SNAPSHOT);
        println!("{}", ours.beside(&theirs, Goal::AtMost(10.0)));
        Ok(())
    }

    fn at_rest(&self) -> Fallible<()> {
        let mut program = self.start_allclear(&self.folder.path().join("rest"))?;
        program.ready_ms("/readyz");
        let mut peer = self.start_alertmanager(&self.folder.path().join("peer"))?;
        peer.ready_ms("/-/ready");
        std::thread::sleep(AT_REST);
        println!("\nResident memory after {} s at rest (goal: at most 40 MiB)", AT_REST.as_secs());
        println!("  {:<44} {:>9.1} MiB", "allclear up", resident_mib(program.pid()));
        println!("  {:<44} {:>9.1} MiB", "Alertmanager", resident_mib(peer.pid()));
        Ok(())
    }

    fn size(&self) -> Fallible<()> {
        println!("\nSize of the program");
        for (name, path) in [("allclear", &self.allclear), ("Alertmanager", &self.alertmanager)] {
            println!("  {name:<44} {:>9.1} MiB", fs::metadata(path)?.len() as f64 / 1_048_576.0);
        }
        Ok(())
    }

    fn start_allclear(&self, data: &Path) -> Fallible<Program> {
        let port = free_port();
        let config = self.folder.path().join("allclear.toml");
        fs::write(&config, config_for(port))?;
        let mut command = Command::new(&self.allclear);
        command.arg("--config").arg(&config).arg("--data-dir").arg(data).arg("up");
        Ok(Program::start(&mut command, port, &self.folder.path().join("allclear.log")))
    }

    fn alertmanager_ready_ms(&self, round: u32) -> Fallible<f64> {
        let mut program = self.start_alertmanager(&self.folder.path().join(format!("alertmanager-{round}")))?;
        let ready_ms = program.ready_ms("/-/ready");
        program.kill();
        Ok(ready_ms)
    }

    fn start_alertmanager(&self, storage: &Path) -> Fallible<Program> {
        let config = self.folder.path().join("alertmanager.yml");
        fs::write(&config, "route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n")?;
        let port = free_port();
        let mut command = Command::new(&self.alertmanager);
        command.arg(format!("--config.file={}", config.display())).arg(format!("--storage.path={}", storage.display()));
        // Alone, as we are: looking for its peers would cost it time.
        command.arg(format!("--web.listen-address=127.0.0.1:{port}")).arg("--cluster.listen-address=");
        Ok(Program::start(&mut command, port, &self.folder.path().join("alertmanager.log")))
    }
}

fn config_for(port: u16) -> String {
    format!(
        r#"[service]
name = "Kitchens"
public_url = "http://127.0.0.1:{port}"

[server]
listen = "127.0.0.1:{port}"

[channel.console]
kind = "console"

[escalation]
levels = [{{ channels = ["console"], acknowledge_within = "5m" }}]

[check.itself]
kind = "http"
url = "http://127.0.0.1:{port}/healthz"
interval = "60s"
"#
    )
}
