//! The URL of a database to what a connection needs, with the same meaning of `sslmode` as for psql.
//!
//! `prefer` (where nothing is said) and `require` encrypt without looking at the certificate, unless `sslrootcert` names
//! authorities; `verify-ca` and `verify-full` both want a certificate that is trusted and names the host.
//!
//! Invariant: no error and no description holds the password or the whole URL.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use reqwest::Url;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::secret::SecretText;
use crate::trust::TrustStore;

/// How long a server may take to accept a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// After how long a silence a connection is looked after, and how often. A network that is gone is noticed in a minute.
const IDLE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Options of libpq that mean nothing here.
const IGNORED: [&str; 8] = [
    "gssencmode",
    "krbsrvname",
    "gsslib",
    "sslcompression",
    "sslsni",
    "sslcrl",
    "fallback_application_name",
    "passfile",
];

/// Where a database is, and how to speak to it.
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
}

impl Address {
    /// What the URL says, or why it cannot be used.
    pub(super) fn parse(url: &SecretText, trust: &TrustStore) -> Result<Self, String> {
        let wrong = |why: String| format!("the `postgres` of the target cannot be used: {why}");
        let mut parsed = Url::parse(url.expose().trim()).map_err(|error| wrong(format!("it is no URL ({error})")))?;
        if !matches!(parsed.scheme(), "postgres" | "postgresql") {
            return Err(wrong("a URL of PostgreSQL begins with `postgres://`".to_owned()));
        }
        let pairs: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
        let found = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        if let Some(key) = ["sslcert", "sslkey"].into_iter().find(|key| found(key).is_some()) {
            return Err(wrong(format!("`{key}` is not supported: certificates of clients are not sent from here")));
        }
        let (mode, verified) = ssl_mode(found("sslmode"), found("sslrootcert").is_some()).map_err(wrong)?;
        let mut trust = trust.clone();
        if let Some(path) = found("sslrootcert").filter(|path| *path != "system") {
            trust = trust.with_bundle(Path::new(path)).map_err(|error| wrong(error.to_string()))?;
        }
        let own = |key: &str| IGNORED.contains(&key) || matches!(key, "sslmode" | "sslrootcert");
        let kept: Vec<&(String, String)> = pairs.iter().filter(|(key, _)| !own(key)).collect();
        parsed.set_query(None);
        if !kept.is_empty() {
            parsed.query_pairs_mut().extend_pairs(kept.iter().map(|(key, value)| (key, value)));
        }
        // Its pluses are blanks only to forms.
        let text = parsed.as_str().replace('+', "%20");
        let mut config = Config::from_str(&text).map_err(|error| wrong(reason(&error)))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_LIMIT);
        }
        config.ssl_mode(mode).keepalives_idle(IDLE).keepalives_interval(LOOK_EVERY).keepalives_retries(3);
        if config.get_hosts().is_empty() {
            config.host("localhost");
        }
        Ok(Self { config, tls: MakeRustlsConnect::new(trust.database_config(verified)) })
    }

    /// The password, once as it is and once as it stands in the URL; nobody may see either.
    pub(super) fn passwords(url: &SecretText) -> Vec<SecretText> {
        let Ok(parsed) = Url::parse(url.expose().trim()) else { return Vec::new() };
        let written = parsed.password().map(str::to_owned);
        let in_query = parsed.query_pairs().find(|(key, _)| key == "password").map(|(_, value)| value.into_owned());
        let meant = written.as_deref().and_then(percent_decoded);
        let mut found: Vec<String> = [written, in_query, meant].into_iter().flatten().collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(SecretText::from).collect()
    }

    /// The variables by which psql and its kin find the same database.
    pub(super) fn client_variables(url: &SecretText) -> Vec<(&'static str, String)> {
        let Ok(parsed) = Url::parse(url.expose().trim()) else { return Vec::new() };
        let part = |text: Option<&str>| text.filter(|text| !text.is_empty()).and_then(percent_decoded);
        let option =
            |name: &str| parsed.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let host = part(parsed.host_str().map(|host| host.trim_matches(['[', ']'])));
        let found = [
            ("PGHOST", option("host").or(host)),
            ("PGPORT", option("port").or(parsed.port().map(|port| port.to_string()))),
            ("PGUSER", option("user").or(part(Some(parsed.username())))),
            ("PGPASSWORD", option("password").or(part(parsed.password()))),
            ("PGDATABASE", option("dbname").or(part(parsed.path().strip_prefix('/')))),
            ("PGSSLMODE", option("sslmode")),
            ("PGSSLROOTCERT", option("sslrootcert")),
        ];
        let set = found.into_iter().filter_map(|(name, value)| Some((name, value?)));
        set.filter(|(_, value)| !value.contains('\0')).collect()
    }

    /// `shop on db.example.com as ana`
    pub(super) fn described(&self) -> String {
        let user = self.config.get_user().unwrap_or("the server's own user");
        let database = self.config.get_dbname().unwrap_or(user);
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            Some(Host::Unix(path)) => path.display().to_string(),
            None => "localhost".to_owned(),
        };
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        format!("{database} on {host}:{port} as {user}")
    }
}

/// The text behind `%21` and its like; `None` where it is none.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        out.push(if byte == b'%' { u8::try_from(digit()? * 16 + digit()?).ok()? } else { byte });
    }
    String::from_utf8(out).ok()
}

/// How to encrypt, and whether the certificate has to be good.
fn ssl_mode(mode: Option<&str>, authorities: bool) -> Result<(SslMode, bool), String> {
    Ok(match mode {
        Some("disable") => (SslMode::Disable, false),
        None | Some("allow" | "prefer") => (SslMode::Prefer, false),
        Some("require") => (SslMode::Require, authorities),
        Some("verify-ca" | "verify-full") => (SslMode::Require, true),
        Some(_) => {
            return Err("`sslmode` is one of disable, prefer, require, verify-ca and verify-full".to_owned());
        }
    })
}

/// The error with what is behind it, none of which holds a value of the URL.
pub(super) fn reason(error: &tokio_postgres::Error) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Result<Address, String> {
        Address::parse(&SecretText::from(url.to_owned()), &TrustStore::native())
    }

    #[test]
    fn a_url_of_libpq_is_understood_and_its_password_is_never_told() {
        let url =
            "postgresql://ana:hunter2%21@db.test:6432/shop?sslmode=verify-full&gssencmode=disable&application_name=x";
        let address = parsed(url).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(address.described(), "shop on db.test:6432 as ana");
        assert_eq!(address.config.get_ssl_mode(), SslMode::Require);
        assert_eq!(address.config.get_password(), Some(b"hunter2!".as_slice()));
        let passwords = Address::passwords(&SecretText::from(url.to_owned()));
        let passwords: Vec<&str> = passwords.iter().map(SecretText::expose).collect();
        assert_eq!(passwords, ["hunter2!", "hunter2%21"]);
    }

    #[test]
    fn what_cannot_be_used_is_told_without_the_password() {
        for (url, said) in [
            ("db.test/shop", "it is no URL"),
            ("mysql://ana:hunter2@db.test/shop", "begins with `postgres://`"),
            ("postgres://ana:hunter2@db.test/shop?sslmode=always", "`sslmode` is one of"),
            ("postgres://ana:hunter2@db.test/shop?sslkey=a", "`sslkey` is not supported"),
            ("postgres://ana:hunter2@db.test/shop?colour=red", "unknown option"),
            ("postgres://ana:hunter2@db.test/shop?sslrootcert=/no/such/file", "cannot be used"),
        ] {
            let error = parsed(url).err().unwrap_or_default();
            assert!(error.contains(said) && !error.contains("hunter2"), "{url}: {error}");
        }
    }

    #[test]
    fn a_socket_in_a_folder_is_a_host_too() {
        let address =
            parsed("postgres:///shop?host=/var/run/postgresql&user=ana").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(address.described(), "shop on /var/run/postgresql:5432 as ana");
    }
}
