//! The environment of a session: small, known, and the only way in which secrets reach a command.
//!
//! Nothing of the server's own environment is passed on but what [`INHERITED`] lists; credentials for the estate belong
//! to the target.

use std::collections::BTreeMap;

use allclear_core::SecretRef;

use super::Scope;
use crate::secret::{SecretText, resolve};
use crate::sql;

/// What commands get from the environment of the server, where it is set.
const INHERITED: [&str; 11] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "XDG_CONFIG_HOME",
];

/// What an editor is, for whoever asks for one: understood by a shell and by those that split words themselves.
const NO_EDITOR: &str = "sh -c 'echo \"an editor was asked for, and nobody is there to use one: write the change as a \
                         command\" >&2; exit 1'";

/// What commands get unless the line above or the target says otherwise: no pager, no prompt, no editor, no colour.
const DEFAULTS: [(&str, &str); 18] = [
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ("HOME", "/"),
    ("LANG", "C.UTF-8"),
    ("SHELL", "/bin/bash"),
    ("TERM", "dumb"),
    ("NO_COLOR", "1"),
    ("PAGER", "cat"),
    ("AWS_PAGER", ""),
    ("SYSTEMD_PAGER", "cat"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("EDITOR", NO_EDITOR),
    ("VISUAL", NO_EDITOR),
    ("GIT_EDITOR", NO_EDITOR),
    ("GIT_SEQUENCE_EDITOR", NO_EDITOR),
    ("KUBE_EDITOR", NO_EDITOR),
    ("SYSTEMD_EDITOR", NO_EDITOR),
    ("FCEDIT", NO_EDITOR),
    ("DEBIAN_FRONTEND", "noninteractive"),
];

/// The variables of a session.
pub(crate) struct Environment {
    /// Every variable by name.
    pub(crate) variables: BTreeMap<String, String>,
    /// Name and value of those that are secret, and of what executors need beyond the variables.
    pub(crate) secrets: Vec<(String, SecretText)>,
}

impl Environment {
    /// The environment of this step, or a sentence that says which variable cannot be had.
    ///
    /// Later sources win: the defaults, the server, the variables of the plan (unless one would replace a variable of
    /// the system, is reserved, or is named by no command), the target, the secrets of the plan that the target does not
    /// name, which the server must have.
    pub(super) fn of(scope: &Scope<'_>) -> Result<Self, String> {
        let mut environment = Self { variables: basic(), secrets: Vec::new() };
        for (name, value) in scope.plan.environment(scope.target) {
            if is_name(name) && !environment.variables.contains_key(name) && !value.contains('\0') {
                environment.variables.insert(name.to_owned(), value.to_owned());
            }
        }
        for (name, reference) in &scope.target.env {
            let secret = !matches!(reference, SecretRef::Plain(_)) || scope.plan.secrets.contains(name);
            environment.add(scope, name, reference, secret)?;
        }
        for name in &scope.plan.secrets {
            if !scope.target.env.contains_key(name) {
                environment.add(scope, name, &SecretRef::Env(name.clone()), true)?;
            }
        }
        // Who sets any of them has a database of their own in mind.
        if !environment.variables.keys().any(|name| name.starts_with("PG")) {
            let found = scope.target.postgres.iter().flat_map(sql::client_variables);
            environment.variables.extend(found.map(|(name, value)| (name.to_owned(), value)));
        }
        environment.secrets.extend(scope.target.postgres.iter().flat_map(sql::secrets));
        environment.variables.insert("ALLCLEAR_RUN".to_owned(), scope.run.to_string());
        environment.variables.insert("ALLCLEAR_STEP".to_owned(), scope.step.to_string());
        Ok(environment)
    }

    fn add(&mut self, scope: &Scope<'_>, name: &str, reference: &SecretRef, secret: bool) -> Result<(), String> {
        let target = &scope.plan.target;
        if !is_name(name) {
            return Err(format!("`{}` of target `{target}` is not a name for a variable", name.escape_debug()));
        }
        let value = resolve(reference)
            .map_err(|error| format!("the variable `{name}` of target `{target}` has no value: {error}"))?;
        if value.expose().contains('\0') {
            return Err(format!("the value of the variable `{name}` of target `{target}` holds a NUL character"));
        }
        self.variables.insert(name.to_owned(), value.expose().to_owned());
        if secret {
            self.secrets.push((name.to_owned(), value));
        }
        Ok(())
    }
}

/// What a shell needs to work at all.
fn basic() -> BTreeMap<String, String> {
    let defaults = DEFAULTS.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let inherited = INHERITED.into_iter().filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)));
    defaults.into_iter().chain(inherited).collect()
}

pub(super) fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with("__allclear_")
}
