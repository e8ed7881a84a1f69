CREATE TABLE blob_rest (
    digest TEXT NOT NULL,
    number BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (digest, number)
);
