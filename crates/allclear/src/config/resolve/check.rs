//! What is watched, and what must report in.

use allclear_core::{CheckPolicy, HttpCondition, HttpProbe, JobPolicy, Probe, Severity};
use allclear_runbook::mentions_secret;
use serde_json::Value;

use super::super::at::At;
use super::super::code::Code;
use super::super::file::{CheckTable, JobTable};
use super::super::problem::Problem;
use super::super::secret;
use super::super::unit::{Span, write_duration};
use super::Pass;

const INTERVAL_MS: u64 = 60_000;
const INTERVAL_LEAST_MS: u64 = 100;
const TIMEOUT_MS: u32 = 10_000;
const CONNECT_TIMEOUT_MS: u32 = 5_000;
const GRACE_S: u32 = 15 * 60;

impl Pass<'_> {
    pub(super) fn check(&mut self, name: &str, table: &At<CheckTable>) -> CheckPolicy {
        let path = format!("check.{name}");
        let check = &table.value;
        if check.kind.is_none() {
            self.missing(&path, "kind", table.span.clone(), "write kind = \"http\"");
        }
        let interval_ms = check.interval.as_ref().map_or(INTERVAL_MS, |interval| self.interval(interval));
        CheckPolicy {
            probe: Probe::Http(self.http(&path, table, interval_ms)),
            interval_ms,
            failures_to_fail: self.threshold(check.failures_to_fail.as_ref(), "failures_to_fail"),
            passes_to_recover: self.threshold(check.passes_to_recover.as_ref(), "passes_to_recover"),
            severity: check.severity.map_or(Severity::P2, |severity| severity.0),
            component: check.component.clone().unwrap_or_else(|| name.to_owned()),
            procedure: self.procedure(check.procedure.as_ref()),
        }
    }

    pub(super) fn job(&mut self, name: &str, table: &At<JobTable>) -> JobPolicy {
        let job = &table.value;
        let every_s = match &job.every {
            Some(every) => self.seconds(every, "every"),
            None => {
                self.missing(
                    &format!("job.{name}"),
                    "every",
                    table.span.clone(),
                    "write how often it reports at least, such as every = \"24h\"",
                );
                1
            }
        };
        JobPolicy {
            every_s,
            grace_s: job.grace.as_ref().map_or(GRACE_S, |grace| self.seconds(grace, "grace")),
            severity: job.severity.map_or(Severity::P2, |severity| severity.0),
            procedure: self.procedure(job.procedure.as_ref()),
        }
    }

    fn threshold(&mut self, number: Option<&At<u32>>, key: &str) -> u32 {
        number.map_or(2, |number| self.number(number, key, 1, 1000))
    }

    fn interval(&mut self, interval: &At<Span>) -> u64 {
        if !(INTERVAL_LEAST_MS..=31 * 86_400_000).contains(&interval.value.0) {
            self.bad(
                &interval.span,
                "`interval` is out of range",
                "write \"1s\" or more; \"100ms\" is the least, for demonstrations",
            );
        }
        interval.value.0
    }

    fn http(&mut self, path: &str, table: &At<CheckTable>, interval_ms: u64) -> HttpProbe {
        let check = &table.value;
        let url = match &check.url {
            Some(url) => self.url(url),
            None => {
                self.missing(path, "url", table.span.clone(), "write url = \"https://api.example.com/health\"");
                String::new()
            }
        };
        let timeout_ms = self.timeout(check.timeout.as_ref(), interval_ms);
        HttpProbe {
            method: self.method(check),
            url,
            headers: self.headers(check),
            body: check.body.as_ref().map(|body| self.body(body)),
            samples: check.samples.as_ref().map_or(1, |samples| self.number(samples, "samples", 1, 100)),
            p95_limit_ms: check.p95_limit.as_ref().map(|limit| self.limit(limit, "p95_limit")),
            connect_timeout_ms: self.connect_timeout(check.connect_timeout.as_ref(), timeout_ms),
            timeout_ms,
            conditions: self.conditions(check),
        }
    }

    fn timeout(&mut self, timeout: Option<&At<Span>>, interval_ms: u64) -> u32 {
        let Some(timeout) = timeout else {
            return u32::try_from(interval_ms).unwrap_or(TIMEOUT_MS).clamp(1, TIMEOUT_MS);
        };
        if timeout.value.0 > interval_ms {
            let interval = write_duration(interval_ms);
            self.bad(
                &timeout.span,
                format!("the timeout is longer than the interval of {interval}"),
                format!("write \"{interval}\" or less, or a longer interval"),
            );
        }
        self.limit(timeout, "timeout")
    }

    fn connect_timeout(&mut self, timeout: Option<&At<Span>>, whole_ms: u32) -> u32 {
        let Some(timeout) = timeout else { return whole_ms.min(CONNECT_TIMEOUT_MS) };
        if timeout.value.0 > u64::from(whole_ms) {
            let whole = write_duration(u64::from(whole_ms));
            self.bad(
                &timeout.span,
                format!("connecting may not take longer than the whole timeout of {whole}"),
                format!("write \"{whole}\" or less"),
            );
        }
        self.limit(timeout, "connect_timeout")
    }

    fn method(&mut self, check: &CheckTable) -> String {
        let usual = if check.body.is_some() { "POST" } else { "GET" };
        let Some(method) = &check.method else { return usual.to_owned() };
        if method.value.is_empty() || !method.value.bytes().all(|letter| letter.is_ascii_uppercase()) {
            self.bad(
                &method.span,
                format!("`{}` is not a method", method.value),
                "write it in capitals, such as \"GET\" or \"POST\"",
            );
        }
        method.value.clone()
    }

    fn headers(&mut self, check: &CheckTable) -> Vec<(String, String)> {
        for (name, value) in &check.headers {
            if name.parse::<http::HeaderName>().is_err() || value.value.parse::<http::HeaderValue>().is_err() {
                self.bad(
                    &value.span,
                    format!("`{name}` is not a header that can be sent"),
                    "names are letters, digits and `-`; values have no line breaks",
                );
            }
            if mentions_secret(name) || secret::looks_secret(&value.value) {
                self.report(
                    Problem::error(
                        Code::LiteralSecret,
                        value.span.clone(),
                        format!("the header `{name}` holds a secret, and this file is no place for one"),
                    )
                    .help("watch an address that needs no credentials; whatever stood here should be replaced"),
                );
            }
        }
        check.headers.iter().map(|(name, value)| (name.clone(), value.value.clone())).collect()
    }

    fn body(&mut self, body: &At<Value>) -> String {
        let text = match &body.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if secret::looks_secret(&text) {
            self.report(
                Problem::error(
                    Code::LiteralSecret,
                    body.span.clone(),
                    "the body holds a secret, and this file is no place for one",
                )
                .help("ask for something that needs no credentials; whatever stood here should be replaced"),
            );
        }
        text
    }

    fn conditions(&mut self, check: &CheckTable) -> Vec<HttpCondition> {
        let (from, to) = check.expect_status.map_or((200, 299), |range| (range.0, range.1));
        let mut conditions = vec![HttpCondition::Status(from, to)];
        conditions.extend(check.expect_body_contains.clone().map(HttpCondition::BodyContains));
        for (pointer, value) in &check.expect_json {
            if !pointer.is_empty() && !pointer.starts_with('/') {
                self.bad(
                    &value.span,
                    format!("`{pointer}` is not a JSON pointer"),
                    format!("write \"/{}\"", pointer.replace('.', "/")),
                );
            }
            conditions.push(HttpCondition::JsonEquals(pointer.clone(), value.value.clone()));
        }
        conditions
    }
}
