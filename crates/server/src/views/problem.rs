//! A problem as a page.

use axum::http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use super::frame::{head, mark};
use crate::problem::Problem;

pub(crate) fn page(problem: &Problem) -> Markup {
    // `Conflict` says nothing to a person; the message does.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_headed_in_words_that_say_something() {
        let headed = |status| {
            let page = page(&Problem::new(status, "code", "Why.")).into_string();
            page.split_once("</h1>").expect("it has a heading").0.rsplit('>').next().expect("a text").trim().to_owned()
        };
        assert_eq!(headed(StatusCode::CONFLICT), "Not done");
        assert_eq!(headed(StatusCode::NOT_FOUND), "Not Found");
    }
}
