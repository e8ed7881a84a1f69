CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    incident INTEGER,
    run INTEGER,
    body TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX event_opening ON event (kind) WHERE kind IN ('IncidentOpened', 'RunPlanned', 'ReviewOwed');
CREATE INDEX event_incident ON event (incident) WHERE incident IS NOT NULL;
CREATE INDEX event_run ON event (run) WHERE run IS NOT NULL;

CREATE TABLE snapshot (
    format INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (format, seq)
) STRICT;

CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    token INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;
