//! What the environment of a pipeline says about which endpoints to ask.
//!
//! Each jurisdiction has two checks: an estimate is made by POST, then the requirements are read by GET.

use allclear_core::{HttpCondition, HttpProbe, Probe};
use reqwest::Url;
use serde_json::{Map, Value, json};

use super::Question;

pub(super) const BASE_URL: &str = "SYNTHETIC_BASE_URL";
const JURISDICTIONS: &str = "SYNTHETIC_JURISDICTIONS";
const ITERATIONS: &str = "SYNTHETIC_ITERATIONS";
const THRESHOLD_MS: &str = "SYNTHETIC_THRESHOLD_MS";
const IDEMPOTENCY: &str = "SYNTHETIC_IDEMPOTENCY";
const SCENARIOS: &str = "SYNTHETIC_SCENARIOS";

const CONNECT_TIMEOUT_MS: u32 = 5_000;
const TIMEOUT_MS: u32 = 10_000;

/// Everything that the variables say.
#[derive(Debug)]
pub(super) struct Synthetic {
    base_url: String,
    jurisdictions: Vec<String>,
    iterations: u32,
    threshold_ms: u32,
    idempotency: Option<String>,
    scenarios: Map<String, Value>,
}

impl Synthetic {
    /// Reads the variables; `None` without a base address. The error names the variable and what to write.
    pub(super) fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, String> {
        let value = |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let Some(base_url) = value(BASE_URL) else { return Ok(None) };
        Ok(Some(Self {
            base_url: base_address(&base_url)?,
            jurisdictions: slugs(value(JURISDICTIONS).as_deref().unwrap_or("san_francisco,joshua_tree"))?,
            iterations: number(ITERATIONS, value(ITERATIONS), 5, 1000)?,
            threshold_ms: number(THRESHOLD_MS, value(THRESHOLD_MS), 200, 600_000)?,
            idempotency: value(IDEMPOTENCY),
            scenarios: scenarios(value(SCENARIOS))?,
        }))
    }

    pub(super) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(super) fn jurisdictions(&self) -> &[String] {
        &self.jurisdictions
    }

    /// The checks, in the order in which they are performed.
    pub(super) fn questions(&self) -> Vec<Question> {
        self.jurisdictions.iter().flat_map(|slug| [self.estimate(slug), self.requirements(slug)]).collect()
    }

    fn estimate(&self, slug: &str) -> Question {
        let body = self.scenarios.get(slug).cloned().unwrap_or_else(food_business);
        let idempotency = self.idempotency.iter().map(|key| ("Idempotency-Key".to_owned(), key.clone()));
        let probe = HttpProbe {
            method: "POST".to_owned(),
            headers: idempotency.collect(),
            body: Some(body.to_string()),
            ..self.probe(format!("{}/city/{slug}/requirements/estimate", self.base_url))
        };
        Question { name: format!("{slug}_estimate"), probe: Probe::Http(probe), jurisdiction: Some(slug.to_owned()) }
    }

    fn requirements(&self, slug: &str) -> Question {
        let probe = Probe::Http(self.probe(format!("{}/city/{slug}/requirements", self.base_url)));
        Question { name: format!("{slug}_requirements"), probe, jurisdiction: Some(slug.to_owned()) }
    }

    fn probe(&self, url: String) -> HttpProbe {
        HttpProbe {
            method: "GET".to_owned(),
            url,
            headers: Vec::new(),
            body: None,
            samples: self.iterations,
            p95_limit_ms: Some(self.threshold_ms),
            connect_timeout_ms: CONNECT_TIMEOUT_MS,
            timeout_ms: TIMEOUT_MS,
            conditions: vec![HttpCondition::Status(200, 299)],
        }
    }
}

/// What is estimated where nothing else is said: a middling food business.
fn food_business() -> Value {
    json!({ "seats": 40, "sqft": 2500, "inspections_per_year": 2, "reinspections_per_year": 0, "party": "operator" })
}

fn base_address(text: &str) -> Result<String, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    // The text is not repeated: it may hold credentials, and so would the result, which is often published.
    match url {
        Some(url) if url.username().is_empty() && url.password().is_none() => {}
        Some(_) => return Err(format!("`{BASE_URL}` holds credentials: leave them out of the address")),
        None => return Err(format!("`{BASE_URL}` is not an address: write for example `https://api.example.com`")),
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn slugs(text: &str) -> Result<Vec<String>, String> {
    let slugs: Vec<String> =
        text.split(',').map(str::trim).filter(|slug| !slug.is_empty()).map(str::to_owned).collect();
    let is_slug =
        |slug: &String| slug.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'));
    if slugs.is_empty() || !slugs.iter().all(is_slug) {
        return Err(format!("`{JURISDICTIONS}` is not a list of slugs: write for example `san_francisco,joshua_tree`"));
    }
    Ok(slugs)
}

fn number(name: &str, value: Option<String>, usual: u32, most: u32) -> Result<u32, String> {
    let Some(value) = value else { return Ok(usual) };
    let number = value.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("`{name}` is not a number from 1 to {most}: `{value}`"))
}

fn scenarios(value: Option<String>) -> Result<Map<String, Value>, String> {
    let Some(value) = value else { return Ok(Map::new()) };
    serde_json::from_str(&value).map_err(|error| {
        format!("`{SCENARIOS}` is not a JSON object of request bodies by slug, such as `{{\"san_francisco\": {{\"seats\": 40}}}}`: {error}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::prepchef::PrepChef;

    fn read(variables: &[(&str, &str)]) -> Result<Option<Synthetic>, String> {
        Synthetic::from_environment(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn probe(question: &Question) -> &HttpProbe {
        let Probe::Http(probe) = &question.probe;
        probe
    }

    #[test]
    fn two_checks_per_jurisdiction_with_the_usual_limits() {
        let synthetic = read(&[(BASE_URL, "http://127.0.0.1:1/")]).expect("it is right").expect("it is set");
        let questions = synthetic.questions();
        let names: Vec<&str> = questions.iter().map(|question| question.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "san_francisco_estimate",
                "san_francisco_requirements",
                "joshua_tree_estimate",
                "joshua_tree_requirements"
            ]
        );
        let estimate = probe(&questions[0]);
        assert_eq!(estimate.url, "http://127.0.0.1:1/city/san_francisco/requirements/estimate");
        assert_eq!((estimate.samples, estimate.p95_limit_ms), (5, Some(200)));
        assert_eq!((estimate.connect_timeout_ms, estimate.timeout_ms), (5_000, 10_000));
        assert!(estimate.body.as_deref().is_some_and(|body| body.contains("\"inspections_per_year\":2")));
        assert!(estimate.headers.is_empty());
        assert_eq!(probe(&questions[1]).method, "GET");
    }

    #[tokio::test]
    async fn prepchef_answers_the_usual_questions() {
        // Installed already by another test of this process: that is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let prepchef = PrepChef::start(listener, folder.path().join("faults.json")).expect("it starts");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let questions = read(&[(BASE_URL, &prepchef.url())]).expect("it is right").expect("it is set").questions();
        assert_eq!(questions.len(), 4);
        for question in questions {
            let HttpProbe { method, url, body, .. } = probe(&question);
            let method = method.parse().expect("a method");
            let request = client.request(method, url).body(body.clone().unwrap_or_default());
            let answer = request.send().await.expect("it answers");
            assert_eq!(answer.status(), 200, "{}: {:?}", question.name, answer.text().await);
        }
    }

    #[test]
    fn every_variable_is_heard() {
        let synthetic = read(&[
            (BASE_URL, "https://a.test"),
            (JURISDICTIONS, " oakland , "),
            (ITERATIONS, "2"),
            (THRESHOLD_MS, "50"),
            (IDEMPOTENCY, "key-1"),
            (SCENARIOS, "{\"oakland\": {\"seats\": 1}}"),
        ]);
        let questions = synthetic.expect("it is right").expect("it is set").questions();
        let estimate = probe(&questions[0]);
        assert_eq!(questions.len(), 2);
        assert_eq!((estimate.samples, estimate.p95_limit_ms), (2, Some(50)));
        assert_eq!(estimate.headers, [("Idempotency-Key".to_owned(), "key-1".to_owned())]);
        assert_eq!(estimate.body.as_deref(), Some("{\"seats\":1}"));
        assert!(probe(&questions[1]).headers.is_empty());
    }

    #[test]
    fn a_wrong_variable_is_named() {
        let base = (BASE_URL, "http://a.test");
        for (name, value) in [
            (BASE_URL, "a.test"),
            (BASE_URL, "https://ana:hunter2@a.test"),
            (JURISDICTIONS, "a b"),
            (JURISDICTIONS, ","),
            (ITERATIONS, "0"),
            (ITERATIONS, "many"),
            (THRESHOLD_MS, "-1"),
            (SCENARIOS, "[]"),
        ] {
            let error = read(&[(name, value), base]).expect_err(value);
            assert!(error.contains(name) && !error.contains("hunter2"), "{error}");
        }
        assert!(read(&[]).expect("nothing is wrong").is_none());
    }
}
