//! An `http` fence as text: request line, headers, an empty line, the body; several requests are divided by `###`.
//!
//! Invariant: a request that was understood has a known method, and neither its address nor a header holds a line break.
//! A variable is written `${NAME}` anywhere, and `$NAME` in a header.

use crate::plan::EffectClass;

/// One request, with its variables still in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// Its line in the text, 0-based.
    pub line: u32,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// A whole address, or a path from the base of the target.
    pub address: String,
    /// Names and values in order.
    pub headers: Vec<(String, String)>,
    /// What stands behind the empty line.
    pub body: Option<String>,
}

/// Why a text is no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestProblem {
    /// The line concerned, 0-based.
    pub line: u32,
    /// What is wrong, as the end of a sentence that begins with the line.
    pub message: String,
}

const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

/// The requests of a text.
///
/// # Errors
/// The first line that cannot be understood.
pub fn http_requests(text: &str) -> Result<Vec<HttpRequest>, RequestProblem> {
    let mut requests = Vec::new();
    let mut block: Vec<(u32, &str)> = Vec::new();
    for (number, line) in (0..).zip(text.lines()) {
        if line.starts_with("###") {
            requests.extend(request(&std::mem::take(&mut block))?);
        } else {
            block.push((number, line));
        }
    }
    requests.extend(request(&block)?);
    match requests.is_empty() {
        true => Err(RequestProblem { line: 0, message: "holds no request".to_owned() }),
        false => Ok(requests),
    }
}

/// The request of a block of lines; `None` if there are only comments and blanks.
fn request(lines: &[(u32, &str)]) -> Result<Option<HttpRequest>, RequestProblem> {
    let before = |line: &str| line.trim().is_empty() || line.starts_with('#') || line.starts_with("//");
    let Some(first) = lines.iter().position(|(_, line)| !before(line)) else { return Ok(None) };
    let (number, line) = lines[first];
    let (method, address) = request_line(line).map_err(|message| RequestProblem { line: number, message })?;
    let rest = &lines[first + 1..];
    let end = rest.iter().position(|(_, line)| line.trim().is_empty()).unwrap_or(rest.len());
    let headers = rest[..end].iter().map(|(number, line)| header(*number, line)).collect::<Result<_, _>>()?;
    let body: Vec<&str> = rest.get(end + 1..).unwrap_or_default().iter().map(|(_, line)| *line).collect();
    let body = Some(body.join("\n").trim_end().to_owned()).filter(|body| !body.is_empty());
    Ok(Some(HttpRequest { line: number, method, address, headers, body }))
}

/// `POST /path HTTP/1.1`; the version may be absent, and where only an address stands it is a `GET`.
fn request_line(line: &str) -> Result<(String, String), String> {
    let words: Vec<&str> = line.split_whitespace().filter(|word| !word.starts_with("HTTP/")).collect();
    let is_address = |word: &str| word.starts_with('/') || word.starts_with("http://") || word.starts_with("https://");
    match words.as_slice() {
        [address] if is_address(address) => Ok(("GET".to_owned(), (*address).to_owned())),
        [method, address] if METHODS.contains(method) && (is_address(address) || address.starts_with("${")) => {
            Ok(((*method).to_owned(), (*address).to_owned()))
        }
        [method, _] if !METHODS.contains(method) => {
            Err(format!("begins with `{method}`, which is none of {}", METHODS.join(", ")))
        }
        _ => Err("is not a request: write `METHOD URL`, headers, an empty line and the body".to_owned()),
    }
}

fn header(number: u32, line: &str) -> Result<(String, String), RequestProblem> {
    let token = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match line.split_once(':').map(|(name, value)| (name.trim(), value.trim())) {
        Some((name, value)) if token(name) => Ok((name.to_owned(), value.to_owned())),
        _ => Err(RequestProblem {
            line: number,
            message: "is neither `Name: value` nor the empty line before the body".to_owned(),
        }),
    }
}

impl HttpRequest {
    /// What the method says that it does to the world.
    pub fn effect(&self) -> EffectClass {
        match self.method.as_str() {
            "GET" | "HEAD" | "OPTIONS" => EffectClass::Observe,
            "DELETE" => EffectClass::Destroy,
            _ => EffectClass::Change,
        }
    }

    /// Names of the variables that it needs.
    pub fn variables(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut note = |name: &str| {
            names.push(name.to_owned());
            None
        };
        with_values(&self.address, false, &mut note);
        self.headers.iter().for_each(|(_, value)| drop(with_values(value, true, &mut note)));
        self.body.iter().for_each(|body| drop(with_values(body, false, &mut note)));
        names
    }

    /// The request with the value of every variable that has one.
    #[must_use]
    pub fn with_values(&self, mut value: impl FnMut(&str) -> Option<String>) -> Self {
        let headers = self.headers.iter().map(|(name, text)| (name.clone(), with_values(text, true, &mut value)));
        Self {
            line: self.line,
            method: self.method.clone(),
            headers: headers.collect(),
            address: with_values(&self.address, false, &mut value),
            body: self.body.as_ref().map(|body| with_values(body, false, &mut value)),
        }
    }
}

/// `${NAME}`, and `$NAME` where that is wanted.
fn with_values(text: &str, bare: bool, value: &mut impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, behind) = (&rest[..at], &rest[at + 1..]);
        out.push_str(before);
        let braced = behind.starts_with('{');
        let inside = if braced { &behind[1..] } else { behind };
        let length = inside.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let is_name = length > 0 && !inside.starts_with(|c: char| c.is_ascii_digit());
        let closed = !braced || inside[length..].starts_with('}');
        let whole = 1 + length + if braced { 2 } else { 0 };
        let found = (is_name && closed && (braced || bare)).then(|| value(&inside[..length])).flatten();
        let taken = found.as_ref().map_or(1, |_| whole);
        out.push_str(&found.unwrap_or_else(|| "$".to_owned()));
        rest = &rest[at + taken..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAG: &str = "# turn it off\nPOST /flags/payments HTTP/1.1\nAuthorization: Bearer $ADMIN_TOKEN\nContent-Type: application/json\n\n{\"enabled\": false, \"by\": \"${USER}\",\n \"cost\": \"$5\"}\n";

    #[test]
    fn a_request_has_a_line_headers_and_a_body() {
        let [request] = http_requests(FLAG).expect("a request").try_into().expect("one");
        assert_eq!((request.line, request.method.as_str(), request.address.as_str()), (1, "POST", "/flags/payments"));
        assert_eq!(request.headers[0], ("Authorization".to_owned(), "Bearer $ADMIN_TOKEN".to_owned()));
        assert_eq!(request.variables(), ["ADMIN_TOKEN", "USER"]);
        let filled = request.with_values(|name| Some(format!("<{name}>")));
        assert_eq!(filled.headers[0].1, "Bearer <ADMIN_TOKEN>");
        assert_eq!(filled.body.as_deref(), Some("{\"enabled\": false, \"by\": \"<USER>\",\n \"cost\": \"$5\"}"));
    }

    #[test]
    fn several_requests_are_divided() {
        let requests = http_requests("GET /a\n\n### then\n\nhttps://h/b\n###\nDELETE http://h/c\n").expect("three");
        let told: Vec<_> = requests.iter().map(|it| (it.line, it.method.as_str(), it.effect())).collect();
        assert_eq!(
            told,
            [(0, "GET", EffectClass::Observe), (4, "GET", EffectClass::Observe), (6, "DELETE", EffectClass::Destroy)]
        );
    }

    #[test]
    fn what_is_no_request_is_told_with_its_line() {
        for (text, line, words) in [
            ("", 0, "no request"),
            ("\n# only a comment", 0, "no request"),
            ("GETT /a", 0, "begins with `GETT`"),
            ("GET /a\nno header", 1, "neither"),
            ("HTTP/1.1 200 OK", 0, "begins with `200`"),
            ("curl https://h/a -d x", 0, "not a request"),
        ] {
            let problem = http_requests(text).expect_err(text);
            assert_eq!(problem.line, line, "{text}");
            assert!(problem.message.contains(words), "{text}: {}", problem.message);
        }
    }
}
