//! The pages of reviews.

use jiff::Timestamp;
use maud::{Markup, html};

use super::form::Typed;
use super::time::{between, short};
use crate::routes::review::ReviewDetail;

/// All reviews, newest first.
pub(crate) fn list(reviews: &[ReviewDetail], now: Timestamp) -> Markup {
    html! {
        h1 { "Reviews" }
        div data-live="reviews" {
            @if reviews.is_empty() { p.dim { "No review has been owed yet. A resolved P0 or P1 owes one." } }
            @else {
                div.scroll { table {
                    thead { tr { th { "Review" } th { "Incident" } th { "State" } th { "Due" } th { "Action items" } } }
                    tbody {
                        @for review in reviews {
                            tr {
                                td { a href={ "/reviews/" (review.id) } { (review.id) } }
                                td { a href={ "/incidents/" (review.incident) } { (review.incident) } }
                                td { (state(review)) }
                                td { (short(review.due_at)) @if review.published_at.is_none() { div.dim { (left(review, now)) } } }
                                td { (review.action_items.len()) }
                            }
                        }
                    }
                } }
            }
        }
    }
}

fn state(review: &ReviewDetail) -> Markup {
    let tone = match review.state {
        "published" => "good",
        "overdue" => "bad",
        _ => "warn",
    };
    html! { span.state.(tone) { (review.state) } }
}

fn left(review: &ReviewDetail, now: Timestamp) -> String {
    if review.due_at > now {
        format!("in {}", between(now, review.due_at))
    } else {
        format!("{} late", between(review.due_at, now))
    }
}

pub(crate) fn page(review: &ReviewDetail, now: Timestamp, typed: &Typed) -> Markup {
    html! {
        (typed.reason())
        div data-live="head" {
            h1 { "Review of " a href={ "/incidents/" (review.incident) } { (review.incident) } " " (state(review)) }
            dl.facts {
                div { dt { "Id" } dd { (review.id) } }
                div { dt { "Due" } dd { (short(review.due_at)) @if review.published_at.is_none() { " (" (left(review, now)) ")" } } }
                @if let Some(at) = review.published_at { div { dt { "Published" } dd { (short(at)) } } }
            }
        }
        div.columns {
            div.side { (actions(review, typed)) }
            div.main {
                @if review.published_at.is_some() { pre.document { (review.text) } }
                @else { (publish(review, typed)) }
            }
        }
    }
}

fn actions(review: &ReviewDetail, typed: &Typed) -> Markup {
    let value = |field| typed.value("action", field);
    html! {
        section aria-labelledby="items" {
            div data-live="items" {
                h2 #items { "Action items" }
                @if review.action_items.is_empty() { p.dim { "None yet: what shall be done so that it does not happen again?" } }
                ul.plain {
                    @for item in &review.action_items {
                        li { (item.text) div.dim { (item.owner) " · by " (item.due) } }
                    }
                }
            }
            @if review.published_at.is_none() {
                form.panel method="post" action={ "/reviews/" (review.id) "/action" } {
                    label for="text" { "What shall be done" }
                    textarea #text name="text" rows="2" required { (value("text")) }
                    label for="owner" { "Owner" }
                    input #owner name="owner" value=(value("owner")) required;
                    label for="due" { "By when" }
                    input #due name="due" value=(value("due")) placeholder="2026-12-01" required;
                    button type="submit" { "Add action item" }
                }
            }
        }
    }
}

fn publish(review: &ReviewDetail, typed: &Typed) -> Markup {
    let text = match typed.value("publish", "text") {
        "" => review.text.as_str(),
        typed => typed,
    };
    html! {
        form method="post" action={ "/reviews/" (review.id) "/publish" } {
            h2 { label for="draft" { "Draft (Markdown)" } }
            textarea.draft #draft name="text" rows="28" required { (text) }
            p.hint { "Drafted from the timeline. Complete it, then publish; publishing closes the incident." }
            button.primary type="submit" { "Publish the review" }
        }
    }
}
