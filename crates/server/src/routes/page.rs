//! `/api/v1/pages`.

use std::sync::Arc;

use allclear_core::{IncidentId, Page, PageId, PageState, Policy};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::site::Site;

/// A page of an open incident.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenPage {
    #[schema(value_type = String, example = "page-14")]
    id: PageId,
    #[schema(value_type = String)]
    incident: IncidentId,
    /// `paging`, `exhausted` or `acknowledged`.
    #[schema(value_type = String)]
    state: PageState,
    /// The level that was paged last, from 1.
    level: u32,
    /// Which time the escalation is gone through, from 1.
    round: u32,
    #[schema(value_type = String, format = DateTime)]
    level_at: Timestamp,
    /// When the next level is paged if nobody answers.
    #[schema(value_type = Option<String>, format = DateTime)]
    escalates_at: Option<Timestamp>,
    /// Messages of this level that are still on their way.
    outstanding: usize,
    /// Whether anything of this level has arrived.
    reached: bool,
    /// Channels that were ever used.
    channels: Vec<String>,
}

impl OpenPage {
    fn new(page: &Page, policy: &Policy) -> Self {
        Self {
            id: page.id,
            incident: page.incident,
            state: page.state,
            level: page.level + 1,
            round: page.round + 1,
            level_at: page.level_at,
            escalates_at: page.escalates_at(policy),
            outstanding: page.outstanding.len(),
            reached: page.reached,
            channels: page.channels.iter().cloned().collect(),
        }
    }
}

/// Lists the pages of open incidents, oldest first.
#[utoipa::path(get, path = "/pages", tag = "pages", responses((status = 200, body = [OpenPage])))]
pub(crate) async fn list(State(site): State<Arc<Site>>) -> Json<Vec<OpenPage>> {
    let world = site.world();
    let policy = world.policy();
    Json(world.pages.values().map(|page| OpenPage::new(page, &policy)).collect())
}
