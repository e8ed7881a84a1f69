//! Which variables of a plan reach the environment of its commands.
//!
//! A plan comes from anybody who may hand one in, and what its commands do is told from their texts. A variable that a
//! shell or a program acts on by itself would be code, or another estate, that stands in no text: such a name is
//! reserved, and so nothing is passed on that no command names.

use std::collections::BTreeMap;

use crate::plan::{Plan, PlannedCommand};
use crate::policy::Target;

/// What such names begin with.
#[rustfmt::skip]
const FAMILIES: [&str; 14] = [
    "BASH", "LD_", "DYLD_", "GIT_", "PERL5", "PYTHON", "NODE_OPTIONS", "PSQL", "RSYNC_", "SSH_ASKPASS", "CLOUDSDK_",
    "SSL_CERT_", "ALLCLEAR_", "ANSIBLE_",
];

/// What makes a shell or a program start something else than it is told, or read something else.
#[rustfmt::skip]
const STEERING: [&str; 46] = [
    "SHELLOPTS", "PS0", "PS1", "PS2", "PS3", "PS4", "PATH", "IFS", "CDPATH", "GLOBIGNORE", "PROMPT_COMMAND",
    "POSIXLY_CORRECT", "TIMEFORMAT", "FUNCNEST", "HOME", "SHELL", "TMPDIR", "XDG_CONFIG_HOME", "EDITOR", "VISUAL",
    "FCEDIT", "KUBE_EDITOR", "SYSTEMD_EDITOR", "SYSTEMD_PAGER", "PAGER", "MANPAGER", "AWS_PAGER", "BROWSER",
    "TAR_OPTIONS", "CURL_HOME", "WGETRC", "GCONV_PATH", "LOCPATH", "NLSPATH", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS", "LESS", "LESSOPEN", "LESSCLOSE", "MAKEFLAGS", "MAKEFILES", "RUBYOPT", "RUBYLIB", "PERLLIB",
    "NODE_PATH",
];

/// What chooses the estate that a program acts on, or how it gets there; a target says that.
#[rustfmt::skip]
const CHOOSING: [&str; 54] = [
    "KUBECONFIG", "HELM_KUBECONTEXT", "HELM_KUBEAPISERVER", "HELM_NAMESPACE", "HELM_DRIVER", "HELM_PLUGINS",
    "HELM_BIN", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HELM_CACHE_HOME",
    "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE", "PGSERVICEFILE", "PGPASSFILE", "PGOPTIONS",
    "PGSYSCONFDIR", "PGTARGETSESSIONATTRS",
    "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE", "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AZURE_CONFIG_DIR", "AZURE_EXTENSION_DIR", "ARM_SUBSCRIPTION_ID", "ARM_TENANT_ID",
    "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "CONTAINER_HOST", "REDISCLI_RCFILE", "VAULT_ADDR", "VAULT_NAMESPACE", "CONSUL_HTTP_ADDR", "NOMAD_ADDR", "NOMAD_REGION",
    "NOMAD_NAMESPACE", "ETCDCTL_ENDPOINTS", "MYSQL_HOST", "MYSQL_TCP_PORT", "MYSQL_HOME", "TF_WORKSPACE",
    "TF_CLI_CONFIG_FILE", "OPENSSL_CONF",
];

/// Those of them that choose and do nothing else: the plan of a target that says nothing of the kind may choose.
#[rustfmt::skip]
const OPEN: [&str; 18] = [
    "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION",
    "AWS_DEFAULT_REGION", "HELM_KUBECONTEXT", "HELM_NAMESPACE", "VAULT_NAMESPACE", "NOMAD_REGION", "NOMAD_NAMESPACE",
    "ARM_SUBSCRIPTION_ID", "MYSQL_HOST", "MYSQL_TCP_PORT", "TF_WORKSPACE",
];

/// Whether a plan for this target may not give this name a value in the environment of its commands.
pub fn is_reserved_for(name: &str, target: &Target) -> bool {
    is_reserved_variable(name) && (!OPEN.contains(&name) || says_of_its_kind(target, name))
}

/// Whether the target says anything about the kind of estate that the variable belongs to.
fn says_of_its_kind(target: &Target, name: &str) -> bool {
    let kind = kind(name);
    let addressed = match kind {
        "PG" => target.postgres.is_some(),
        "KUBE" => target.kubernetes.is_some(),
        _ => false,
    };
    addressed || target.env.keys().any(|name| self::kind(name) == kind)
}

/// What names about the same kind of estate have in common.
fn kind(name: &str) -> &str {
    match name.split('_').next().unwrap_or(name) {
        "DATABASE" | "POSTGRES" => "PG",
        family if family.starts_with("PG") => "PG",
        family if family.starts_with("KUBE") || family == "HELM" => "KUBE",
        family => family,
    }
}

/// Whether a plan may not give this name a value whatever its target says; a target may.
pub fn is_reserved_variable(name: &str) -> bool {
    let proxy = name.to_ascii_lowercase().ends_with("_proxy");
    proxy
        || FAMILIES.iter().any(|family| name.starts_with(family))
        || STEERING.contains(&name)
        || CHOOSING.contains(&name)
}

impl Plan {
    /// The variables that its commands get: what is reserved is not passed on, and neither is what none of them names.
    pub fn environment(&self, target: &Target) -> BTreeMap<&str, &str> {
        let texts: Vec<&str> = self.steps.iter().flat_map(|step| &step.commands).flat_map(texts).collect();
        let named = |name: &str| texts.iter().any(|text| names(text, name));
        let variables = self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        variables.filter(|(name, _)| !is_reserved_for(name, target) && named(name)).collect()
    }
}

/// All that is performed of a command or with it.
fn texts(command: &PlannedCommand) -> impl Iterator<Item = &str> {
    let others = [&command.undo, &command.preview, &command.verify].into_iter().flatten();
    std::iter::once(&command.rendered).chain(others).chain(command.capture.values()).map(String::as_str)
}

/// Whether the name is a word of the text.
fn names(text: &str, name: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| !text[..at].ends_with(part) && !text[at + name.len()..].starts_with(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::plan::{EffectClass, PlannedStep};
    use crate::policy::{KubernetesTarget, SecretRef};

    #[test]
    fn commands_get_what_they_name_and_nothing_that_is_reserved() {
        let command = PlannedCommand::new(1, "bash", "echo $POD $BASH_ENV $NODES".to_owned(), EffectClass::Observe, "");
        let manual = PlannedStep::manual(1, 1, "Look".to_owned(), String::new());
        let variables = ["POD", "BASH_ENV", "NODE", "LD_PRELOAD"].map(|name| (name.to_owned(), "x".to_owned()));
        let plan = Plan {
            digest: Digest::default(),
            runbook: "runbook.md".to_owned(),
            runbook_digest: Digest::default(),
            procedure: "look".to_owned(),
            title: "Look".to_owned(),
            target: "local".to_owned(),
            variables: variables.into(),
            secrets: Vec::new(),
            steps: vec![PlannedStep { commands: vec![command], ..manual }],
        };
        assert_eq!(plan.environment(&Target::default()), BTreeMap::from([("POD", "x")]));
    }

    #[test]
    fn what_programs_act_on_by_themselves_is_reserved_and_ordinary_names_are_not() {
        for name in ["BASH_ENV", "LD_PRELOAD", "PATH", "GIT_SSH_COMMAND", "KUBECONFIG", "PGHOST", "https_proxy"] {
            assert!(is_reserved_variable(name), "{name}");
        }
        for name in
            ["NAMESPACE", "POD", "REDIS_POD", "AWS_ACCOUNT_ID", "PGPASSWORD", "PG_POD", "ENVIRONMENT", "CITY", "ENV"]
        {
            assert!(!is_reserved_variable(name), "{name}");
        }
    }

    #[test]
    fn a_plan_chooses_an_estate_only_where_its_target_says_nothing_of_the_kind() {
        let secret = || SecretRef::Env("SECRET".to_owned());
        let with = |name: &str| Target { env: BTreeMap::from([(name.to_owned(), secret())]), ..Target::default() };
        for name in ["PGHOST", "AWS_REGION", "HELM_NAMESPACE", "TF_WORKSPACE"] {
            assert!(!is_reserved_for(name, &Target::default()), "{name}");
        }
        for (name, target) in [
            ("PGHOST", Target { postgres: Some(secret()), ..Target::default() }),
            ("PGHOST", with("PGPASSWORD")),
            ("PGDATABASE", with("DATABASE_URL")),
            ("AWS_REGION", with("AWS_ACCESS_KEY_ID")),
            ("HELM_NAMESPACE", Target { kubernetes: Some(KubernetesTarget::default()), ..Target::default() }),
            ("HELM_KUBECONTEXT", with("KUBECONFIG")),
            ("TF_WORKSPACE", with("TF_VAR_city")),
            ("KUBECONFIG", Target::default()),
            ("PATH", Target::default()),
        ] {
            assert!(is_reserved_for(name, &target), "{name} {target:?}");
        }
    }
}
