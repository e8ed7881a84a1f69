//! The arguments of a command as its program reads them: operands, flags with their values, what stands behind `--`.
//!
//! Which flags take a value is knowledge about each program; a flag that is not listed takes none unless it says `=`.

use crate::span::Span;
use crate::syntax::bash::{Invocation, Word};
use crate::syntax::kubectl;

/// The arguments of one invocation.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    /// Name of the program, as written, without its folder.
    pub(crate) program: &'a str,
    /// Words that are neither flags nor their values, subcommands included: `get`, `pods`.
    pub(crate) operands: Vec<&'a Word>,
    /// Flags in order; `-it` is two of them.
    pub(crate) flags: Vec<Flag<'a>>,
    /// The words behind `--`.
    pub(crate) rest: &'a [Word],
}

/// One flag.
#[derive(Debug, Clone)]
pub(crate) struct Flag<'a> {
    /// With its dashes, without its value: `-n`, `--namespace`.
    pub(crate) name: String,
    /// The value, without quotes.
    pub(crate) value: Option<&'a str>,
    /// The word that holds the flag.
    pub(crate) word: &'a Word,
    /// The word that holds the value; the same one for `--flag=value`.
    pub(crate) value_word: Option<&'a Word>,
}

impl Flag<'_> {
    /// Flag and value together.
    pub(crate) fn span(&self) -> Span {
        self.value_word.map_or(self.word.span, |value| self.word.span.cover(value.span))
    }
}

impl<'a> Call<'a> {
    /// Reads the arguments of an invocation.
    pub(crate) fn of(invocation: &'a Invocation) -> Self {
        let grammar = Grammar::of(invocation);
        let mut call = Self { program: invocation.program(), operands: Vec::new(), flags: Vec::new(), rest: &[] };
        let arguments = invocation.arguments();
        let mut at = 0;
        while let Some(word) = arguments.get(at) {
            at += 1;
            if word.value == "--" {
                call.rest = &arguments[at..];
                break;
            }
            if !word.value.starts_with('-') || word.value == "-" {
                call.operands.push(word);
                continue;
            }
            if call.flag_word(word, arguments.get(at), grammar) {
                at += 1;
            }
        }
        call
    }

    /// Adds the flags of one word; whether the next word is the value of the last of them.
    fn flag_word(&mut self, word: &'a Word, next: Option<&'a Word>, grammar: Grammar) -> bool {
        let text = word.value.as_str();
        if let Some((name, value)) =
            text.split_once('=').filter(|(name, _)| text.starts_with("--") || grammar.long_dash || name.len() == 2)
        {
            self.flags.push(Flag { name: name.to_owned(), value: Some(value), word, value_word: Some(word) });
            return false;
        }
        if text.starts_with("--") || grammar.long_dash {
            let value_word = next.filter(|_| grammar.takes_value(text));
            self.flags.push(Flag {
                name: text.to_owned(),
                value: value_word.map(|it| it.value.as_str()),
                word,
                value_word,
            });
            return value_word.is_some();
        }
        for (at, letter) in text.char_indices().skip(1) {
            let name = format!("-{letter}");
            let attached = &text[at + letter.len_utf8()..];
            if !grammar.takes_value(&name) {
                self.flags.push(Flag { name, value: None, word, value_word: None });
            } else if attached.is_empty() {
                self.flags.push(Flag { name, value: next.map(|it| it.value.as_str()), word, value_word: next });
                return next.is_some();
            } else {
                self.flags.push(Flag { name, value: Some(attached), word, value_word: Some(word) });
                return false;
            }
        }
        false
    }

    /// The first flag with one of these names.
    pub(crate) fn flag(&self, names: &[&str]) -> Option<&Flag<'a>> {
        self.flags.iter().find(|flag| names.contains(&flag.name.as_str()))
    }

    /// Whether one of these flags is there and not `=false`.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.flag(names).is_some_and(|flag| flag.value != Some("false"))
    }

    /// The value of the first flag with one of these names.
    pub(crate) fn value(&self, names: &[&str]) -> Option<&'a str> {
        self.flag(names).and_then(|flag| flag.value)
    }

    /// The operand at this position, without quotes; empty where there is none.
    pub(crate) fn operand(&self, at: usize) -> &'a str {
        self.operands.get(at).map_or("", |word| word.value.as_str())
    }

    /// Whether the operands begin with these words; each may be a choice, `get|describe`.
    pub(crate) fn begins(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(at, choice)| choice.split('|').any(|word| word == self.operand(at)))
    }
}

/// What is known about a program's flags.
#[derive(Debug, Clone, Copy)]
struct Grammar {
    valued: &'static [&'static str],
    /// Flags of several letters have one dash: `openssl x509 -noout`.
    long_dash: bool,
    /// kubectl's flags mean what its command makes of them: `-f` is a file or "follow".
    command: Option<&'static kubectl::Entry>,
}

impl Grammar {
    fn takes_value(self, flag: &str) -> bool {
        let known = self.command.and_then(|command| command.takes_value(flag));
        known.unwrap_or_else(|| self.valued.contains(&flag))
    }

    fn of(invocation: &Invocation) -> Self {
        let program = invocation.program();
        let command = matches!(program, "kubectl" | "oc" | "k").then(|| kubectl_command(invocation)).flatten();
        let long_dash = matches!(program, "openssl" | "find" | "terraform" | "java" | "consul" | "vault" | "nomad");
        let entry = VALUED.iter().find(|(programs, _)| programs.split('|').any(|name| name == program));
        Self { valued: entry.map_or(&[], |(_, valued)| valued), long_dash, command }
    }
}

/// The command of kubectl that an invocation names; `oc adm drain` is kubectl's `drain`.
fn kubectl_command(invocation: &Invocation) -> Option<&'static kubectl::Entry> {
    let mut operands = Vec::new();
    let mut words = invocation.arguments().iter().map(|word| word.value.as_str());
    while let Some(word) = words.next().filter(|word| *word != "--" && operands.len() < 4) {
        match word.starts_with('-') {
            true if kubectl::global(word) == Some(true) => drop(words.next()),
            true => {}
            false => operands.push(word),
        }
    }
    let operands = operands.strip_prefix(&["adm"]).unwrap_or(&operands);
    kubectl::command(operands)
}

/// Flags that take the next word as their value, by program.
#[rustfmt::skip]
const VALUED: &[(&str, &[&str])] = &[
    ("kubectl|oc|k", &[
        "-n", "--namespace", "--context", "--kubeconfig", "--cluster", "--user", "--as", "--as-group", "-s", "--server",
        "--token", "-l", "--selector", "-c", "--container", "-o", "--output", "-f", "--filename", "-k", "--kustomize",
        "-p", "--patch", "--patch-file", "--type", "--replicas", "--current-replicas", "--from-literal", "--from-file",
        "--from-env-file", "--field-selector", "--sort-by", "--grace-period", "--timeout", "--for", "--image", "--port",
        "--target-port", "--name", "--cert", "--key", "--min", "--max", "--cpu-percent", "--to-revision", "--revision",
        "--since", "--tail", "-L", "--label-columns", "--template", "--subresource", "--field-manager", "-e", "--env",
        "--limits", "--requests", "--resource-version", "--overrides", "--restart", "--dry-run-strategy",
        "--request-timeout", "-v", "--docker-server", "--docker-username", "--docker-password", "--docker-email",
        "--chunk-size", "--pod-selector", "--address", "--schedule", "--verb", "--resource", "--role",
        "--clusterrole", "--serviceaccount", "--duration", "--keys",
    ]),
    ("helm", &[
        "-n", "--namespace", "--kube-context", "--kubeconfig", "-f", "--values", "--set", "--set-string", "--set-file",
        "--version", "--timeout", "-o", "--output", "--repo", "--history-max", "--max", "--revision", "--description",
    ]),
    ("psql|pg_dump|pg_restore|pg_dumpall|createdb|dropdb|vacuumdb|reindexdb|pg_isready|createuser|dropuser|pg_basebackup", &[
        "-h", "--host", "-p", "--port", "-U", "--username", "-d", "--dbname", "-c", "--command", "-f", "--file", "-v",
        "--set", "--variable", "-o", "--output", "-F", "--field-separator", "--format", "-R", "--record-separator", "-P",
        "--pset", "-T", "--table-attr", "-L", "--log-file", "-j", "--jobs", "-t_", "--table", "-n_", "--schema", "-O_",
        "--owner", "-D", "--pgdata", "-E_", "--encoding", "--template", "--maintenance-db", "-N_",
    ]),
    ("redis-cli|valkey-cli", &[
        "-h", "-p", "-s", "-a", "--user", "--pass", "-u", "-r", "-i", "-n", "-d", "-D", "--pattern", "--count", "--type",
        "--eval", "--cacert", "--cert", "--key", "--sni", "--cluster", "--intrinsic-latency", "--pipe-timeout",
    ]),
    ("aws", &[
        "--region", "--profile", "--output", "--query", "--endpoint-url", "--bucket", "--key", "--filters", "--filter",
        "--instance-ids", "--instance-id", "--db-instance-identifier", "--db-snapshot-identifier", "--since",
        "--log-group-name", "--start-time", "--end-time", "--filter-pattern", "--cluster", "--service", "--tasks",
        "--desired-count", "--function-name", "--exclude", "--include", "--acl", "--cli-input-json", "--max-items",
        "--vpc-security-group-ids", "--db-parameter-group-name", "--db-subnet-group-name", "--restore-time", "--name",
        "--source-db-instance-identifier", "--target-db-instance-identifier", "--db-cluster-identifier", "--secret-id",
        "--snapshot-id", "--volume-id", "--hosted-zone-id", "--change-batch", "--group-name", "--role-arn",
        "--cluster-name", "--alarm-names", "--queue-url", "--table-name", "--policy-arn", "--user-name",
        "--cache-cluster-id", "--replication-group-id", "--stack-name", "--document-name", "--parameters", "--targets",
        "--load-balancer-arn", "--target-group-arn", "--auto-scaling-group-name", "--distribution-id", "--paths",
    ]),
    ("gcloud", &["--project", "--zone", "--region", "--format", "--filter", "--command", "--limit", "--account", "--num-nodes", "--cluster"]),
    ("az", &["-g", "--resource-group", "-n", "--name", "--subscription", "-o", "--output", "--query", "-l", "--location"]),
    ("docker|podman|nerdctl", &[
        "-e", "--env", "-u", "--user", "-w", "--workdir", "--name", "-v", "--volume", "-p", "--publish", "--network",
        "--tail", "--since", "--until", "--format", "--filter", "-H", "--host", "--context", "--entrypoint", "-m",
        "--memory", "--cpus", "--restart", "--mount", "--env-file", "--platform", "-c_", "--time",
    ]),
    ("docker-compose|podman-compose", &["-f", "--file", "-p", "--project-name", "--scale", "--tail", "-e", "-u", "--env-file", "--profile", "-t", "--timeout"]),
    ("curl", &[
        "-X", "--request", "-H", "--header", "-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--json",
        "-o", "--output", "-u", "--user", "-F", "--form", "-T", "--upload-file", "-w", "--write-out", "-m", "--max-time",
        "--connect-timeout", "--retry", "--retry-delay", "--retry-max-time", "-x", "--proxy", "--cacert", "--cert", "-E",
        "--key", "-b", "--cookie", "-c", "--cookie-jar", "-A", "--user-agent", "-e", "--referer", "--resolve",
        "--connect-to", "-K", "--config", "-r", "--range", "--limit-rate", "--max-redirs", "--oauth2-bearer", "-D",
        "--dump-header", "-Q", "--quote", "--trace", "--trace-ascii", "--url", "-z", "-Y", "-y", "-C", "--unix-socket",
        "--interface", "--aws-sigv4", "-P",
    ]),
    ("wget", &["-O", "--output-document", "-o", "-P", "-T", "--timeout", "-t", "--tries", "--header", "--post-data", "--user", "--password"]),
    ("certbot", &["--cert-name", "-d", "--domain", "--domains", "-m", "--email", "-w", "--webroot-path", "--preferred-challenges", "--server", "--config-dir"]),
    ("systemctl|journalctl", &["-u", "--unit", "-n", "--lines", "--since", "--until", "-S", "-U", "-p", "--priority", "-o", "--output", "-t", "--type", "--state", "-H", "-M", "-g"]),
    ("etcdctl|etcdutl", &["--endpoints", "--cacert", "--cert", "--key", "--data-dir", "--name", "--initial-cluster", "--initial-advertise-peer-urls", "-w", "--write-out", "--user", "--command-timeout"]),
    ("ssh|scp|sftp", &["-i", "-p", "-P", "-l", "-o", "-J", "-F", "-L", "-R", "-D", "-c", "-b", "-e", "-m", "-S", "-W"]),
    ("git", &["-C", "-c", "-m", "--message", "-b", "--git-dir", "--work-tree", "-n_", "--author"]),
    ("xargs", &["-n", "-I", "-P", "-L", "-d", "-s", "-E", "-a", "--max-args", "--max-procs", "--delimiter", "--arg-file"]),
    ("kafka-consumer-groups|kafka-consumer-groups.sh|kafka-topics|kafka-topics.sh|kafka-configs|kafka-configs.sh|kafka-reassign-partitions|kafka-reassign-partitions.sh", &[
        "--bootstrap-server", "--zookeeper", "--group", "--topic", "--to-datetime", "--to-offset", "--shift-by",
        "--command-config", "--partitions", "--replication-factor", "--config", "--add-config", "--delete-config",
        "--entity-type", "--entity-name", "--reassignment-json-file", "--throttle", "--by-duration", "--from-file",
    ]),
    ("openssl", &["-connect", "-servername", "-in", "-out", "-inform", "-outform", "-CAfile", "-key", "-cert", "-port", "-days", "-subj", "-starttls", "-checkend", "-checkhost", "-passin", "-passout", "-newkey", "-keyout", "-CApath"]),
    ("terraform", &["-target", "-var", "-var-file", "-state", "-out", "-replace", "-chdir", "-lock-timeout"]),
    ("grep|egrep|fgrep|zgrep|rg", &["-e", "-f", "-A", "-B", "-C", "-m", "--color", "--include", "--exclude"]),
    ("head|tail", &["-n", "-c", "--lines", "--bytes", "--pid", "-s"]),
    ("sleep|cd|echo", &[]),
    ("sed", &["-e", "-f", "--expression", "--file"]),
    ("awk|gawk|mawk", &["-F", "-v", "-f"]),
    ("sort", &["-k", "-t", "-o", "-S", "-T"]),
    ("cut", &["-d", "-f", "-c", "-b"]),
    ("tar", &["-f", "-C", "--file", "--directory", "--exclude", "-T", "-X"]),
    ("jq|yq", &["--arg", "--argjson", "--slurpfile", "--rawfile", "-f", "--indent"]),
    ("dig|host|nslookup", &["-t", "-p", "-x"]),
    ("mysql|mysqldump|mysqladmin", &["-h", "--host", "-P", "--port", "-u", "--user", "-e", "--execute", "-D", "--database", "-S"]),
    ("mongo|mongosh|mongodump|mongorestore", &["--host", "--port", "-u", "-p", "--eval", "--db", "-d", "-c", "--uri", "--out", "-o"]),
    ("vault", &["-address", "-namespace", "-mount", "-field", "-format", "-policy"]),
    ("cmctl", &["-n", "--namespace", "--context", "--kubeconfig", "-l", "--selector"]),
    ("argocd|flux|velero|istioctl|stern", &["-n", "--namespace", "--context", "--kubeconfig", "--server", "-l", "--selector", "--revision", "--since", "--tail", "--from-backup", "--timeout", "-o"]),
    ("gh", &["-R", "--repo", "--body", "-b", "--title", "-t", "--json", "--jq", "-q", "-f", "-F", "-X", "-H"]),
    ("stripe", &["--api-key", "-d", "--data", "--limit", "-l", "--stripe-account", "--confirm"]),
    ("rsync", &["-e", "--exclude", "--include", "--rsh", "--bwlimit"]),
    ("ps|pgrep|pkill|kill", &["-s", "--signal", "-u", "-o", "-p", "-C", "--pid", "--sort"]),
    ("chown|chmod|rm|cp|mv|mkdir|ls|cat|df|du|touch", &["--reference", "-m_", "-t_", "--target-directory"]),
];
