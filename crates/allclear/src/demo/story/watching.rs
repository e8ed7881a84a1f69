//! From health to an open incident: what Allclear sees by itself.

use allclear_core::Event;
use anyhow::ensure;
use futures::FutureExt as _;

use super::{Playing, Scene, Seen};
use crate::demo::diary::{is_check, is_from_check, pause};
use crate::demo::props::PROCEDURE;

pub(super) fn healthy<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let health = scene.visitor.health().await?;
        ensure!(health["status"] == "ok", "PrepChef says of itself: {health}");
        let (seq, ()) = scene.diary.wait(|event| passes(event).then_some(())).await?;
        Ok(Seen::in_log(seq, "GET /health says ok, and the check of the city endpoint passes."))
    }
    .boxed()
}

pub(super) fn broken<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        if let Some((seq, ())) = scene.diary.find(|event| fails(event).map(drop)).await? {
            return Ok(Seen::in_log(seq, "GET /city/san_francisco/requirements answered an error."));
        }
        scene.visitor.inject().await?;
        let status = scene.visitor.requirements().await?;
        ensure!(status.is_server_error(), "GET /city/san_francisco/requirements still answers {status}");
        Ok(Seen::outside(format!("GET /city/san_francisco/requirements now answers {status}.")))
    }
    .boxed()
}

pub(super) fn check_fails<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let (seq, reason) = scene.diary.wait(fails).await?;
        Ok(Seen::in_log(seq, format!("CheckFailed: {reason}")))
    }
    .boxed()
}

pub(super) fn alert_opens<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let opened = |event: &Event| match event {
            Event::AlertOpened { alert, source, .. } if is_from_check(source) => Some(*alert),
            _ => None,
        };
        let (seq, alert) = scene.diary.wait(opened).await?;
        Ok(Seen::in_log(seq, format!("{alert} is open.")))
    }
    .boxed()
}

pub(super) fn incident_opens<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let (seq, id) = scene.diary.incident().await?;
        let incident = loop {
            // The answer comes from the world, which follows the log at once but not before.
            match scene.console.get(&format!("incidents/{id}")).await {
                Ok(incident) => break incident,
                Err(_) => pause().await,
            }
        };
        ensure!(incident["severity"] == "P1", "{id} has severity {}", incident["severity"]);
        let attached = incident["procedure"].to_string();
        ensure!(attached.contains(PROCEDURE), "{id} has the procedure {attached}");
        Ok(Seen::in_log(seq, format!("{id} is open at P1; the procedure `{PROCEDURE}` is attached.")))
    }
    .boxed()
}

fn passes(event: &Event) -> bool {
    matches!(event, Event::CheckPassed { check } if is_check(check))
}

fn fails(event: &Event) -> Option<String> {
    match event {
        Event::CheckFailed { check, reason } if is_check(check) => Some(reason.clone()),
        _ => None,
    }
}
