//! Programs whose names tell a command line from prose and from output.

/// Well-known programs, sorted so that they can be searched.
#[rustfmt::skip]
const PROGRAMS: &[&str] = &[
    "a2ensite", "ab", "alembic", "amtool", "ansible", "ansible-galaxy", "ansible-playbook", "ansible-vault",
    "apachectl", "apk", "apt", "apt-get", "argocd", "arp", "artisan", "awk", "aws", "aws-vault", "awslocal", "az",
    "barman", "base64", "bash", "bc", "bin/console", "bin/rails", "blkid", "bosh", "brew", "buildah", "bundle",
    "bunzip2", "busctl", "bzip2", "calicoctl", "cargo", "cat", "cd", "celery", "ceph", "certbot", "cf", "cfssl",
    "chef-client", "chmod", "chown", "chronyc", "chroot", "cilium", "clickhouse-client", "cmctl", "cmp", "cockroach",
    "composer", "conntrack", "consul", "consul-template", "coredumpctl", "cp", "cqlsh", "createdb", "crictl",
    "crontab", "crossplane", "cscli", "ctr", "curl", "curlie", "cut", "date", "dd", "deno", "df", "diff", "dig",
    "django-admin", "dmesg", "dnf", "docker", "docker-compose", "doctl", "dotnet", "dpkg", "dropdb", "drush", "du",
    "ebtables", "ec2-metadata", "echo", "eksctl", "elasticsearch-plugin", "env", "erl", "etcdadm", "etcdctl",
    "etcdutl", "ethtool", "exit", "export", "faas-cli", "fallocate", "fdisk", "find", "fio", "firewall-cmd", "flux",
    "fly", "flyctl", "flyway", "for", "free", "fsck", "fstrim", "fuser", "gcloud", "getent", "getfacl", "gh",
    "gh-ost", "git", "go", "goaccess", "goss", "gpg", "gradle", "grafana-cli", "grep", "grpcurl", "grub2-mkconfig",
    "gsutil", "gunicorn", "gunzip", "gzip", "hcloud", "head", "helm", "heroku", "host", "hostname", "hostnamectl",
    "htop", "httpie", "id", "iex", "if", "ifconfig", "influx", "influxd", "initctl", "innobackupex", "ionice",
    "iostat", "iotop", "ip", "ipmitool", "iptables", "istioctl", "java", "jcmd", "jmap", "journalctl", "jps", "jq",
    "jstack", "k", "k9s", "kaf", "kafka-acls.sh", "kafka-configs", "kafka-configs.sh", "kafka-console-consumer",
    "kafka-console-consumer.sh", "kafka-consumer-groups", "kafka-consumer-groups.sh", "kafka-leader-election.sh",
    "kafka-log-dirs.sh", "kafka-reassign-partitions", "kafka-reassign-partitions.sh", "kafka-run-class.sh",
    "kafka-topics", "kafka-topics.sh", "kafkacat", "kcadm.sh", "kcat", "keytool", "kill", "killall", "kn", "knex",
    "knife", "kops", "kubeadm", "kubectl", "kubectx", "kubens", "kubeseal", "kustomize", "launchctl", "ldapmodify",
    "ldapsearch", "lein", "less", "linkerd", "liquibase", "ln", "locale", "logger", "loginctl", "logrotate", "ls",
    "lsblk", "lscpu", "lsof", "lspci", "lvextend", "lvs", "machinectl", "mailq", "make", "mariadb", "mc", "md5sum",
    "mdadm", "minikube", "mkdir", "mkfs", "modprobe", "mongo", "mongodump", "mongorestore", "mongosh", "mount",
    "msbuild", "mtr", "mv", "mvn", "mydumper", "myloader", "mysql", "mysqladmin", "mysqlbinlog", "mysqlcheck",
    "mysqldump", "nano", "nats", "nc", "netcat", "netlify", "netstat", "networkctl", "newrelic", "nft", "nginx",
    "nice", "nmap", "nmcli", "node", "nodetool", "nohup", "nomad", "npm", "npx", "nsenter", "nslookup", "ntpq",
    "numactl", "oc", "oci", "ollama", "omc", "op", "openssl", "openstack", "passwd", "patch", "patronictl", "pcs",
    "pg_basebackup", "pg_ctl", "pg_dump", "pg_dumpall", "pg_isready", "pg_restore", "pg_rewind", "pg_top",
    "pgbackrest", "pgbench", "pgbouncer", "pgcli", "pgrep", "php", "php-fpm", "ping", "pip", "pip3", "pkill", "pm2",
    "pnpm", "podman", "poetry", "popd", "postqueue", "printf", "prisma", "promtail", "promtool", "ps", "psql",
    "pt-online-schema-change", "pulsar-admin", "pushd", "pvs", "pytest", "python", "python3", "rabbitmq-diagnostics",
    "rabbitmq-plugins", "rabbitmqctl", "rados", "rails", "railway", "rake", "rbd", "rclone", "rebar3", "reboot",
    "redis-benchmark", "redis-cli", "redis-sentinel", "renice", "repmgr", "resize2fs", "resolvectl", "restic", "rg",
    "rke2", "rm", "rsync", "ruby", "salt", "saml2aws", "sbt", "scp", "sed", "seq", "sequelize", "service", "set",
    "sftp", "sha256sum", "shasum", "showmount", "shutdown", "sidekiq", "skopeo", "sleep", "smartctl", "snap",
    "solana", "sops", "sort", "source", "spark-submit", "sqlcmd", "sqlite3", "ss", "ssh", "ssh-add", "ssh-keygen",
    "ssh-keyscan", "stat", "stern", "strace", "stripe", "su", "sudo", "supabase", "supervisorctl", "swaks",
    "swapoff", "swapon", "sysctl", "systemctl", "tail", "talosctl", "tar", "tc", "tcpdump", "tee", "teleport",
    "telnet", "terraform", "terragrunt", "test", "tfenv", "time", "timedatectl", "tkn", "tmux", "top", "touch", "tr",
    "tracepath", "traceroute", "trap", "truncate", "tsh", "ufw", "ulimit", "umount", "uname", "unset", "unzip",
    "uptime", "useradd", "userdel", "usermod", "uv", "uvicorn", "vagrant", "varnishadm", "vault", "vault-cli",
    "velero", "vercel", "vgs", "vi", "vim", "virtctl", "visudo", "vmstat", "wal-g", "watch", "wc", "wget", "while",
    "who", "whoami", "wp", "wrangler", "wrk", "xargs", "xfs_growfs", "xtrabackup", "xxd", "yarn", "yq", "yum",
    "zcat", "zfs", "zgrep", "zip", "zkCli.sh", "zookeeper-shell.sh", "zpool", "zstd",
];

/// Whether the line begins like a command line of a program that everybody knows.
pub(crate) fn begins_with_program(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| is_assignment(word));
    words.next().is_some_and(is_program)
}

/// Whether this is the name of a program that everybody knows, or a path to run.
pub(crate) fn is_program(word: &str) -> bool {
    PROGRAMS.binary_search(&word).is_ok() || word.starts_with("./") && word.len() > 2
}

/// Whether a program reaches what it acts on from afar, so that it is run on the responder's own machine.
pub(crate) fn is_remote(word: &str) -> bool {
    const REMOTE: &[&str] = &[
        "kubectl",
        "oc",
        "helm",
        "aws",
        "gcloud",
        "az",
        "terraform",
        "ssh",
        "scp",
        "gh",
        "k",
        "argocd",
        "flux",
        "kubectx",
    ];
    REMOTE.contains(&word)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_sorted_so_that_they_can_be_searched() {
        assert!(PROGRAMS.is_sorted(), "{:?}", PROGRAMS.windows(2).find(|pair| pair[0] > pair[1]));
    }
}
