//! Probing an HTTP resource: name, connection, TLS, first byte and body, each measured by itself.
//!
//! Invariants: every request has a new connection and ends within its limit; memory is bounded whatever the server
//! sends; redirects are not followed; requests go on after one has failed, and each failure is a sentence for a person.

mod condition;
mod connection;
mod exchange;
mod question;

use allclear_core::{HttpProbe, RequestSample, Sample, Verdict, nearest_rank};
use jiff::Timestamp;

use crate::redact::Redactor;
use crate::trust::TrustStore;
use question::Question;

/// Asks the resource as often as the probe says, one request after the other. `at` is when the probe began; the
/// durations are measured on the monotonic clock.
pub async fn probe(http: &HttpProbe, at: Timestamp, trust: &TrustStore) -> Sample {
    let question = match Question::of(http) {
        Ok(question) => question,
        Err(reason) => return unaskable(at, reason),
    };
    let mut requests = Vec::new();
    let mut certificate_expires_at = None;
    for _ in 0..http.samples.max(1) {
        let (mut request, expires_at) = exchange::ask(&question, trust).await;
        // It may quote the answer.
        request.error = request.error.map(|error| Redactor::of_patterns().text(&error));
        requests.push(request);
        certificate_expires_at = expires_at.or(certificate_expires_at);
    }
    let answered: Vec<f64> =
        requests.iter().filter(|request| request.status.is_some()).map(|request| request.total_ms).collect();
    let p95_ms = nearest_rank(&answered, 95);
    let verdict = verdict(&requests, p95_ms, answered.len(), http.p95_limit_ms);
    Sample { at, verdict, requests, p95_ms, certificate_expires_at }
}

fn unaskable(at: Timestamp, reason: String) -> Sample {
    let verdict = Verdict::Fail { reason };
    Sample { at, verdict, requests: Vec::new(), p95_ms: None, certificate_expires_at: None }
}

fn verdict(requests: &[RequestSample], p95_ms: Option<f64>, answered: usize, limit_ms: Option<u32>) -> Verdict {
    let errors: Vec<&str> = requests.iter().filter_map(|request| request.error.as_deref()).collect();
    let too_slow = p95_ms.zip(limit_ms).filter(|&(p95_ms, limit_ms)| p95_ms > f64::from(limit_ms));
    let reason = match (errors.as_slice(), too_slow) {
        ([], None) => return Verdict::Pass,
        // Rounded up, so that the sentence never says that 200 ms is more than 200 ms.
        ([], Some((p95_ms, limit_ms))) => {
            let samples = if answered == 1 { "sample" } else { "samples" };
            format!("p95 of {answered} {samples} is {:.0} ms, limit {limit_ms} ms", p95_ms.ceil())
        }
        ([only], _) if requests.len() == 1 => (*only).to_owned(),
        ([first, ..], _) => format!("{} of {} requests failed: {first}", errors.len(), requests.len()),
    };
    Verdict::Fail { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(total_ms: f64, error: Option<&str>) -> RequestSample {
        RequestSample { status: Some(200), total_ms, error: error.map(str::to_owned), ..RequestSample::default() }
    }

    fn reason(verdict: Verdict) -> String {
        match verdict {
            Verdict::Pass => "passed".to_owned(),
            Verdict::Fail { reason } => reason,
        }
    }

    #[test]
    fn the_verdict_is_one_sentence() {
        let fine = [request(10.0, None), request(20.0, None)];
        assert_eq!(reason(verdict(&fine, Some(20.0), 2, Some(20))), "passed");
        assert_eq!(reason(verdict(&fine, Some(20.1), 2, Some(20))), "p95 of 2 samples is 21 ms, limit 20 ms");
        let broken = [request(10.0, Some("answered 503 where 200 was expected")), request(20.0, None)];
        assert_eq!(
            reason(verdict(&broken, Some(20.0), 2, None)),
            "1 of 2 requests failed: answered 503 where 200 was expected"
        );
        assert_eq!(reason(verdict(&broken[..1], None, 1, None)), "answered 503 where 200 was expected");
    }
}
