//! Programs that move or make large amounts of data: dumps, backups, downloads.

use crate::syntax::bash::{Invocation, Script};
use crate::syntax::call::Call;

/// Whether the program writes a dump of a database.
pub(super) fn dumps(invocation: &Invocation) -> bool {
    match invocation.program() {
        "pg_dump" | "pg_dumpall" | "pg_basebackup" | "mysqldump" | "mariadb-dump" | "mongodump" | "mongoexport"
        | "mydumper" | "xtrabackup" | "mariabackup" | "influxd" | "neo4j-admin" => true,
        "redis-cli" | "valkey-cli" => invocation.arguments().iter().any(|word| word.value == "--rdb"),
        "etcdctl" => Call::of(invocation).begins(&["snapshot", "save"]),
        _ => false,
    }
}

/// Whether the program writes an object from a bucket to its standard output.
pub(super) fn prints_object(invocation: &Invocation) -> bool {
    let call = Call::of(invocation);
    let last = call.operands.last().map_or("", |word| word.value.as_str());
    match call.program {
        "aws" => call.begins(&["s3", "cp"]) && last == "-",
        "gsutil" => call.begins(&["cat"]) || call.begins(&["cp"]) && last == "-",
        "gcloud" => call.begins(&["storage", "cat"]) || call.begins(&["storage", "cp"]) && last == "-",
        "mc" => call.begins(&["cat"]),
        "rclone" => call.begins(&["cat"]),
        _ => false,
    }
}

/// Whether the program unpacks to its standard output.
pub(super) fn unpacks(invocation: &Invocation) -> bool {
    let flag = |letter: char| {
        invocation
            .arguments()
            .iter()
            .any(|word| word.value.starts_with('-') && !word.value.starts_with("--") && word.value.contains(letter))
    };
    let long = |name: &str| invocation.arguments().iter().any(|word| word.value == name);
    match invocation.program() {
        "gunzip" | "bunzip2" | "unxz" | "unzstd" | "zcat" | "bzcat" | "xzcat" | "zstdcat" => true,
        "gzip" | "bzip2" | "xz" | "zstd" | "lz4" | "pigz" => flag('d') || long("--decompress"),
        _ => false,
    }
}

/// Whether a name is that of a file which tends to be large.
pub(super) fn is_large(name: &str) -> bool {
    const ENDS: &[&str] = &[
        ".gz", ".tgz", ".tar", ".zip", ".xz", ".zst", ".bz2", ".sql", ".dump", ".dmp", ".bak", ".rdb", ".hprof",
        ".img", ".iso", ".qcow2", ".bson", ".archive", ".backup", ".db", ".snap",
    ];
    ENDS.iter().any(|end| name.ends_with(end))
}

/// What a stage of a pipeline starts in the end: `kubectl exec … -- pg_dump`.
pub(super) fn innermost<'d>(script: &'d Script, stage: &'d Invocation) -> &'d Invocation {
    let inside = |other: &&Invocation| {
        other.via.is_some() && stage.span.start <= other.span.start && other.span.end <= stage.span.end
    };
    script.invocations.iter().rfind(inside).unwrap_or(stage)
}
