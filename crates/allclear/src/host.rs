//! A host of the engine: the store, the loop and the site on one data directory. `up`, the demo, and every verb that
//! finds no server share it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use allclear_core::{Actor, Command, Policy};
use allclear_engine::{Engine, Handle, Options, SystemClock};
use allclear_server::{Auth, Site};
use allclear_store::{Location, Store};
use anyhow::{Context as _, bail};
use axum::Router;
use tokio::net::{TcpListener, UnixListener};

use crate::Common;
use crate::client::socket_path;
use crate::config::{self, Loaded};
use crate::credential;
use crate::exit::Failure;
use crate::posted;
use crate::wiring::Wiring;

/// How long steps and messages under way may take to end when the engine stops; then steps are stopped.
const GRACE: Duration = Duration::from_secs(60);

/// A running engine and what is needed to reach it.
pub(crate) struct Host {
    engine: Engine,
    site: Arc<Site>,
    new_admin_token: Option<String>,
}

impl Host {
    /// Starts on the data directory; adopts the configuration where there is a good one. One with errors stops nobody
    /// who has an incident to work: the last good policy is in the log.
    pub(crate) async fn start(common: &Common) -> anyhow::Result<Self> {
        let policy = match common.config.exists().then(|| config::load_for_runs(&common.config)) {
            Some(Ok(loaded)) => Some(loaded.config.policy),
            Some(Err(report)) => {
                eprint!("{report}");
                eprintln!("The configuration has errors; the policy of the log stays in force.");
                None
            }
            None => None,
        };
        let auth = Auth::open(&common.data_dir).context("nobody knows who may come in")?;
        Self::start_with(&location(common)?, common, policy, (auth, None)).await
    }

    /// Starts on that location to be a server: makes the admin token where there is none, so that it can be shown.
    pub(crate) async fn start_on(location: &Location, common: &Common, policy: Policy) -> anyhow::Result<Self> {
        let auth = Auth::open_with_admin(&common.data_dir).context("nobody knows who may come in")?;
        Self::start_with(location, common, Some(policy), auth).await
    }

    /// The policy of the log stays in force where none is given.
    async fn start_with(
        location: &Location,
        common: &Common,
        policy: Option<Policy>,
        (auth, new_admin_token): (Auth, Option<String>),
    ) -> anyhow::Result<Self> {
        let store = Store::open(location).await?;
        let options = Options { holder: holder(location), version: env!("CARGO_PKG_VERSION").to_owned(), grace: GRACE };
        let engine = Engine::start(store, Wiring::new(&common.data_dir)?, SystemClock, options).await?;
        if let Some(policy) = policy {
            adopt(&engine.handle(), policy).await?;
        }
        let config = common.config.clone();
        let site = Site::new(engine.handle(), auth, env!("CARGO_PKG_VERSION"))
            .refusing_plans(move |plan, policy| posted::refusals(plan, policy, &config))
            .redacting_words(credential::redacted);
        let site = Arc::new(site);
        Ok(Self { engine, site, new_admin_token })
    }

    /// The way into the engine.
    pub(crate) fn handle(&self) -> Handle {
        self.engine.handle()
    }

    /// The token that was made at this start, if none was there before. Shown once, kept nowhere.
    pub(crate) fn new_admin_token(&self) -> Option<&str> {
        self.new_admin_token.as_deref()
    }

    /// The API for whoever may open the socket of the data directory.
    pub(crate) fn local_router(&self) -> Router {
        allclear_server::local_router(Arc::clone(&self.site))
    }

    /// The API, the console and the status page.
    pub(crate) fn router(&self) -> Router {
        allclear_server::router(Arc::clone(&self.site))
    }

    /// Stops in good order.
    pub(crate) async fn stop(self) {
        self.site.close();
        let store = self.engine.handle().store().clone();
        self.engine.stop().await;
        store.close().await;
    }

    /// Serves until a signal asks for the end, taking over changes of the configuration; then stops in good order.
    pub(crate) async fn serve(
        self,
        listener: TcpListener,
        data_dir: &Path,
        watch: config::Watch,
    ) -> anyhow::Result<()> {
        let socket = socket(data_dir)?;
        let (stop, stopping) = tokio::sync::watch::channel(false);
        let asked = |mut stopping: tokio::sync::watch::Receiver<bool>| async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        let public = tokio::spawn(allclear_server::serve(
            listener,
            self.router(),
            Arc::clone(&self.site),
            asked(stopping.clone()),
        ));
        let local = tokio::spawn(allclear_server::serve_local(
            socket,
            self.local_router(),
            Arc::clone(&self.site),
            asked(stopping),
        ));
        let reload = tokio::spawn(follow_configuration(watch, self.handle()));
        signalled().await?;
        eprintln!("Stopping. What is under way has {} s to end; a second signal cuts it short.", GRACE.as_secs());
        stop.send_replace(true);
        self.site.close();
        reload.abort();
        let (public, local) = tokio::join!(public, local);
        // A leftover would only be refused and replaced at the next start.
        let _ = std::fs::remove_file(socket_path(data_dir));
        tokio::select! {
            () = self.stop() => {}
            again = signalled() => {
                again?;
                bail!(Failure::problems("cut short: a step that was under way is in doubt at the next start"));
            }
        }
        public.context("the server ended unexpectedly")?;
        local.context("the socket ended unexpectedly")
    }
}

/// Where the log is.
pub(crate) fn location(common: &Common) -> anyhow::Result<Location> {
    Ok(match std::env::var("ALLCLEAR_DATABASE_URL") {
        Ok(address) if !address.is_empty() => Location::Postgres(address),
        _ => Location::DataDir(common.data_dir.clone()),
    })
}

/// The configuration, or everything that is wrong with it. Its warnings are for whoever starts the server: to a verb in
/// a hurry they are noise.
pub(crate) fn load(path: &Path) -> anyhow::Result<Loaded> {
    usable(config::load(path), path)
}

/// The configuration for whoever plans or runs a procedure; it may name nobody to page.
pub(crate) fn load_for_runs(path: &Path) -> anyhow::Result<Loaded> {
    usable(config::load_for_runs(path), path)
}

fn usable(loaded: Result<Loaded, config::Report>, path: &Path) -> anyhow::Result<Loaded> {
    match loaded {
        Ok(loaded) => Ok(loaded),
        Err(report) => {
            eprint!("{report}");
            bail!(Failure::problems(format!("{} has errors; nothing was started", path.display())))
        }
    }
}

/// A listener, or a message that says what to do about the port.
pub(crate) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let advice = match error.kind() {
            std::io::ErrorKind::AddrInUse => "another program has the port; stop it, or choose another with `--listen`",
            std::io::ErrorKind::PermissionDenied => "this user may not open that port; choose one above 1023",
            _ => "choose another address with `--listen`",
        };
        Failure::problems(format!("cannot listen on {address}: {error}; {advice}"))
    })
}

/// Makes the policy the one in force.
pub(crate) async fn adopt(engine: &Handle, policy: Policy) -> anyhow::Result<()> {
    engine.submit(Command::AdoptPolicy { policy: Box::new(policy) }, Actor::Engine).await?;
    Ok(())
}

async fn follow_configuration(mut watch: config::Watch, engine: Handle) {
    const LOOK_EVERY: Duration = Duration::from_secs(1);
    loop {
        match watch.next(LOOK_EVERY).await {
            Ok(loaded) => match adopt(&engine, loaded.config.policy).await {
                Ok(()) => tracing::info!("the configuration was read again and is in force"),
                Err(error) => tracing::error!(%error, "the new configuration could not be recorded"),
            },
            Err(report) => {
                eprint!("{report}");
                tracing::error!("the configuration has errors; the last good one stays in force");
            }
        }
    }
}

/// Refuses a data directory whose socket the system could not name, before anything is made in it.
pub(crate) fn check_socket(data_dir: &Path) -> anyhow::Result<()> {
    const SOCKET_PATH_BYTES_MAX: usize = 107;
    let path = socket_path(data_dir);
    if path.as_os_str().len() <= SOCKET_PATH_BYTES_MAX {
        return Ok(());
    }
    let told = format!("the path of {} is too long for a socket; choose a shorter `--data-dir`", path.display());
    Err(Failure::usage(told))
}

/// The socket for verbs. A leftover of a process that died is replaced: the lock of the store says that it is gone.
pub(crate) fn socket(data_dir: &Path) -> anyhow::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = socket_path(data_dir);
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).with_context(|| format!("cannot listen on {}", path.display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

pub(crate) async fn signalled() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        ended = tokio::signal::ctrl_c() => ended?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Who holds the lease. A data directory has one process at a time, by its lock, so whoever comes after a crash need not
/// wait for the lease of the dead; on a shared database every start of every process is somebody else.
fn holder(location: &Location) -> String {
    match location {
        Location::DataDir(_) | Location::Memory => "whoever has the data directory".to_owned(),
        Location::Postgres(_) => format!("{}-{:016x}", std::process::id(), getrandom::u64().unwrap_or_default()),
    }
}
