//! The site: what every route works on. One for each process, shared behind an `Arc`.

use std::fmt;
use std::sync::Arc;

use allclear_core::{Actor, Command, Event, Plan, Policy, Refusal, World};
use allclear_engine::{Accepted, Handle, SubmitError};
use allclear_store::Store;
use axum::http::StatusCode;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::auth::Auth;
use crate::problem::Problem;
use crate::redaction::redacted;
use crate::status::StatusCache;

/// The reasons why a plan may not enter the log.
type PlanRefusals = Box<dyn Fn(&Plan, &Policy) -> Vec<String> + Send + Sync>;
/// Takes credentials out of a text.
type Redact = Box<dyn Fn(&str) -> String + Send + Sync>;

/// Everything that routes need: the engine, who may come in, and the clock.
pub struct Site {
    pub(crate) engine: Handle,
    pub(crate) auth: Auth,
    pub(crate) version: String,
    pub(crate) started_at: Timestamp,
    pub(crate) status: StatusCache,
    refusals: PlanRefusals,
    redact: Redact,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    closing: watch::Sender<bool>,
}

impl fmt::Debug for Site {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Site").field("version", &self.version).finish_non_exhaustive()
    }
}

impl Site {
    /// A site over a running engine. `version` is shown in metrics and in the API's description.
    pub fn new(engine: Handle, auth: Auth, version: impl Into<String>) -> Self {
        Self::with_clock(engine, auth, version, Timestamp::now)
    }

    /// The same with another clock, for tests.
    pub fn with_clock(
        engine: Handle,
        auth: Auth,
        version: impl Into<String>,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        Self {
            engine,
            auth,
            version: version.into(),
            started_at: clock(),
            status: StatusCache::default(),
            refusals: Box::new(|_, _| Vec::new()),
            redact: Box::new(str::to_owned),
            clock: Box::new(clock),
            closing: watch::Sender::new(false),
        }
    }

    /// The same, with the reasons why a plan may not enter the log under this policy: a credential in it would be kept for
    /// ever.
    #[must_use]
    pub fn refusing_plans(mut self, refusals: impl Fn(&Plan, &Policy) -> Vec<String> + Send + Sync + 'static) -> Self {
        self.refusals = Box::new(refusals);
        self
    }

    /// The same, with what takes credentials out of the words that people type.
    #[must_use]
    pub fn redacting_words(mut self, redact: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.redact = Box::new(redact);
        self
    }

    /// Ends every stream that is open, so that a server can stop without cutting anybody off in the middle of a line.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn world(&self) -> Arc<World> {
        self.engine.world()
    }

    pub(crate) fn policy(&self) -> Arc<Policy> {
        self.engine.world().policy()
    }

    pub(crate) fn store(&self) -> &Store {
        self.engine.store()
    }

    /// Submits a command; a refusal, or a log that cannot be written, becomes a problem for whoever asked.
    pub(crate) async fn submit(&self, command: Command, actor: Actor) -> Result<Accepted, Problem> {
        if let Command::PlanRun { plan, .. } = &command {
            self.check_plan(plan)?;
        }
        let command = redacted(command, &self.redact);
        match self.engine.submit(command, actor).await {
            Ok(accepted) => Ok(accepted),
            Err(SubmitError::Refused(refusal)) => Err(self.refused(refusal).await),
            Err(error) => Err(Problem::unavailable(&error)),
        }
    }

    fn check_plan(&self, plan: &Plan) -> Result<(), Problem> {
        let refusals = (self.refusals)(plan, &self.policy());
        if refusals.is_empty() {
            return Ok(());
        }
        Err(Problem::new(StatusCode::CONFLICT, "plan-refused", refusals.join("; ")))
    }

    /// What is not open was closed, or never was: only the log knows.
    async fn refused(&self, refusal: Refusal) -> Problem {
        let known = match &refusal {
            Refusal::NotOpen { noun, id } => self.was_opened(noun, id).await,
            Refusal::NoSuchStep { .. } => false,
            _ => true,
        };
        Problem::refused(&refusal, known)
    }

    async fn was_opened(&self, noun: &str, id: &str) -> bool {
        // An id is the position of the event that opened its noun.
        let seq: Option<u64> = id.rsplit('-').next().and_then(|number| number.parse().ok());
        let Some(before) = seq.and_then(|seq| seq.checked_sub(1)) else { return false };
        let opening = self.store().read(before, 1).await.ok().and_then(|events| events.into_iter().next());
        opening.is_some_and(|opening| {
            matches!(
                (noun, opening.event.as_ref()),
                ("incident", Event::IncidentOpened { .. })
                    | ("run", Event::RunPlanned { .. } | Event::UndoStarted { .. })
                    | ("review", Event::ReviewOwed { .. })
            )
        })
    }
}
