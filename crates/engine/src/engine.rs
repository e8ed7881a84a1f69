//! The loop itself.
//!
//! Invariants: an answer is given only after its events are on disk; the world that is shown is the world on disk; an
//! outcome whose append fails is kept and tried again, never dropped, for its effect has happened.

use std::sync::Arc;
use std::time::Duration;

use allclear_core::{
    Actor, Command, Effect, Event, ProbeSchedule, Recorded, Refusal, Seq, World, decide_in_place, due, is_decision_due,
    next_deadline,
};
use allclear_store::{AppendError, Head, Lease, ReadError, Store};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;

use crate::boot::{self, StartError};
use crate::clock::Clock;
use crate::drivers::Drivers;
use crate::handle::{Accepted, Handle, LatestSamples, Request, SubmitError};
use crate::output::Outputs;
use crate::performing::{Outcome, Performing};
use crate::recorder::Recorder;
use crate::shortcut::Shortcuts;

const REQUESTS_WAITING_MAX: usize = 4_096;
const COMMIT_COMMANDS_MAX: usize = 256;
const FOLLOWERS_BEHIND_MAX: usize = 16_384;
const LEASE: Duration = Duration::from_secs(15);
/// How long a step may take to end once it has been told to.
const STOPPING_TAKES_MOST: Duration = Duration::from_secs(5);
const RETRY_APPEND: SignedDuration = SignedDuration::from_secs(1);

/// What an engine is told at its start.
#[derive(Debug, Clone)]
pub struct Options {
    /// Names this start of this process among the replicas.
    pub holder: String,
    /// Version of the program, recorded in the log.
    pub version: String,
    /// How long effects that are under way may take to end when the engine stops.
    pub grace: Duration,
}

/// A running engine.
#[derive(Debug)]
pub struct Engine {
    handle: Handle,
    task: JoinHandle<()>,
}

impl Engine {
    /// Folds the log and starts the loop.
    ///
    /// # Errors
    /// The log cannot be read; nothing was changed.
    pub async fn start<D: Drivers, C: Clock>(
        store: Store,
        drivers: D,
        clock: C,
        options: Options,
    ) -> Result<Self, StartError> {
        let (world, snapshot_seq) = boot::load(&store).await?;
        let world = Arc::new(world);
        let (requests, incoming) = mpsc::channel(REQUESTS_WAITING_MAX);
        let (outcome_sender, outcomes) = mpsc::unbounded_channel();
        let (publish, published) = watch::channel(Arc::clone(&world));
        let (stop, stopping) = watch::channel(false);
        let samples = LatestSamples::default();
        let outputs = Outputs::new(store.clone());
        let (recorder, recording) = Recorder::start(store.clone(), Arc::clone(&samples));
        let tail = broadcast::Sender::new(FOLLOWERS_BEHIND_MAX);
        let clock = Arc::new(clock);
        let performing = Performing::new(
            Arc::new(drivers),
            Arc::clone(&clock),
            store.clone(),
            outputs.clone(),
            recorder,
            outcome_sender,
        );
        let appended = store.appended();
        let handle = Handle {
            requests,
            world: published,
            tail: tail.clone(),
            samples,
            outputs,
            store: store.clone(),
            stop: Arc::new(stop),
        };
        let mut turning = Loop {
            shortcuts: Shortcuts::since(snapshot_seq, store.clone()),
            store,
            clock,
            options,
            world,
            head: None,
            incoming,
            outcomes,
            stopping,
            appended,
            publish,
            tail,
            performing,
            schedule: ProbeSchedule::default(),
            lease: None,
            announced: None,
            held: Vec::new(),
            retry_at: None,
        };
        // Whoever looks first already sees what a restart leaves in doubt.
        turning.hold_lease().await;
        let task = tokio::spawn(async move {
            turning.turn().await;
            // The recorder ends with the loop that fed it.
            let _ = recording.await;
        });
        Ok(Self { handle, task })
    }

    /// The way in.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Stops: no new effects, those under way get their grace, a snapshot is saved, the lease is given back.
    pub async fn stop(self) {
        self.handle.stop();
        self.stopped().await;
    }

    /// Ends when the engine has stopped.
    pub async fn stopped(self) {
        let _ = self.task.await;
    }
}

struct Loop<D, C> {
    store: Store,
    clock: Arc<C>,
    options: Options,
    world: Arc<World>,
    /// The end of the log after our last append.
    head: Option<Head>,
    incoming: mpsc::Receiver<Request>,
    outcomes: mpsc::UnboundedReceiver<Outcome>,
    stopping: watch::Receiver<bool>,
    /// Word of what other replicas append.
    appended: watch::Receiver<Seq>,
    publish: watch::Sender<Arc<World>>,
    tail: broadcast::Sender<Recorded>,
    performing: Performing<D, C>,
    schedule: ProbeSchedule,
    lease: Option<Lease>,
    /// The token under which our start stands in the log. Before it does, nothing is performed: a step that a predecessor
    /// had started would be repeated instead of doubted.
    announced: Option<u64>,
    /// Outcomes that could not be recorded yet.
    held: Vec<Outcome>,
    retry_at: Option<Timestamp>,
    shortcuts: Shortcuts,
}

/// Commands that share one commit.
#[derive(Default)]
struct Turn {
    requests: Vec<Request>,
    outcomes: Vec<Outcome>,
    own: Vec<Command>,
}

impl Turn {
    fn len(&self) -> usize {
        self.requests.len() + self.outcomes.len()
    }
}

/// What a turn decided: the events to append, and how many of them each command brought about.
struct Decided {
    world: World,
    events: Vec<Recorded>,
    answers: Vec<Result<usize, Refusal>>,
}

impl<D: Drivers, C: Clock> Loop<D, C> {
    async fn turn(mut self) {
        while !*self.stopping.borrow() {
            self.perform_due();
            let turn = self.wait().await;
            self.follow_log().await;
            self.commit(turn).await;
            self.hold_lease().await;
            self.shortcuts.save_when_due(&self.world, self.head.as_ref(), self.clock.now());
        }
        self.wind_down().await;
    }

    /// Waits for commands, outcomes, a deadline or the end; takes along whatever else is there.
    async fn wait(&mut self) -> Turn {
        let mut turn = Turn { outcomes: std::mem::take(&mut self.held), ..Turn::default() };
        let wake_at = self.wake_at();
        tokio::select! {
            request = self.incoming.recv() => turn.requests.extend(request),
            outcome = self.outcomes.recv() => turn.outcomes.extend(outcome),
            () = self.clock.sleep_until(wake_at) => {}
            _ = self.appended.wait_for(|seq| *seq > self.world.seq) => {}
            _ = self.stopping.changed() => {}
        }
        // Whoever was answered a moment ago may ask again at once: that should share this commit, not wait for the next.
        // So others get their turn until nobody has asked in it.
        loop {
            let before = turn.len();
            tokio::task::yield_now().await;
            while turn.len() < COMMIT_COMMANDS_MAX && self.take_one(&mut turn) {}
            if turn.len() == before || turn.len() >= COMMIT_COMMANDS_MAX {
                break;
            }
        }
        if is_decision_due(&self.world, self.clock.now()) {
            turn.own.push(Command::ReachTime);
        }
        turn
    }

    /// Takes along one outcome or request that waits, if there is one.
    fn take_one(&mut self, turn: &mut Turn) -> bool {
        if let Ok(outcome) = self.outcomes.try_recv() {
            turn.outcomes.push(outcome);
        } else if let Ok(request) = self.incoming.try_recv() {
            turn.requests.push(request);
        } else {
            return false;
        }
        true
    }

    fn wake_at(&self) -> Timestamp {
        let now = self.clock.now();
        let renew_at = self
            .lease
            .as_ref()
            .map_or(now.saturating_add(LEASE / 5), |lease| lease.until.saturating_sub(LEASE * 2 / 3));
        let retry_at = self.retry_at;
        let probes = self.lease.as_ref().and_then(|_| self.schedule.next_at());
        [next_deadline(&self.world, now), probes, retry_at, renew_at.ok()].into_iter().flatten().min().unwrap_or(now)
    }

    /// Decides everything on a copy of the world, appends it in one commit, then answers. Whether it is on disk.
    async fn commit(&mut self, mut turn: Turn) -> bool {
        loop {
            let decided = self.decide(&turn);
            match self.append(&decided.events).await {
                Ok(head) => {
                    self.head = head.or(self.head.take());
                    self.accept(turn, decided);
                    return true;
                }
                // Another replica was faster: read what it appended and decide again.
                Err(AppendError::Conflict { .. }) => {
                    if let Err(error) = self.read_on().await {
                        self.refuse(&mut turn, &chain(&error));
                        return false;
                    }
                }
                Err(AppendError::Fenced { .. }) => {
                    self.lose_lease();
                    // Our start would leave in doubt what the holder performs.
                    if turn.own.iter().any(|command| matches!(command, Command::StartEngine { .. })) {
                        return false;
                    }
                }
                Err(error) => {
                    self.refuse(&mut turn, &chain(&error));
                    return false;
                }
            }
        }
    }

    /// Folds what other replicas appended, as soon as word of it comes.
    async fn follow_log(&mut self) {
        if *self.appended.borrow_and_update() > self.world.seq
            && let Err(error) = self.read_on().await
        {
            tracing::warn!(error = chain(&error), "the log could not be read on");
        }
    }

    async fn read_on(&mut self) -> Result<(), ReadError> {
        let mut world = self.world.as_ref().clone();
        loop {
            let page = self.store.read(world.seq, boot::PAGE).await?;
            for recorded in &page {
                world.apply(recorded);
            }
            let last = page.len() < boot::PAGE as usize;
            page.iter().for_each(|recorded| self.tell(recorded));
            if last {
                self.show(world);
                return Ok(());
            }
        }
    }

    fn decide(&self, turn: &Turn) -> Decided {
        let now = self.clock.now();
        let mut decided = Decided {
            world: self.world.as_ref().clone(),
            events: Vec::with_capacity(turn.len()),
            answers: Vec::with_capacity(turn.len()),
        };
        let of_requests = turn.requests.iter().map(|request| (&request.command, &request.actor));
        let of_outcomes = turn.outcomes.iter().map(|outcome| (&outcome.command, &Actor::Engine));
        let own = turn.own.iter().map(|command| (command, &Actor::Engine));
        for (command, actor) in of_requests.chain(of_outcomes).chain(own) {
            let answer = decide_in_place(&mut decided.world, command, actor, now);
            decided.answers.push(answer.map(|mut events| {
                let count = events.len();
                decided.events.append(&mut events);
                count
            }));
        }
        decided
    }

    /// The end of the log, where anything was appended.
    async fn append(&self, events: &[Recorded]) -> Result<Option<Head>, AppendError> {
        if events.is_empty() {
            return Ok(None);
        }
        match &self.lease {
            Some(lease) => self.store.append_fenced(lease.token, self.world.seq, events).await,
            None => self.store.append(self.world.seq, events).await,
        }
        .map(Some)
    }

    fn accept(&mut self, turn: Turn, decided: Decided) {
        self.retry_at = None;
        let _before = self.show(decided.world);
        decided.events.iter().for_each(|recorded| self.tell(recorded));
        let mut events = decided.events.into_iter();
        let mut answers = decided.answers.into_iter();
        for (request, answer) in turn.requests.into_iter().zip(answers.by_ref()) {
            let answer = answer.map(|count| Accepted { events: events.by_ref().take(count).collect() });
            // Whoever asked may have gone away; the fact stands.
            let _ = request.reply.send(answer.map_err(SubmitError::Refused));
        }
        for (outcome, answer) in turn.outcomes.into_iter().zip(answers) {
            self.performing.settle(outcome.effect.as_deref());
            if let Some(told) = outcome.told {
                let _ = told.send(answer.is_ok());
            }
        }
    }

    /// To whoever follows; and a run that has ended, here or through another replica, is let go of.
    fn tell(&mut self, recorded: &Recorded) {
        // Whether we hold the lease or not: what we began while we did may be under way still.
        match recorded.event.as_ref() {
            Event::RunFinished { run } => self.performing.close(*run),
            Event::RunAborted { run, .. } => self.performing.release(*run),
            Event::ApprovalExpired { run, step } => self.performing.stop_capture(*run, *step),
            _ => {}
        }
        if self.tail.receiver_count() > 0 {
            // Whoever followed may have left just now.
            let _ = self.tail.send(recorded.clone());
        }
    }

    /// Nothing was appended: whoever asked is told, outcomes are kept for another attempt.
    fn refuse(&mut self, turn: &mut Turn, reason: &str) {
        tracing::error!(reason, "the log cannot be written");
        for request in turn.requests.drain(..) {
            let _ = request.reply.send(Err(SubmitError::Unavailable { reason: reason.to_owned() }));
        }
        self.held.append(&mut turn.outcomes);
        self.retry_at = self.clock.now().saturating_add(RETRY_APPEND).ok();
    }

    /// Shows this world. The one before is given back, so that nobody waits for an answer while it is taken apart.
    fn show(&mut self, world: World) -> Arc<World> {
        let policy_changed = self.world.policy.as_ref().map(Arc::as_ptr) != world.policy.as_ref().map(Arc::as_ptr);
        self.world = Arc::new(world);
        if policy_changed {
            self.schedule = ProbeSchedule::begin(&self.world.policy(), self.clock.now());
        }
        self.publish.send_replace(Arc::clone(&self.world))
    }

    /// Only the holder of the lease performs effects.
    fn perform_due(&mut self) {
        let announced = self.lease.as_ref().is_some_and(|lease| self.announced == Some(lease.token));
        if !announced || self.retry_at.is_some() {
            return;
        }
        let now = self.clock.now();
        for effect in due(&self.world, now) {
            self.performing.begin(effect);
        }
        for probe in self.schedule.take_due(&self.world.policy(), now) {
            self.performing.begin(Effect::Probe(probe));
        }
    }

    /// Takes the lease when it is free, and renews it in good time.
    async fn hold_lease(&mut self) {
        let now = self.clock.now();
        let fresh = self.lease.as_ref().is_some_and(|lease| lease.until.duration_since(now) > to_signed(LEASE * 2 / 3));
        if !fresh {
            match self.store.take_lease(&self.options.holder, now, LEASE).await {
                Ok(Some(lease)) => self.lease = Some(lease),
                Ok(None) => self.lose_lease(),
                // Unanswered: what we hold stays ours until it runs out.
                Err(error) => {
                    tracing::warn!(error = chain(&error), "the lease could not be renewed");
                    self.lease = self.lease.take().filter(|lease| lease.until > now);
                }
            }
        }
        if let Some(token) = self.lease.as_ref().map(|lease| lease.token)
            && self.announced != Some(token)
            && self.retry_at.is_none_or(|at| at <= now)
        {
            self.announce(token).await;
        }
    }

    /// Another performs the effects from now on: of what we still perform it knows only that it is in doubt, so none of it
    /// goes on beside what a person has done about that. That a database does not answer says nothing of the kind: a step
    /// may restart it.
    fn lose_lease(&mut self) {
        self.lease = None;
        if self.announced.take().is_some() {
            self.performing.stop_steps();
        }
    }

    /// Says in the log that we perform the effects from now on, which leaves every step that another had started in
    /// doubt. What we still perform from an earlier time is among it, and is stopped.
    async fn announce(&mut self, token: u64) {
        self.performing.stop_steps();
        self.schedule = ProbeSchedule::begin(&self.world.policy(), self.clock.now());
        let version = self.options.version.clone();
        let turn = Turn { own: vec![Command::StartEngine { version }], ..Turn::default() };
        if self.commit(turn).await {
            self.announced = Some(token);
        }
    }

    async fn settle_within(&mut self, limit: Duration) {
        let end = tokio::time::Instant::now() + limit;
        while !self.performing.is_idle() {
            let Ok(Some(outcome)) = tokio::time::timeout_at(end, self.outcomes.recv()).await else { break };
            if self.performing.is_cut_short(&outcome) {
                self.performing.settle(outcome.effect.as_deref());
                continue;
            }
            self.commit(Turn { outcomes: vec![outcome], ..Turn::default() }).await;
        }
    }

    /// No new effects; those under way get their grace, then steps are stopped, and every outcome is recorded.
    async fn wind_down(mut self) {
        if let Some(steps) = self.performing.steps_under_way() {
            tracing::warn!(steps, grace_s = self.options.grace.as_secs(), "waiting for what is being performed");
        }
        self.settle_within(self.options.grace).await;
        self.performing.stop_captures();
        self.performing.stop_steps();
        self.settle_within(STOPPING_TAKES_MOST.min(self.options.grace)).await;
        self.shortcuts.finish(&self.world, self.head.take()).await;
        if self.lease.is_some()
            && let Err(error) = self.store.release_lease(&self.options.holder).await
        {
            tracing::warn!(%error, "the lease could not be given back; it runs out by itself");
        }
    }
}

/// An error with its causes: the first alone rarely says what to do.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn to_signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
