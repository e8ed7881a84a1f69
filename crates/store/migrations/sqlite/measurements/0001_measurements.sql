CREATE TABLE rollup (
    check_name TEXT NOT NULL,
    resolution INTEGER NOT NULL,
    start INTEGER NOT NULL,
    probes INTEGER NOT NULL,
    failed_probes INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    histogram BLOB NOT NULL,
    PRIMARY KEY (check_name, resolution, start)
) STRICT;
CREATE INDEX rollup_age ON rollup (resolution, start);

CREATE TABLE latest_sample (
    check_name TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE blob (
    digest TEXT PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;
