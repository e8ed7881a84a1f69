//! A problem as a page.

use axum::http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use super::frame::{head, mark};
use crate::problem::Problem;

pub(crate) fn page(problem: &Problem) -> Markup {
    // What was asked for could not be: the message says why, and `Conflict` says nothing to a person.
    let refused = problem.status == StatusCode::CONFLICT;
    let title = problem.status.canonical_reason().filter(|_| !refused).unwrap_or("Not done");
    html! {
        (DOCTYPE)
        html lang="en" {
            head { (head(title, "1")) }
            body.entry {
                main.card {
                    h1 { (mark()) " " (title) }
                    p { (problem.message) }
                    p { a href="/" { "Back to the incidents" } " · " a href="/status" { "Status page" } }
                    p.dim { "code: " code { (problem.code) } }
                }
            }
        }
    }
}
