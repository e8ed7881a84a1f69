//! Saying how bad it is, and telling those who are hurt by it.

use allclear_core::Event;
use futures::FutureExt as _;
use serde_json::{Value, json};

use super::{Playing, Scene, Seen};
use crate::demo::diary::pause;
use crate::demo::props::{PROCEDURE, RUNBOOK_URL};

const IMPACT: &str = "Nobody can see what a city asks for; estimates fail. Payments work.";
const UPDATE: &str = "City requirements cannot be shown at the moment. We know why and are rolling the release back.";

pub(super) fn assessed<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let assessed = |event: &Event, of| matches!(event, Event::IncidentAssessed { incident, .. } if *incident == of);
        let seq = scene.ask("assess", json!({ "severity": "P1", "impact": IMPACT }), assessed).await?;
        Ok(Seen::in_log(seq, format!("P1 stands. {IMPACT}")))
    }
    .boxed()
}

pub(super) fn updated<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let told =
            |event: &Event, of| matches!(event, Event::IncidentUpdated { incident, public: true, .. } if *incident == of);
        let seq = scene.ask("update", json!({ "text": UPDATE, "public": true }), told).await?;
        Ok(Seen::in_log(seq, format!("\u{201c}{UPDATE}\u{201d}")))
    }
    .boxed()
}

pub(super) fn shown<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let (_, incident) = scene.diary.incident().await?;
        loop {
            let status = scene.console.public("status.json").await?;
            if let Some(link) = remediation(&status, &incident.to_string()) {
                return Ok(Seen::outside(format!("/status.json lists {incident} and links to {link}")));
            }
            pause().await;
        }
    }
    .boxed()
}

/// The link to the runbook's section, if the status page has this incident and the link.
fn remediation(status: &Value, incident: &str) -> Option<String> {
    let shown = status["recent_incidents"].as_array()?.iter().find(|it| it["id"] == incident)?;
    let links = shown["remediations"].as_array()?.iter().filter_map(Value::as_str);
    let mut ours = links.filter(|link| link.starts_with(&format!("{RUNBOOK_URL}#")) && link.ends_with(PROCEDURE));
    ours.next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remediation_counts_only_where_it_links_to_the_section_of_the_procedure() {
        let status = |link: &str| json!({ "recent_incidents": [{ "id": "incident-13", "remediations": [link] }] });
        let link = format!("{RUNBOOK_URL}#1-{PROCEDURE}");
        assert_eq!(remediation(&status(&link), "incident-13"), Some(link.clone()));
        assert_eq!(remediation(&status(&link), "incident-14"), None);
        assert_eq!(remediation(&status(RUNBOOK_URL), "incident-13"), None);
    }
}
