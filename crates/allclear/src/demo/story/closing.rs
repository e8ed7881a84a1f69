//! The end: mitigated, resolved, written up, and proved.

use std::collections::BTreeMap;

use allclear_core::{Channel, Event, ReviewId};
use anyhow::{Context as _, ensure};
use futures::FutureExt as _;
use serde_json::json;

use super::{Playing, Scene, Seen};
use crate::demo::diary::pause;
use crate::print::text;

const DRAFT_LINES_SHOWN: usize = 14;

pub(super) fn mitigated<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let said = "The release was rolled back; requirements are served again.";
        let mitigated =
            |event: &Event, of| matches!(event, Event::IncidentMitigated { incident, .. } if *incident == of);
        let seq = scene.ask("mitigate", json!({ "text": said }), mitigated).await?;
        Ok(Seen::in_log(seq, said))
    }
    .boxed()
}

pub(super) fn resolved<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let cause = "The release read a column that the database does not have yet.";
        let body =
            json!({ "text": "City requirements are served again; the checks have confirmed it.", "root_cause": cause });
        let resolved = |event: &Event, of| matches!(event, Event::IncidentResolved { incident, .. } if *incident == of);
        let seq = scene.ask("resolve", body, resolved).await?;
        Ok(Seen::in_log(seq, format!("Root cause: {cause}")))
    }
    .boxed()
}

pub(super) fn drafted<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let (_, incident) = scene.diary.incident().await?;
        let owed = |event: &Event| match event {
            Event::ReviewOwed { review, incident: of, .. } if *of == incident => Some(*review),
            _ => None,
        };
        let (_, id): (_, ReviewId) = scene.diary.wait(owed).await?;
        let drafted =
            |event: &Event| matches!(event, Event::ReviewDrafted { review, .. } if *review == id).then_some(());
        let (seq, ()) = scene.diary.wait(drafted).await?;
        let review = scene.console.get(&format!("reviews/{id}")).await?;
        let draft = text(&review, "text");
        ensure!(
            draft.contains("## Timeline") && draft.contains("paging level 2"),
            "the draft lacks its timeline:\n{draft}"
        );
        scene.narrator.quote(&draft.lines().take(DRAFT_LINES_SHOWN).collect::<Vec<_>>().join("\n"));
        let lines = draft.lines().count();
        Ok(Seen::in_log(seq, format!("{id} is due {}; its draft has {lines} lines.", text(&review, "due_at"))))
    }
    .boxed()
}

/// Nothing is on its way any more; the pager has exactly what the log says was delivered to it.
pub(super) fn accounted<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        while !scene.stand.handle().world().deliveries.is_empty() {
            pause().await;
        }
        scene.diary.read().await?;
        let delivered = delivered(scene);
        let pages = scene.stand.pager.pages();
        for (key, channel) in &delivered {
            let page = pages.iter().find(|page| page.idempotency_key == *key);
            let page =
                page.with_context(|| format!("{key} was delivered by the log's word, but the pager lacks it"))?;
            ensure!(page.channel == *channel, "{key} went to {} instead of {channel}", page.channel);
        }
        let mut keys = BTreeMap::new();
        for page in &pages {
            let key = &page.idempotency_key;
            ensure!(delivered.contains_key(key), "the pager has {key}, which the log does not know as delivered");
            let same = keys.entry((&page.channel, &page.incident, &page.event)).or_insert(key);
            ensure!(*same == key, "{} reached {} under two keys, {same} and {key}", page.event, page.channel);
        }
        let repeated = pages.iter().filter(|page| page.repeated).count();
        let count = delivered.len();
        Ok(Seen::outside(format!(
            "{count} messages sent, {count} received, {repeated} of them twice under the same key."
        )))
    }
    .boxed()
}

pub(super) fn verified<'s>(scene: &'s mut Scene<'_>) -> Playing<'s> {
    async move {
        let world = scene.stand.handle().world();
        ensure!(world.anomalies.is_empty(), "events that make no sense where they stand: {:?}", world.anomalies);
        let store = scene.stand.handle().store().clone();
        let head = store.head().await?;
        let verified = store.verify(Some(head.clone())).await?;
        ensure!(verified.seq >= head.seq, "the log ends at {} instead of {}", verified.seq, head.seq);
        Ok(Seen::outside(format!("{} events, nothing was changed. Head: {verified}", verified.seq)))
    }
    .boxed()
}

/// Key and channel of everything that a webhook accepted, by the log's word.
fn delivered(scene: &Scene<'_>) -> BTreeMap<String, String> {
    let policy = scene.stand.handle().world().policy();
    let is_webhook = |channel: &String| matches!(policy.channels.get(channel), Some(Channel::Webhook { .. }));
    let mut queued = BTreeMap::new();
    let mut delivered = BTreeMap::new();
    for recorded in scene.diary.events() {
        match recorded.event.as_ref() {
            Event::DeliveryQueued { delivery, channel, .. } if is_webhook(channel) => {
                queued.insert(*delivery, channel.clone());
            }
            Event::DeliverySucceeded { delivery, .. } => {
                delivered.extend(queued.remove(delivery).map(|channel| (delivery.to_string(), channel)));
            }
            _ => {}
        }
    }
    delivered
}
