//! The sign-in.

use maud::{DOCTYPE, Markup, html};

use super::frame::{head, mark};

/// What the sign-in shows again after a failure.
pub(crate) struct SignIn<'a> {
    pub(crate) service: &'a str,
    pub(crate) version: &'a str,
    pub(crate) next: &'a str,
    pub(crate) name: &'a str,
    pub(crate) problem: Option<&'a str>,
}

pub(crate) fn page(sign_in: &SignIn<'_>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { (head(&format!("Sign in · {}", sign_in.service), sign_in.version)) }
            body.entry {
                main.card {
                    h1 { (mark()) " " (sign_in.service) }
                    @if let Some(problem) = sign_in.problem {
                        div.refusal role="alert" { strong { "Not signed in." } " " (problem) "." }
                    }
                    form method="post" action="/login" {
                        input type="hidden" name="next" value=(sign_in.next);
                        label for="token" { "Token" }
                        input #token type="password" name="token" autocomplete="current-password" required
                            aria-describedby="token-hint";
                        p.hint #token-hint { "It begins with alc_ and says who you are." }
                        label for="name" { "Your name, if this is the admin token" }
                        input #name name="name" value=(sign_in.name) autocomplete="username" maxlength="64"
                            aria-describedby="name-hint";
                        p.hint #name-hint { "It stands beside everything that you do. A token of your own has it already." }
                        button.primary type="submit" { "Sign in" }
                    }
                    p.dim { a href="/status" { "Status page" } " (no sign-in needed)" }
                }
            }
        }
    }
}
