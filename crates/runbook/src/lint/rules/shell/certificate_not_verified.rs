//! S11: `curl -k` talks to whoever answers, and hands over what it sends.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Report, Rule};
use crate::syntax::call::{Call, Flag};

pub(super) const RULE: Rule = Rule {
    code: "S11",
    name: "certificate-not-verified",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/S11.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    for place in document.invocations().filter(|place| place.invocation.wraps.is_none()) {
        let call = place.call();
        let Some(flag) = unverified(call) else { continue };
        if call.operands.iter().any(|word| is_loopback(&word.value)) {
            continue;
        }
        let message = match credential(call) {
            true => "the credential goes to whoever answers, since the certificate is not verified",
            false => "whoever answers is believed, since the certificate is not verified",
        };
        let help = "name the authority that signed it, with `--cacert FILE`";
        report.at(place.entry.place(flag.word.span), message, help);
    }
}

fn unverified<'c, 'a>(call: &'c Call<'a>) -> Option<&'c Flag<'a>> {
    match call.program {
        "curl" => call.flag(&["-k", "--insecure", "--proxy-insecure"]),
        "wget" => call.flag(&["--no-check-certificate"]),
        _ => None,
    }
}

fn is_loopback(address: &str) -> bool {
    let host = address.split_once("://").map_or(address, |(_, rest)| rest);
    ["localhost", "127.", "[::1]"].iter().any(|start| host.starts_with(start))
}

fn credential(call: &Call<'_>) -> bool {
    call.has(&["-u", "--user", "--oauth2-bearer", "-b", "--cookie", "--password", "--cert", "-E"])
        || call.flags.iter().any(|flag| {
            let value = flag.value.unwrap_or_default().to_ascii_lowercase();
            matches!(flag.name.as_str(), "-H" | "--header")
                && ["authorization:", "cookie:", "x-api-key:", "x-auth-token:"]
                    .iter()
                    .any(|name| value.starts_with(name))
        })
}
