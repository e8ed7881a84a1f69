CREATE TABLE event (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    incident BIGINT,
    run BIGINT,
    body TEXT NOT NULL,
    hash BYTEA NOT NULL
);
CREATE INDEX event_opening ON event (kind, seq) WHERE kind IN ('IncidentOpened', 'RunPlanned', 'ReviewOwed');
CREATE INDEX event_incident ON event (incident, seq) WHERE incident IS NOT NULL;
CREATE INDEX event_run ON event (run, seq) WHERE run IS NOT NULL;

CREATE TABLE snapshot (
    format BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (format, seq)
);

CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    token BIGINT NOT NULL,
    until BIGINT NOT NULL
);
