//! Whether an answer meets its conditions; the first that it does not meet becomes the sentence.

use allclear_core::HttpCondition;
use serde_json::Value;

use super::exchange::BODY_BYTES_MAX;

/// Longest value that a sentence quotes.
const QUOTE_CHARS_MAX: usize = 80;

/// What was kept of a body.
#[derive(Default)]
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    /// Whether there was more.
    pub(super) cut: bool,
}

/// The first condition that is not met, as a sentence.
pub(super) fn judge(conditions: &[HttpCondition], status: u16, body: &Body) -> Result<(), String> {
    conditions.iter().try_for_each(|condition| match condition {
        HttpCondition::Status(from, to) => judge_status(status, *from, *to),
        HttpCondition::BodyContains(text) => judge_text(body, text),
        HttpCondition::JsonEquals(pointer, expected) => judge_json(body, pointer, expected),
    })
}

fn judge_status(status: u16, from: u16, to: u16) -> Result<(), String> {
    match status {
        _ if (from..=to).contains(&status) => Ok(()),
        _ if from == to => Err(format!("answered {status} where {from} was expected")),
        _ => Err(format!("answered {status} where {from}–{to} was expected")),
    }
}

fn judge_text(body: &Body, text: &str) -> Result<(), String> {
    // Lossy, so that a text is found beside bytes that are none.
    if String::from_utf8_lossy(&body.bytes).contains(text) {
        return Ok(());
    }
    let part = if body.cut {
        format!("the first {} KiB of the body do", BODY_BYTES_MAX / 1024)
    } else {
        "the body does".to_owned()
    };
    Err(format!("{part} not contain `{}`", quote(text)))
}

fn judge_json(body: &Body, pointer: &str, expected: &Value) -> Result<(), String> {
    if body.cut {
        return Err(format!(
            "the body is larger than {} KiB, too large to be looked at as JSON",
            BODY_BYTES_MAX / 1024
        ));
    }
    let json: Value = serde_json::from_slice(&body.bytes).map_err(|error| format!("the body is not JSON: {error}"))?;
    match json.pointer(pointer) {
        Some(found) if equal(found, expected) => Ok(()),
        Some(found) => Err(format!(
            "`{pointer}` is {} where {} was expected",
            quote(&found.to_string()),
            quote(&expected.to_string())
        )),
        None => {
            Err(format!("`{pointer}` is missing from the body where {} was expected", quote(&expected.to_string())))
        }
    }
}

/// Numbers are compared by value: 1 and 1.0 are the same.
fn equal(found: &Value, expected: &Value) -> bool {
    let fractional = found.is_f64() || expected.is_f64();
    found == expected || (fractional && found.as_f64().is_some() && found.as_f64() == expected.as_f64())
}

fn quote(text: &str) -> String {
    let short: String = text.chars().take(QUOTE_CHARS_MAX).filter(|character| !character.is_control()).collect();
    if text.chars().nth(QUOTE_CHARS_MAX).is_some() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(condition: HttpCondition, body: &str, expected: Result<(), &str>) {
        let body = Body { bytes: body.as_bytes().to_vec(), cut: false };
        assert_eq!(judge(&[condition], 503, &body), expected.map_err(str::to_owned));
    }

    #[test]
    fn an_unmet_condition_says_what_was_found_and_what_was_expected() {
        check(HttpCondition::Status(200, 299), "", Err("answered 503 where 200–299 was expected"));
        check(HttpCondition::Status(200, 200), "", Err("answered 503 where 200 was expected"));
        check(HttpCondition::Status(500, 503), "", Ok(()));
        check(HttpCondition::BodyContains("ok".to_owned()), "all ok", Ok(()));
        check(HttpCondition::BodyContains("ok".to_owned()), "down", Err("the body does not contain `ok`"));
        let status = |value| HttpCondition::JsonEquals("/status".to_owned(), value);
        check(status(json!("ok")), r#"{"status":"ok"}"#, Ok(()));
        check(status(json!(1)), r#"{"status":1.0}"#, Ok(()));
        check(status(json!("ok")), r#"{"status":"bad"}"#, Err("`/status` is \"bad\" where \"ok\" was expected"));
        check(status(json!(1)), "{}", Err("`/status` is missing from the body where 1 was expected"));
        check(status(json!(1)), "oops", Err("the body is not JSON: expected value at line 1 column 1"));
    }

    #[test]
    fn a_body_that_was_cut_fails_only_the_conditions_that_need_the_rest() {
        let body = Body { bytes: b"{\"status\":\"ok\"".to_vec(), cut: true };
        assert_eq!(judge(&[HttpCondition::BodyContains("ok".to_owned())], 200, &body), Ok(()));
        assert_eq!(
            judge(&[HttpCondition::BodyContains("no".to_owned())], 200, &body),
            Err("the first 1024 KiB of the body do not contain `no`".to_owned())
        );
        assert_eq!(
            judge(&[HttpCondition::JsonEquals("/status".to_owned(), json!("ok"))], 200, &body),
            Err("the body is larger than 1024 KiB, too large to be looked at as JSON".to_owned())
        );
    }
}
