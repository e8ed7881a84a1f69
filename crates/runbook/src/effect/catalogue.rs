//! The catalogue of well-known commands: program, leading words, flags, effect.
//!
//! The first entry that fits decides, so the more specific ones stand first. A program that is not listed is unknown.

use allclear_core::EffectClass::{self, Change, Destroy, Observe, Outage, Unknown};

use crate::shell::lexer::Word;

/// One line of the catalogue. `words` are the operands in front, each a choice separated by `|`, or `*`; `flag` has to be
/// present (as `--flag`, `--flag=value` or `--flag value`) unless it is empty.
struct Entry {
    program: &'static str,
    words: &'static [&'static str],
    flag: &'static str,
    effect: EffectClass,
}

const fn entry(
    program: &'static str,
    words: &'static [&'static str],
    flag: &'static str,
    effect: EffectClass,
) -> Entry {
    Entry { program, words, flag, effect }
}

const ENTRIES: &[Entry] = &[
    entry(
        "kubectl",
        &["get|describe|logs|top|explain|version|api-resources|cluster-info|events|diff|wait"],
        "",
        Observe,
    ),
    entry("kubectl", &["auth", "can-i|whoami"], "", Observe),
    entry("kubectl", &["config", "current-context|get-contexts|view"], "", Observe),
    entry("kubectl", &["rollout", "status|history"], "", Observe),
    entry("kubectl", &["port-forward"], "", Observe),
    entry("kubectl", &["create|apply|run|delete|scale|annotate|label|patch|set"], "--dry-run=client", Observe),
    entry("kubectl", &["create|apply|run|delete|scale|annotate|label|patch|set"], "--dry-run=server", Observe),
    entry("kubectl", &["scale"], "--replicas=0", Outage),
    entry("kubectl", &["delete"], "--force", Destroy),
    entry("kubectl", &["delete"], "--all", Destroy),
    entry("kubectl", &["delete"], "-f", Unknown),
    entry("kubectl", &["delete", "pod|pods|po"], "-l", Outage),
    entry("kubectl", &["delete", "pod|pods|po"], "--selector", Outage),
    entry(
        "kubectl",
        &[
            "delete",
            "secret|secrets|certificate|certificates|pvc|persistentvolumeclaim|persistentvolumeclaims|pv|persistentvolume|namespace|namespaces|ns|crd|customresourcedefinition",
        ],
        "",
        Destroy,
    ),
    entry("kubectl", &["delete"], "", Change),
    entry(
        "kubectl",
        &["scale|annotate|label|patch|apply|create|edit|expose|autoscale|cordon|uncordon|drain|taint|run"],
        "",
        Change,
    ),
    entry("kubectl", &["set", "env|image|resources"], "", Change),
    entry("kubectl", &["rollout", "restart|undo|pause|resume"], "", Change),
    entry("redis-cli", &[], "--scan", Observe),
    entry("redis-cli", &[], "--bigkeys", Observe),
    entry("redis-cli", &[], "--latency", Observe),
    entry("aws", &["s3", "ls"], "", Observe),
    entry("aws", &["s3", "rm|rb"], "", Destroy),
    entry("aws", &["s3", "sync"], "--delete", Destroy),
    entry("aws", &["s3", "cp", "*", "-"], "", Observe),
    entry("aws", &["s3", "cp|sync|mv|mb"], "", Change),
    entry("aws", &["logs", "tail|filter-log-events|describe-log-groups|describe-log-streams"], "", Observe),
    entry("aws", &["sts", "get-caller-identity"], "", Observe),
    entry("helm", &["list|ls|status|history|get|show|search|template|version"], "", Observe),
    entry("helm", &["rollback|upgrade|install"], "", Change),
    entry("helm", &["uninstall|delete"], "", Destroy),
    entry("docker", &["ps|logs|images|inspect|stats|top|port|version|info"], "", Observe),
    entry("docker", &["restart|start"], "", Change),
    entry("docker", &["stop|kill"], "", Outage),
    entry("docker", &["rm|rmi|prune"], "", Destroy),
    entry("systemctl", &["status|is-active|is-enabled|show|list-units|cat"], "", Observe),
    entry("systemctl", &["start|restart|reload|enable|daemon-reload"], "", Change),
    entry("systemctl", &["stop|disable|mask"], "", Outage),
    entry("git", &["status|log|diff|show|blame|rev-parse|ls-files|describe"], "", Observe),
    entry("git", &["revert|commit|push|pull|checkout|merge|fetch|switch|cherry-pick|tag"], "", Change),
    entry("openssl", &["s_client|x509|verify|version"], "-out", Change),
    entry("openssl", &["s_client|x509|verify|version"], "", Observe),
    entry("certbot", &["certificates"], "", Observe),
    entry("certbot", &["renew|certonly"], "--dry-run", Observe),
    entry("certbot", &["renew|certonly"], "", Change),
    entry("cmctl", &["status"], "", Observe),
    entry("cmctl", &["renew"], "", Change),
    entry("terraform", &["plan|show|output|validate|version"], "", Observe),
    entry("terraform", &["apply"], "", Change),
    entry("terraform", &["destroy"], "", Destroy),
    entry("createdb", &[], "", Change),
    entry("dropdb", &[], "", Destroy),
    entry("pg_isready", &[], "", Observe),
    entry("rm", &[], "", Destroy),
    entry("truncate", &[], "", Destroy),
    entry("shred", &[], "", Destroy),
    entry("mkdir", &[], "", Change),
    entry("touch", &[], "", Change),
    entry("cp", &[], "", Change),
    entry("mv", &[], "", Change),
    entry("tee", &[], "", Change),
    entry("chmod", &[], "", Change),
    entry("chown", &[], "", Change),
    entry("find", &[], "-delete", Destroy),
    entry("find", &[], "-exec", Unknown),
    entry("find", &[], "-execdir", Unknown),
    entry("find", &[], "-ok", Unknown),
    entry("find", &[], "-okdir", Unknown),
    entry("find", &[], "-fprint", Change),
    entry("find", &[], "-fprint0", Change),
    entry("find", &[], "-fprintf", Change),
    entry("find", &[], "-fls", Change),
    entry("ss", &[], "-K", Unknown),
    entry("ss", &[], "--kill", Unknown),
    entry("journalctl", &[], "--rotate", Change),
    entry("journalctl", &[], "--vacuum-files", Destroy),
    entry("sed", &[], "-i", Change),
    entry("sed", &[], "--in-place", Change),
    entry("sort", &[], "-o", Change),
    entry("sort", &[], "--output", Change),
    entry("gunzip", &[], "-c", Observe),
    entry("gzip", &[], "-c", Observe),
    entry("journalctl", &[], "--vacuum-size", Destroy),
    entry("journalctl", &[], "--vacuum-time", Destroy),
    entry("date", &[], "-s", Change),
    entry("date", &[], "--set", Change),
    entry("dmesg", &[], "-C", Destroy),
    entry("dmesg", &[], "-c", Destroy),
];

/// Programs that only ever read, or act on the shell alone.
#[rustfmt::skip]
const READERS: &[&str] = &[
    ":", "[", "[[", "basename", "cat", "cd", "column", "comm", "cut", "date", "df", "diff", "dig", "dirname",
    "dmesg", "du", "echo", "exit", "export", "false", "find", "free", "grep", "egrep", "fgrep", "head", "host",
    "id", "iostat", "journalctl", "jq", "ls", "lsof", "nl", "nslookup", "paste", "pgrep", "ping", "printf", "ps",
    "pwd", "read", "seq", "set", "sha256sum", "sleep", "sort", "ss", "stat", "tail", "test", "tr", "traceroute",
    "true", "uname", "unset", "uniq", "uptime", "vmstat", "wc", "which", "who", "whoami", "zcat", "zgrep",
];

/// Options that take the next word as their value, so that it is not mistaken for an operand.
const VALUED: &[(&str, &[&str])] = &[
    (
        "kubectl",
        &[
            "-n",
            "--namespace",
            "--context",
            "--kubeconfig",
            "--cluster",
            "--user",
            "-s",
            "--server",
            "-l",
            "--selector",
            "-o",
            "-c",
            "-f",
            "-p",
        ],
    ),
    (
        "redis-cli",
        &["-h", "-p", "-a", "-n", "-u", "--user", "--pass", "-s", "--pattern", "--cacert", "--cert", "--key"],
    ),
    ("aws", &["--region", "--profile", "--output", "--endpoint-url", "--query"]),
    ("docker", &["-H", "--host", "--context", "-e", "-u", "-w"]),
    ("git", &["-C", "-c"]),
    ("helm", &["-n", "--namespace", "--kube-context", "--kubeconfig"]),
    ("systemctl", &["-n", "-H", "-M"]),
    ("terraform", &["-chdir"]),
];

/// The arguments that are neither options nor their values.
pub(super) fn operands<'w>(program: &str, arguments: &[&'w Word]) -> Vec<&'w str> {
    let program = canonical(program);
    let valued = VALUED.iter().find(|(name, _)| *name == program).map_or(&[][..], |(_, options)| *options);
    let mut operands = Vec::new();
    let mut skip = false;
    for word in arguments {
        let text = word.value.as_str();
        match (std::mem::take(&mut skip), text) {
            (true, _) => {}
            (_, "--") => break,
            _ if text.starts_with('-') && text.len() > 1 => skip = valued.contains(&text),
            _ => operands.push(text),
        }
    }
    operands
}

fn canonical(program: &str) -> &str {
    match program {
        "oc" | "k" => "kubectl",
        "podman" => "docker",
        _ => program,
    }
}

/// The effect of a program with its arguments.
pub(super) fn effect(program: &str, arguments: &[&Word]) -> EffectClass {
    let program = canonical(program);
    let operands = operands(program, arguments);
    if let Some(entry) = ENTRIES.iter().find(|entry| entry.fits(program, &operands, arguments)) {
        return entry.effect;
    }
    match program {
        "redis-cli" => redis(&operands),
        "curl" => curl(arguments),
        // Without a file, they filter; with one, they replace it.
        "gzip" | "gunzip" => {
            if operands.is_empty() {
                Observe
            } else {
                Change
            }
        }
        "awk" => awk(arguments),
        "sed" => sed(&operands, arguments),
        // Its second operand is a file to write.
        "uniq" if operands.len() > 1 => Change,
        _ if READERS.contains(&program) => Observe,
        _ => Unknown,
    }
}

impl Entry {
    fn fits(&self, program: &str, operands: &[&str], arguments: &[&Word]) -> bool {
        self.program == program
            && self.words.len() <= operands.len()
            && self.words.iter().zip(operands).all(|(choice, operand)| {
                let resource = operand.split('/').next().unwrap_or_default();
                *choice == "*" || choice.split('|').any(|word| word == resource)
            })
            && (self.flag.is_empty() || has_flag(self.flag, arguments))
    }
}

fn has_flag(flag: &str, arguments: &[&Word]) -> bool {
    let split = flag.split_once('=');
    arguments.iter().enumerate().any(|(index, word)| {
        let value = word.value.as_str();
        value == flag
            || split.is_none() && value.strip_prefix(flag).is_some_and(|rest| rest.starts_with('='))
            || split.is_some_and(|(name, wanted)| {
                value == name && arguments.get(index + 1).is_some_and(|next| next.value == wanted)
            })
            // `-ie` and `-i.bak`: a short option in front of others.
            || flag.len() == 2 && value.len() > 2 && !value.starts_with("--") && value.starts_with(flag)
    })
}

/// A request is read-only if it neither names another method nor sends or stores anything.
fn curl(arguments: &[&Word]) -> EffectClass {
    let mut method = None;
    for (index, word) in arguments.iter().enumerate() {
        let option = word.value.as_str();
        let next = arguments.get(index + 1).map(|word| word.value.as_str());
        let request = match option.strip_prefix("--") {
            Some(long) => long_option(long, next),
            None if option.starts_with('-') => short_options(option, next),
            None => Request::Reads,
        };
        match request {
            Request::Reads => {}
            Request::Method(written) => method = Some(written),
            Request::Sends => method = method.or(Some("POST")),
            Request::Other => return Unknown,
        }
    }
    match method {
        None | Some("GET" | "HEAD" | "OPTIONS") => Observe,
        Some("POST" | "PUT" | "PATCH") => Change,
        Some(_) => Unknown,
    }
}

/// What an option of curl means for the request.
enum Request<'w> {
    Reads,
    Method(&'w str),
    Sends,
    /// It stores something here, or is not known.
    Other,
}

/// Long options of curl that leave a request what it is.
#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    "fail", "fail-with-body", "silent", "show-error", "location", "head", "insecure", "verbose", "include", "max-time",
    "connect-timeout", "retry", "retry-delay", "retry-max-time", "retry-all-errors", "retry-connrefused", "header", "user-agent",
    "user", "url", "compressed", "write-out", "resolve", "connect-to", "cacert", "cert", "key", "http1.1", "http2", "ipv4", "ipv6",
    "get", "proxy", "no-progress-meter", "unix-socket", "globoff", "max-redirs", "oauth2-bearer",
];

fn long_option<'w>(option: &'w str, next: Option<&'w str>) -> Request<'w> {
    let (name, value) = option.split_once('=').map_or((option, next), |(name, value)| (name, Some(value)));
    match name {
        "request" => Request::Method(value.unwrap_or_default()),
        "json" => Request::Sends,
        "output" if value == Some("/dev/null") => Request::Reads,
        _ if name.starts_with("data") || name.starts_with("form") => Request::Sends,
        _ if HARMLESS.contains(&name) => Request::Reads,
        _ => Request::Other,
    }
}

/// A bundle of curl's short options, such as `-fsS` or `-XPOST`.
fn short_options<'w>(option: &'w str, next: Option<&'w str>) -> Request<'w> {
    for (at, letter) in option.char_indices().skip(1) {
        match letter {
            'f' | 's' | 'S' | 'L' | 'I' | 'k' | 'v' | 'i' | 'g' | 'G' | '4' | '6' | 'N' | '#' => {}
            'X' => {
                let glued = option.get(at + 1..).filter(|rest| !rest.is_empty());
                return Request::Method(glued.or(next).unwrap_or_default());
            }
            'd' | 'F' => return Request::Sends,
            'o' if next == Some("/dev/null") || option.ends_with("/dev/null") => return Request::Reads,
            // These take the rest of the bundle, or the next word, as their value.
            'H' | 'm' | 'w' | 'u' | 'A' | 'e' | 'b' | 'x' | 'r' | 'E' => return Request::Reads,
            _ => return Request::Other,
        }
    }
    Request::Reads
}

/// awk only reads unless its script writes or runs something.
fn awk(arguments: &[&Word]) -> EffectClass {
    let writes = arguments.iter().any(|word| {
        let text = word.value.as_str();
        text.contains("system(")
            || text.contains(['>', '|'])
            || text.contains("getline")
            || text == "-f"
            || text == "-i"
    });
    if writes { Unknown } else { Observe }
}

/// sed only reads if its script is a plain substitution, or prints or drops lines.
fn sed(operands: &[&str], arguments: &[&Word]) -> EffectClass {
    let plain =
        arguments.iter().all(|word| matches!(word.value.as_str(), "-n" | "-E" | "-r") || !word.value.starts_with('-'));
    let reads = operands.first().is_some_and(|script| {
        let mut letters = script.chars();
        let flags = match letters.next() {
            Some('s') => letters.next().and_then(|delimiter| script.rsplit(delimiter).next()),
            Some('/') => script.rsplit('/').next().filter(|last| matches!(*last, "p" | "d" | "q")).map(|_| ""),
            _ => script
                .trim_start_matches(|c: char| c.is_ascii_digit() || ",$".contains(c))
                .strip_suffix(['p', 'd', 'q']),
        };
        flags.is_some_and(|flags| flags.chars().all(|c| "gpiI0123456789".contains(c)))
    });
    if plain && reads { Observe } else { Unknown }
}

/// A command of the Redis protocol.
pub(super) fn redis(words: &[&str]) -> EffectClass {
    let upper: Vec<String> = words.iter().take(2).map(|word| word.to_ascii_uppercase()).collect();
    let upper: Vec<&str> = upper.iter().map(String::as_str).collect();
    match upper.as_slice() {
        [
            "INFO" | "PING" | "DBSIZE" | "GET" | "MGET" | "TTL" | "PTTL" | "TYPE" | "EXISTS" | "SCAN" | "HGET"
            | "HGETALL" | "LLEN" | "LRANGE" | "SCARD" | "ZCARD" | "STRLEN" | "ROLE" | "LASTSAVE" | "TIME" | "ECHO",
            ..,
        ] => Observe,
        ["CONFIG", "GET"]
        | ["CLIENT", "LIST" | "INFO"]
        | ["MEMORY", "STATS" | "USAGE" | "DOCTOR"]
        | ["SLOWLOG", "GET" | "LEN"]
        | ["CLUSTER", "INFO" | "NODES"]
        | ["LATENCY", "DOCTOR" | "LATEST"] => Observe,
        ["FLUSHALL" | "FLUSHDB" | "DEL" | "UNLINK" | "SHUTDOWN", ..] => Destroy,
        ["CONFIG", "SET" | "REWRITE" | "RESETSTAT"] | ["MEMORY", "PURGE"] | ["BGSAVE" | "EXPIRE" | "PERSIST", ..] => {
            Change
        }
        _ => Unknown,
    }
}
