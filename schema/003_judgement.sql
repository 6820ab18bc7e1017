-- The store as of schema 3: what judging looks up.

create index event_by_operation
-- How often somebody did something, without reading any body.
on event (operation, time, actor, log, outcome);
