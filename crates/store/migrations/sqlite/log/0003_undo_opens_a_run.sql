-- A run that undoes another is found as any run is; an index of its own leaves the query of the release before its index.
CREATE INDEX event_undo ON event (kind) WHERE kind = 'UndoStarted';
