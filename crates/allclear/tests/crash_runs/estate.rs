//! The estate that steps act on: real servers of one lane, looked at from outside as a careful person would.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use allclear_testkit::{Postgres, Redis, eventually};

use super::cluster::Cluster;
use super::procedure::{self, Executor, PROCEDURE, ROWS, Row, Witness};
use super::recorder::Recorder;
use super::support::{CONFIG, Place};
use super::trap::{Trap, relay_to};

/// How long what a killed process started may take to end.
const QUIET_WITHIN: Duration = Duration::from_secs(15);
/// The variable that everything of a run carries.
const MARK: &str = "CRASH_LANE";

const SCHEMA: &str = "
CREATE TABLE audit (seq serial, what text);
CREATE TABLE account (id int PRIMARY KEY, balance int);
CREATE TABLE basket (id int PRIMARY KEY);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO audit (what) VALUES (TG_OP); RETURN NULL; END $$;
CREATE FUNCTION note_ddl() RETURNS event_trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO audit (what) VALUES (TG_TAG); END $$;
CREATE TRIGGER noted AFTER UPDATE ON account FOR EACH STATEMENT EXECUTE FUNCTION note();
CREATE TRIGGER noted AFTER DELETE ON basket FOR EACH STATEMENT EXECUTE FUNCTION note();
CREATE EVENT TRIGGER noted ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION note_ddl();";

const RESET: &str = "
DROP INDEX IF EXISTS account_balance;
TRUNCATE account, basket;
INSERT INTO account VALUES (1, 100);
INSERT INTO basket SELECT generate_series(1, 150);
TRUNCATE audit;";

/// Servers, files and the way to them.
pub(crate) struct Estate {
    pub(crate) place: Place,
    pub(crate) trap: Arc<Trap>,
    /// Digests of the plan with the manifest and of the one without.
    digests: [String; 2],
    token: String,
    redis: Redis,
    postgres: &'static Postgres,
    database: String,
    recorder: Recorder,
    /// `None` where the control plane is not installed, which has been said.
    cluster: Option<Cluster>,
    /// Whether the run that is next applies the manifest.
    applies: Cell<bool>,
}

/// The runbook with the manifest, and the one without.
const RUNBOOKS: [&str; 2] = ["runbook.md", "by-hand.md"];

impl Estate {
    /// Servers of its own; `None` where one is not installed, which has been said.
    pub(crate) fn start() -> Option<Self> {
        let (redis, postgres) = (Redis::start()?, Postgres::shared()?);
        let url = postgres.database();
        let database = url.rsplit('/').next().unwrap_or_default().to_owned();
        postgres.psql(&database, SCHEMA);
        let trap = Arc::new(Trap::default());
        let recorder = Recorder::start(&trap);
        let place = Place::new();
        let token = format!("{}-{database}", std::process::id());
        let through = relay_to(postgres.port(), &trap);
        let url = url.replace(&format!(":{}/", postgres.port()), &format!(":{through}/"));
        let cluster = Cluster::start(&place, &trap);
        let (kubernetes, environment) = cluster.as_ref().map(Cluster::target).unwrap_or_default();
        let target = format!(
            "{CONFIG}\n[target.sandbox]\npostgres = \"{url}\"\nhttp = \"http://127.0.0.1:{}\"\n{kubernetes}\
             [target.sandbox.env]\n{MARK} = \"{token}\"\n{environment}",
            recorder.port
        );
        place.write("allclear.toml", &target);
        let directory = place.path("estate");
        for made in [&directory, &place.path("temporary")] {
            std::fs::create_dir(made).expect("it can be made");
        }
        let through = relay_to(redis.port(), &trap);
        let digests = RUNBOOKS.map(|name| {
            let applies = cluster.is_some() && name == RUNBOOKS[0];
            place.write(name, &procedure::runbook(&directory.display().to_string(), through, applies));
            let plan = place.json(&["plan", name, PROCEDURE, "--target", "sandbox", "--offline"]);
            plan["digest"].as_str().unwrap_or_else(|| panic!("refused: {plan}")).to_owned()
        });
        let applies = Cell::new(false);
        Some(Self { place, trap, digests, token, redis, postgres, database, recorder, cluster, applies })
    }

    /// As it was before anything happened. `kubectl` is slow, so only every second run applies the manifest; in all of them
    /// a kill is right after every event, too.
    pub(crate) fn reset(&self, seed: u64) {
        self.applies.set(self.cluster.is_some() && seed % 8 < 4);
        let directory = self.place.path("estate");
        std::fs::remove_dir_all(&directory).expect("it is there");
        std::fs::create_dir(&directory).expect("it can be made");
        self.place.write("estate/notice", "All is well.\n");
        self.place.write("estate/app.conf", SETTINGS);
        self.place.write("estate/written.txt", "");
        for command in ["FLUSHALL", "SET cart full", "CONFIG SET maxmemory-policy noeviction", "CONFIG RESETSTAT"] {
            self.redis(command);
        }
        self.postgres.psql(&self.database, RESET);
        self.recorder.forget();
        if let Some(cluster) = self.cluster() {
            cluster.reset();
        }
    }

    /// The runbook of the run that is next, and the digest of its plan.
    pub(crate) fn runbook(&self) -> (&'static str, &str) {
        let place = usize::from(!self.applies.get());
        (RUNBOOKS[place], &self.digests[place])
    }

    /// What the manifest is applied to, where it is.
    fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref().filter(|_| self.applies.get())
    }

    /// Whether a command performs the step in this run.
    pub(crate) fn performs(&self, row: &Row) -> bool {
        row.executor != Executor::Yaml || self.applies.get()
    }

    /// What was performed and is not there, in a sentence.
    pub(crate) fn not_kept(&self) -> Option<String> {
        let lost = self.cluster().is_some_and(|cluster| !cluster.holds_the_manifest());
        lost.then(|| "the cluster does not hold what the manifest says as ours".to_owned())
    }

    /// How often the step took effect.
    pub(crate) fn count(&self, row: &Row) -> usize {
        match row.witness {
            Witness::None => 0,
            Witness::Line(text) => self.file("written.txt").lines().filter(|line| *line == text).count(),
            Witness::Mark => {
                let settings = self.file("app.conf");
                let mode = settings.lines().find_map(|line| line.strip_prefix("mode=")).unwrap_or_default();
                mode.bytes().take_while(|byte| *byte == b'x').count()
            }
            Witness::Counter(key) => self.redis(&format!("GET {key}")).parse().unwrap_or(0),
            Witness::Calls(command) => calls(&self.redis("INFO commandstats"), command),
            Witness::Audit(what) => {
                let count = format!("SELECT count(*) FROM audit WHERE what = '{what}'");
                self.postgres.psql(&self.database, &count).parse().unwrap_or(0)
            }
            Witness::Applied => self.cluster().map_or(0, Cluster::applied),
            Witness::Request(line) => self.recorder.count(line),
        }
    }

    /// Whether what the step changed is as it was before.
    pub(crate) fn is_put_back(&self, step: u32) -> bool {
        match procedure::row_of(step).map(|row| row.witness) {
            Some(Witness::Mark) => self.file("app.conf") == SETTINGS,
            Some(Witness::Calls("config|set")) => {
                self.redis("CONFIG GET maxmemory-policy").split_whitespace().any(|word| word == "noeviction")
            }
            Some(Witness::Audit("CREATE INDEX")) => {
                self.postgres.psql(&self.database, "SELECT to_regclass('account_balance') IS NULL") == "t"
            }
            Some(Witness::Applied) => self.cluster().is_some_and(Cluster::is_put_back),
            _ => false,
        }
    }

    /// What has not been put back of what commands can put back.
    pub(crate) fn not_put_back(&self) -> Vec<&'static str> {
        let undoable = ROWS.iter().zip(1..).filter(|(row, _)| row.undoable && self.performs(row));
        undoable.filter(|(_, step)| !self.is_put_back(*step)).map(|(row, _)| row.title).collect()
    }

    /// Waits until nothing that was started for a run is there any more, and nothing is on its way to a server.
    pub(crate) fn wait_until_quiet(&self) {
        const OTHERS: &str = "SELECT count(*) FROM pg_stat_activity \
                              WHERE datname = current_database() AND pid <> pg_backend_pid()";
        eventually("the end of every process of the run", QUIET_WITHIN, || (!self.has_processes()).then_some(()));
        eventually("the end of every connection", QUIET_WITHIN, || self.trap.is_quiet().then_some(()));
        let nobody = || (self.postgres.psql(&self.database, OTHERS) == "0").then_some(());
        eventually("the end of every statement", QUIET_WITHIN, nobody);
    }

    /// Whether any process of a run is alive, by what the kernel says.
    fn has_processes(&self) -> bool {
        let mark = format!("{MARK}={}", self.token);
        let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
        let mut environments = processes.filter_map(|process| std::fs::read(process.path().join("environ")).ok());
        environments.any(|variables| variables.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()))
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.place.path("estate").join(name)).unwrap_or_default()
    }

    /// Asks Redis itself, not through the relay.
    fn redis(&self, command: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.redis.port())).expect("Redis listens");
        stream.write_all(format!("{command}\r\n").as_bytes()).expect("Redis takes it");
        reply(&mut BufReader::new(stream))
    }
}

const SETTINGS: &str = "port=80\nmode=normal\n";

/// The number of calls in a line such as `cmdstat_del:calls=1,usec=3,…`.
fn calls(statistics: &str, command: &str) -> usize {
    let prefix = format!("cmdstat_{command}:calls=");
    let line = statistics.lines().find_map(|line| line.strip_prefix(prefix.as_str()));
    line.and_then(|line| line.split(',').next()?.parse().ok()).unwrap_or(0)
}

/// One answer of Redis, its parts divided by line ends.
fn reply(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).expect("Redis answers");
    let (kind, rest) = line.trim_end().split_at(1);
    let length = || rest.parse::<usize>().unwrap_or(0);
    match kind {
        "$" if rest != "-1" => {
            let mut bytes = vec![0; length() + 2];
            reader.read_exact(&mut bytes).expect("Redis answers in full");
            String::from_utf8_lossy(&bytes).trim_end().to_owned()
        }
        "*" => (0..length()).map(|_| reply(reader)).collect::<Vec<_>>().join("\n"),
        "-" => panic!("Redis refuses: {rest}"),
        _ => rest.to_owned(),
    }
}
