//! Everything that runs in a demonstration: PrepChef, the pager, and Allclear between them.
//!
//! The console's token is made anew at every start and kept nowhere.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use allclear_core::Probe;
use allclear_engine::{Engine, Handle, Options, SystemClock};
use allclear_server::{Auth, Site};
use allclear_store::{Location, Store};
use anyhow::{Context as _, bail};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::pager::Pager;
use super::ports;
use super::prepchef::PrepChef;
use super::props::{self, Addresses};
use crate::exit::Failure;
use crate::wiring::Wiring;
use crate::{config, credential, host, posted};

const GRACE: Duration = Duration::from_secs(5);
const TIMEOUT_MS: u32 = 10_000;
/// One process at a time has the data directory, and a restart takes over at once from the one that was killed.
const HOLDER: &str = "demo";

/// How fast the demonstration goes, in the words of the configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Time between two looks at PrepChef.
    pub(super) interval: &'static str,
    /// How long Ana has before Ben is paged.
    pub(super) acknowledge_within: &'static str,
    /// Whether pages are also printed.
    pub(super) tells_console: bool,
}

impl Pace {
    /// For a person who tries it.
    pub(crate) const REAL: Self = Self { interval: "1s", acknowledge_within: "1m", tells_console: true };
    /// For the story that plays by itself.
    pub(crate) const SCRIPT: Self = Self { interval: "200ms", acknowledge_within: "2s", tells_console: true };

    /// The same with nothing printed: standard output belongs to somebody else.
    #[must_use]
    pub(crate) const fn quiet(self) -> Self {
        Self { tells_console: false, ..self }
    }
}

/// A demonstration that runs.
pub(crate) struct Stand {
    prepchef: PrepChef,
    pub(super) pager: Pager,
    engine: Engine,
    console: String,
    token: String,
    stop: watch::Sender<bool>,
    serving: Vec<JoinHandle<()>>,
}

impl Stand {
    /// Starts everything on this data directory.
    ///
    /// # Errors
    /// The directory belongs to somebody else, or cannot be written; no port can be had.
    pub(crate) async fn start(data_dir: &Path, pace: &Pace) -> anyhow::Result<Self> {
        if !ports::is_ours(data_dir) {
            let place = data_dir.display();
            bail!(Failure::usage(format!(
                "{place} holds the log of a team: give the demonstration a directory of its own"
            )));
        }
        let made = std::fs::create_dir_all(data_dir).and_then(|()| data_dir.canonicalize());
        // The configuration names files by their whole path, for it is read from another folder than this process's.
        let data_dir = &made.with_context(|| format!("{} cannot be made", data_dir.display()))?;
        ports::claim(data_dir)?;
        // Opened first: the lock of the store keeps a second demonstration away from everything below.
        let store = Store::open(&Location::DataDir(data_dir.to_owned())).await?;
        let listeners = ports::listen(data_dir).await?;
        let prepchef = PrepChef::start(listeners.prepchef, data_dir.join("faults.json"))?;
        let pager = Pager::start(listeners.pager, data_dir, &props::pager_secret(data_dir)?)?;
        let console = format!("http://{}", listeners.console.local_addr()?);
        let addresses = Addresses { console: console.clone(), pager: pager.url(), prepchef: prepchef.url() };
        let config = props::lay_out(data_dir, &addresses, pace)?;
        let loaded = host::load(&config)?.config;
        let engine = start_engine(store, data_dir, loaded).await?;
        let (auth, token) = Auth::ephemeral()?;
        let site = Site::new(engine.handle(), auth, env!("CARGO_PKG_VERSION"))
            .refusing_plans(move |plan, policy| posted::refusals(plan, policy, &config))
            .redacting_words(credential::redacted);
        let site = Arc::new(site);
        let (stop, stopping) = watch::channel(false);
        let serving = serve(listeners.console, host::socket(data_dir)?, &site, &stopping);
        Ok(Self { prepchef, pager, engine, console, token, stop, serving })
    }

    /// The console, without a trailing slash.
    pub(crate) fn console_url(&self) -> &str {
        &self.console
    }

    /// Whether the console is at the port where people look for it.
    pub(crate) fn has_usual_port(&self) -> bool {
        self.console.ends_with(&format!(":{}", ports::CONSOLE_PORT))
    }

    /// PrepChef, without a trailing slash.
    pub(crate) fn prepchef_url(&self) -> String {
        self.prepchef.url()
    }

    /// The token of this start.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// The engine.
    pub(super) fn handle(&self) -> Handle {
        self.engine.handle()
    }

    /// Stops everything in good order.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.serving {
            // It ends by itself within the grace that the server gives.
            let _ = task.await;
        }
        let store = self.engine.handle().store().clone();
        self.engine.stop().await;
        store.close().await;
    }
}

async fn start_engine(store: Store, data_dir: &Path, mut config: config::Config) -> anyhow::Result<Engine> {
    for check in config.policy.checks.values_mut() {
        let Probe::Http(http) = &mut check.probe;
        // The file allows no more than the short interval, but a machine under load is not a failing PrepChef.
        (http.timeout_ms, http.connect_timeout_ms) = (TIMEOUT_MS, TIMEOUT_MS);
    }
    let options = Options { holder: HOLDER.to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), grace: GRACE };
    let engine = Engine::start(store, Wiring::new(data_dir)?, SystemClock, options).await?;
    host::adopt(&engine.handle(), config.policy).await?;
    Ok(engine)
}

fn serve(
    console: tokio::net::TcpListener,
    socket: tokio::net::UnixListener,
    site: &Arc<Site>,
    stopping: &watch::Receiver<bool>,
) -> Vec<JoinHandle<()>> {
    let asked = |mut stopping: watch::Receiver<bool>| async move {
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    let public = allclear_server::router(Arc::clone(site));
    let local = allclear_server::local_router(Arc::clone(site));
    let public = allclear_server::serve(console, public, Arc::clone(site), asked(stopping.clone()));
    let local = allclear_server::serve_local(socket, local, Arc::clone(site), asked(stopping.clone()));
    vec![tokio::spawn(public), tokio::spawn(local)]
}
