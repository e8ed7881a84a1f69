//! Programs whose names tell a command line from prose and from output.

/// Well-known programs, roughly in alphabetical order.
#[rustfmt::skip]
const PROGRAMS: &[&str] = &[
    "ansible", "ansible-playbook", "apt", "apt-get", "argocd", "awk", "aws", "az", "bash", "bundle", "calicoctl",
    "cat", "cd", "ceph", "certbot", "chmod", "chown", "cilium", "cmctl", "cockroach", "consul", "cp", "createdb",
    "crictl", "ctr", "curl", "cut", "date", "df", "dig", "dmesg", "docker", "docker-compose", "dropdb", "du",
    "echo", "env", "eksctl", "etcdctl", "etcdutl", "export", "find", "flux", "for", "free", "fuser", "gcloud", "gh",
    "git", "gpg", "grep", "gsutil", "gunzip", "gzip", "head", "helm", "heroku", "host", "htop", "hostname", "if",
    "ifconfig", "influx", "iostat", "ip", "iptables", "istioctl", "journalctl", "jq", "k", "k9s",
    "kafka-consumer-groups", "kafka-topics", "kill", "killall", "kubeadm", "kubectl", "kubectx", "kubens",
    "launchctl", "ldapsearch", "less", "ls", "lsblk", "lsof", "make", "mc", "mkdir", "mongo", "mongosh", "mount",
    "mtr", "mv", "mysql", "mysqladmin", "mysqldump", "nc", "netstat", "nginx", "nmap", "nodetool", "nohup", "nomad",
    "npm", "npx", "nslookup", "ntpq", "oc", "omc", "openssl", "openstack", "pg_basebackup", "pg_ctl", "pg_dump",
    "pg_restore", "pgbench", "pgrep", "ping", "pip", "pkill", "podman", "printf", "promtool", "ps", "psql", "pvs",
    "python", "python3", "rabbitmqctl", "rails", "rake", "redis-cli", "rm", "rsync", "scp", "sed", "service",
    "sftp", "shutdown", "skopeo", "sleep", "sort", "sqlite3", "ss", "ssh", "ssh-add", "ssh-keygen", "ssh-keyscan",
    "stern", "strace", "stripe", "su", "sudo", "sysctl", "systemctl", "tail", "tar", "tcpdump", "tee", "telnet",
    "terraform", "terragrunt", "time", "top", "touch", "traceroute", "tr", "truncate", "umount", "unset", "unzip",
    "uptime", "vault", "vault-cli", "velero", "virtctl", "vmstat", "watch", "wc", "wget", "while", "who", "whoami",
    "wrk", "xargs", "yq", "yum", "zcat", "zgrep", "zpool",
];

/// Whether the line begins like a command line of a program that everybody knows.
pub(crate) fn begins_with_program(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| is_assignment(word));
    words.next().is_some_and(is_program)
}

/// Whether this is the name of a program that everybody knows, or a path to run.
pub(crate) fn is_program(word: &str) -> bool {
    PROGRAMS.contains(&word) || word.starts_with("./") && word.len() > 2
}

/// `NAME=value`
pub(crate) fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| is_variable_name(name))
}

/// Whether this may be the name of a shell variable.
pub(crate) fn is_variable_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
