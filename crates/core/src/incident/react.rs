//! Opens incidents from alerts, moves them on as people work, and notices when an update is owed.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::alert::Alert;
use crate::command::Command;
use crate::decide::Batch;
use crate::event::Event;
use crate::id::{AlertId, IncidentId};
use crate::incident::{Incident, Stage};
use crate::policy::{Policy, Severity};
use crate::record::Actor;
use crate::refusal::Refusal;

pub(crate) fn accept(batch: &mut Batch, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::OpenIncident { severity, title, component, procedure } => {
            said("title", title)?;
            if let Some(id) = procedure.as_ref().filter(|id| batch.policy().procedure(id).is_none()) {
                return Err(Refusal::NotInPolicy { noun: "procedure".to_owned(), name: id.clone() });
            }
            let component = component.clone().unwrap_or_else(|| "service".to_owned());
            open(batch, *severity, title.clone(), component, procedure.clone(), None);
            Ok(())
        }
        Command::AcknowledgeIncident { incident } => {
            let known = working(batch, *incident)?;
            if !known.awaits_acknowledgement() {
                return Err(Refusal::AlreadyThere { incident: incident.0, stage: known.stage.word().to_owned() });
            }
            batch.push(Event::IncidentAcknowledged { incident: *incident });
            Ok(())
        }
        Command::AssessIncident { incident, severity, impact } => {
            said("impact", impact)?;
            take(batch, *incident)?;
            let public = batch.policy().severity(*severity).public;
            batch.push(Event::IncidentAssessed {
                incident: *incident,
                severity: *severity,
                impact: impact.clone(),
                public,
            });
            Ok(())
        }
        Command::AssignIncident { incident, commander } => {
            said("commander", commander)?;
            take(batch, *incident)?;
            batch.push(Event::IncidentAssigned { incident: *incident, commander: commander.clone() });
            Ok(())
        }
        Command::UpdateIncident { incident, text, public } => {
            said("text", text)?;
            take(batch, *incident)?;
            batch.push(Event::IncidentUpdated { incident: *incident, text: text.clone(), public: *public });
            Ok(())
        }
        Command::MitigateIncident { incident, text } => {
            said("text", text)?;
            take(batch, *incident)?;
            batch.push(Event::IncidentMitigated { incident: *incident, text: text.clone() });
            Ok(())
        }
        Command::ResolveIncident { incident, text, root_cause } => {
            said("text", text)?;
            take(batch, *incident)?;
            resolve(batch, *incident, text.clone(), root_cause.clone());
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Alerts open or join incidents, recoveries may close them, and updates fall due.
pub(crate) fn react(batch: &mut Batch) {
    batch.for_each_event(|batch, event| match event {
        Event::AlertOpened { alert, summary, severity, component, procedure, .. } => {
            open_or_join(batch, *alert, summary, *severity, component, procedure.clone());
        }
        Event::AlertResolved { alert, .. } => recover(batch, *alert),
        _ => {}
    });
    reopen(batch);
    for incident in owed_updates(batch) {
        batch.push(Event::UpdateFellDue { incident });
    }
}

fn owed_updates(batch: &Batch) -> Vec<IncidentId> {
    let (now, policy, incidents) = (batch.now(), batch.policy(), &batch.world().incidents);
    let is_owed = |incident: &&Arc<Incident>| update_due_at(incident, &policy).is_some_and(|due_at| due_at <= now);
    let any = || incidents.values().filter(is_owed).map(|incident| incident.id).collect();
    if batch.may_find_any_due() {
        return any();
    }
    let touched: BTreeSet<IncidentId> = batch.events().iter().filter_map(|recorded| recorded.incident).collect();
    let touched = touched.iter().filter_map(|id| incidents.get(id));
    let owed: Vec<IncidentId> = touched.filter(is_owed).map(|incident| incident.id).collect();
    debug_assert_eq!(owed, any(), "what no event of this moment touched was looked at before");
    owed
}

/// When the next update is owed, if the severity demands any and somebody has taken the incident.
pub(crate) fn update_due_at(incident: &Incident, policy: &Policy) -> Option<Timestamp> {
    // Zero would be owed again the moment it is given.
    let every_s = policy.severity(incident.severity).update_every_s.filter(|every_s| *every_s > 0)?;
    // Before it is acknowledged the page does the reminding; after mitigation there is no hurry.
    (Stage::Acknowledged..Stage::Mitigated)
        .contains(&incident.stage)
        .then(|| incident.update_clock_at.saturating_add(SignedDuration::from_secs(every_s.into())).ok())?
}

/// What fires on although its incident was resolved is not over.
fn reopen(batch: &mut Batch) {
    let now = batch.now();
    let unattended = |alert: &&Alert| alert.reopens_at().is_some_and(|at| at <= now);
    let unattended: Vec<Alert> = batch.world().alerts.values().filter(unattended).cloned().collect();
    for alert in unattended {
        open_or_join(batch, alert.id, &alert.summary, alert.severity, &alert.component, alert.procedure);
    }
}

fn open_or_join(
    batch: &mut Batch,
    alert: AlertId,
    summary: &str,
    severity: Severity,
    component: &str,
    procedure: Option<String>,
) {
    let same = |incident: &&Arc<Incident>| incident.is_open() && *incident.component == *component;
    let open_already = batch.world().incidents.values().find(same).map(|incident| incident.id);
    match open_already {
        Some(incident) => {
            let public = batch.policy().severity(severity).public;
            batch.push(Event::IncidentJoined { incident, alert, summary: summary.to_owned(), severity, public });
        }
        None => open(batch, severity, summary.to_owned(), component.to_owned(), procedure, Some(alert)),
    }
}

fn open(
    batch: &mut Batch,
    severity: Severity,
    title: String,
    component: String,
    procedure: Option<String>,
    alert: Option<AlertId>,
) {
    let incident = IncidentId(batch.next_seq());
    let public = batch.policy().severity(severity).public;
    batch.push(Event::IncidentOpened { incident, severity, title, component, procedure, alert, public });
}

fn recover(batch: &mut Batch, alert: AlertId) {
    let world = batch.world();
    let over = world
        .incidents
        .values()
        .filter(|incident| incident.is_open() && incident.alerts.contains_key(&alert))
        .find(|incident| incident.alerts.keys().all(|alert| !world.alerts.contains_key(alert)))
        .map(|incident| (incident.id, incident.severity));
    let Some((incident, severity)) = over else { return };
    batch.push(Event::IncidentRecovered { incident });
    if batch.policy().severity(severity).resolves_itself {
        resolve(batch, incident, "Nothing fires any more.".to_owned(), None);
    }
}

fn resolve(batch: &mut Batch, incident: IncidentId, text: String, root_cause: Option<String>) {
    batch.push(Event::IncidentResolved { incident, text, root_cause });
}

/// The incident, if it is still being worked on.
fn working(batch: &Batch, id: IncidentId) -> Result<&Incident, Refusal> {
    let not_open = || Refusal::NotOpen { noun: "incident".to_owned(), id: id.to_string() };
    let incident = batch.world().incidents.get(&id).ok_or_else(not_open)?;
    if incident.is_open() {
        Ok(incident)
    } else {
        Err(Refusal::AlreadyThere { incident: id.0, stage: incident.stage.word().to_owned() })
    }
}

/// Whoever works on an open incident has thereby acknowledged it.
fn take(batch: &mut Batch, id: IncidentId) -> Result<(), Refusal> {
    let untaken = working(batch, id)?.awaits_acknowledgement();
    if untaken && matches!(batch.actor(), Actor::Person(_)) {
        batch.push(Event::IncidentAcknowledged { incident: id });
    }
    Ok(())
}

/// Refuses a text that says nothing.
pub(crate) fn said(field: &str, text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() { Err(Refusal::Empty { field: field.to_owned() }) } else { Ok(()) }
}
