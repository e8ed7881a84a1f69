//! Waking somebody: the page, its escalation, and the word that ends it.

use allclear_core::{DeliveryId, Event, MessageAction, Seq};
use anyhow::{Context as _, ensure};
use futures::FutureExt as _;
use serde_json::json;

use super::{Playing, Scene, Seen};
use crate::demo::props::{FIRST, SECOND};

pub(super) fn first<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let (seq, delivery) = arrived(scene, FIRST).await?;
        Ok(Seen::in_log(seq, format!("{delivery} is on Ana's pager; its signature was right.")))
    }
    .boxed()
}

pub(super) fn second<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let escalated = |event: &Event| matches!(event, Event::PageEscalated { level: 1, .. }).then_some(());
        scene.diary.wait(escalated).await?;
        let (seq, delivery) = arrived(scene, SECOND).await?;
        Ok(Seen::in_log(seq, format!("Level 2: {delivery} is on Ben's pager; its signature was right.")))
    }
    .boxed()
}

pub(super) fn acknowledged<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let taken = |event: &Event, of| matches!(event, Event::IncidentAcknowledged { incident } if *incident == of);
        let seq = scene.ask("acknowledge", json!({}), taken).await?;
        Ok(Seen::in_log(seq, "Ana has it; every pager that rang is told."))
    }
    .boxed()
}

/// Waits until the page to this channel has arrived, by the log's word and by the pager's.
async fn arrived(scene: &mut Scene<'_>, channel: &str) -> anyhow::Result<(Seq, DeliveryId)> {
    let queued = |event: &Event| match event {
        Event::DeliveryQueued { delivery, channel: to, message, .. }
            if to == channel && message.action == MessageAction::Trigger =>
        {
            Some(*delivery)
        }
        _ => None,
    };
    let (_, delivery) = scene.diary.wait(queued).await?;
    let delivered =
        |event: &Event| matches!(event, Event::DeliverySucceeded { delivery: it, .. } if *it == delivery).then_some(());
    let (seq, ()) = scene.diary.wait(delivered).await?;
    let pages = scene.stand.pager.pages();
    let page = pages.iter().find(|page| page.idempotency_key == delivery.to_string());
    let page =
        page.with_context(|| format!("the log says that {delivery} arrived, and the pager has never seen it"))?;
    ensure!(page.channel == channel && page.event == "incident.trigger", "the pager received something else: {page:?}");
    Ok((seq, delivery))
}
