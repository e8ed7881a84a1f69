-- Only the first event of an incident in each block of 1,024 has an index entry: with many incidents at once each entry
-- is a page to write, and a block is read in no time. Whoever appends marks more than the first where it does not know.
ALTER TABLE event ADD COLUMN leads INTEGER NOT NULL DEFAULT 1;
DROP INDEX event_incident;
CREATE INDEX event_incident ON event (incident) WHERE incident IS NOT NULL AND leads;

-- The same index: of an IN with three values SQLite makes a table for each event.
DROP INDEX event_opening;
CREATE INDEX event_opening ON event (kind) WHERE kind = 'IncidentOpened' OR kind = 'RunPlanned' OR kind = 'ReviewOwed';
