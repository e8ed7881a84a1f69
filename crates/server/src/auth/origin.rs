//! Whether a browser sends a form from our own pages. Beside `SameSite=Strict`, the second lock on the same door.

use axum::http::{HeaderMap, header};

/// False only where the browser itself says that another site is behind the request.
pub(crate) fn is_own(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else {
        // Every browser names the origin of a form; what does not is no browser and carries no one's cookie by accident.
        return true;
    };
    let asked = text(header::HOST.as_str());
    let ours = [asked, authority(public_url)];
    authority(origin).is_some_and(|from| ours.contains(&Some(from)))
}

fn authority(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    rest.split('/').next().filter(|authority| !authority.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&'static str, &'static str)], expected: bool) {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        assert_eq!(is_own(&headers, "https://ops.example"), expected, "{headers:?}");
    }

    #[test]
    fn a_form_of_another_site_is_told_apart() {
        check(&[("sec-fetch-site", "same-origin")], true);
        check(&[("sec-fetch-site", "none")], true);
        check(&[("sec-fetch-site", "same-site")], false);
        check(&[("sec-fetch-site", "cross-site"), ("origin", "https://ops.example")], false);
        check(&[("origin", "http://127.0.0.1:7070"), ("host", "127.0.0.1:7070")], true);
        check(&[("origin", "https://ops.example"), ("host", "127.0.0.1:7070")], true);
        check(&[("origin", "https://evil.example"), ("host", "127.0.0.1:7070")], false);
        check(&[("origin", "null"), ("host", "127.0.0.1:7070")], false);
        check(&[("host", "127.0.0.1:7070")], true);
    }
}
