//! Addresses that can be asked: absolute, `http` or `https`, without credentials.

use std::ops::Range;

use reqwest::Url;

use super::super::at::At;
use super::super::code::Code;
use super::super::problem::Problem;
use super::super::secret;
use super::Pass;

impl Pass<'_> {
    /// An address to ask, as it is written.
    pub(super) fn url(&mut self, url: &At<String>) -> String {
        self.is_url(&url.value, &url.span);
        url.value.clone()
    }

    /// An address that others start with: without a slash at its end.
    pub(super) fn base_url(&mut self, url: &At<String>) -> String {
        self.is_url(&url.value, &url.span);
        url.value.trim_end_matches('/').to_owned()
    }

    /// Reports what is wrong with an address. A secret in it is named, never shown.
    pub(super) fn is_url(&mut self, text: &str, span: &Range<usize>) {
        if secret::looks_secret(text) {
            self.report(
                Problem::error(
                    Code::LiteralSecret,
                    span.clone(),
                    "this address holds a secret, and this file is no place for one",
                )
                .help("leave the credentials out of the address; whatever stood here should be replaced"),
            );
            return;
        }
        if text.contains("${") || text.starts_with("env:") || text.starts_with("file:") {
            let help = "write the address itself; only secrets are referred to, and an address here is none";
            self.report(
                Problem::error(Code::BadUrl, span.clone(), "an address is not looked up in the environment").help(help),
            );
            return;
        }
        let problem = |message: String| Problem::error(Code::BadUrl, span.clone(), message);
        let help = "write a whole address, such as \"https://api.example.com/health\"";
        match Url::parse(text) {
            Err(_) if !text.contains("://") => {
                self.report(problem("this address does not begin with `http://` or `https://`".to_owned()).help(help));
            }
            Err(error) => self.report(problem(format!("this is not an address: {error}")).help(help)),
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                self.report(problem(format!("`{}` is not spoken here", url.scheme())).help(help));
            }
            Ok(_) => {}
        }
    }
}
