CREATE TABLE rollup (
    check_name TEXT NOT NULL,
    resolution BIGINT NOT NULL,
    start BIGINT NOT NULL,
    probes BIGINT NOT NULL,
    failed_probes BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    histogram BYTEA NOT NULL,
    PRIMARY KEY (check_name, resolution, start)
);
CREATE INDEX rollup_age ON rollup (resolution, start);

CREATE TABLE latest_sample (
    check_name TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE blob (
    digest TEXT PRIMARY KEY,
    body BYTEA NOT NULL
);
