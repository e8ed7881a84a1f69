CREATE TABLE blob_rest (
    digest TEXT NOT NULL,
    number INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (digest, number)
) STRICT;
