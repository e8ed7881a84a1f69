//! A problem as a page.

use maud::{DOCTYPE, Markup, html};

use super::frame::{head, mark};
use crate::problem::Problem;

pub(crate) fn page(problem: &Problem) -> Markup {
    let title = problem.status.canonical_reason().unwrap_or("Not done");
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
