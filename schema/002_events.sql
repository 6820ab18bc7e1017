-- The store as of schema 2: what the audit logs say.
--
-- Every table of the ledger is numbered in the order of its rows and only ever appended to, so that a scan's
-- seal covers one range of each: what was imported since the scan before.

create table log_import
-- One reading of logs.
(
    -- Its number, ascending in time.
    id integer primary key,

    -- When the run began, by the clock of the machine that ran it.
    started_at integer not null,

    -- What was read: a path, or `live`.
    origin text not null,

    -- The driftline release that read it: two releases may read one record differently.
    tool_version text not null,

    -- How many files and records were read, and what became of the records.
    files integer not null default 0,
    records integer not null default 0,
    new integer not null default 0,
    known integer not null default 0,
    conflicts integer not null default 0,
    odd integer not null default 0,

    -- How many records were passed over, by reason: a JSON object.
    ignored text not null default '{}',

    constraint ignored_is_json check (json_valid(ignored))
) strict;

create table log_scope
-- What one log covers.
(
    id integer primary key,

    -- aws, azure or gcp.
    provider text not null,

    -- AWS account, Azure subscription or Google Cloud project.
    account text not null,

    -- AWS region; `*` for a log of every location.
    location text not null,

    -- cloudtrail, activity-log or cloud-audit.
    source text not null,

    constraint log_scope_is_unique unique (provider, account, location, source)
) strict;

create table operation
-- What was called, and what sort of act that was.
(
    id integer primary key,

    -- The service and the operation, in the vendor's words.
    service text not null,
    name text not null,

    -- instance.create, snapshot.share and so on; one operation can be of several classes.
    class text not null,

    constraint operation_is_unique unique (service, name, class)
) strict;

create table actor
-- Who is known to act: one row for each key and session.
(
    id integer primary key,
    provider text not null,

    -- The identity, never used again.
    key text not null,

    -- The person or program behind a shared principal; empty where there is none.
    session text not null,

    -- The time of the event that `document` is from: the latest one, of several the greatest document.
    told_at integer not null,

    -- Who, in full: canonical JSON.
    document text not null,

    constraint actor_is_unique unique (provider, key, session),
    constraint actor_document_is_json check (json_valid(document))
) strict;

create table actor_use
-- What an actor is known to have done, attempts included; counts each event once, in whatever order they came.
(
    actor integer not null references actor (id),
    log integer not null references log_scope (id),
    class text not null,

    -- The times of the first and the last such event, and how many there were.
    first_at integer not null,
    last_at integer not null,
    events integer not null,

    primary key (actor, log, class)
) strict, without rowid;

create table event_dictionary
-- A zstd dictionary, trained on the first events of one cloud.
(
    id integer primary key,
    provider text not null,
    body blob not null,

    constraint event_dictionary_is_unique unique (provider)
) strict;

create table event
-- One native audit record, normalised. The columns repeat what its body says, for those who look for it.
(
    -- Ascending in the order of imports.
    id integer primary key,

    -- 128 bits of the BLAKE3 of its provider and id, by which it counts once.
    key blob not null,

    -- The import that brought it first.
    import integer not null references log_import (id),

    log integer not null references log_scope (id),
    operation integer not null references operation (id),
    actor integer not null references actor (id),

    -- success, accepted, started, failed, denied or dry-run.
    outcome text not null,

    -- When, by the vendor's clock.
    time integer not null,

    -- When the log delivered it: the earliest that any import told. No seal covers it, since a later import
    -- may tell an earlier delivery.
    ingested_at integer,

    -- The dictionary that its body was compressed with.
    dictionary integer references event_dictionary (id),

    -- Canonical JSON without `ingested_at`, compressed with zstd.
    body blob not null,

    constraint event_key_is_128_bits check (length(key) = 16),
    constraint outcome_is_known check (
        outcome in ('success', 'accepted', 'started', 'failed', 'denied', 'dry-run')
    )
) strict;

create unique index event_by_key on event (key);

create index event_by_time
-- Holds what lags are measured from, too.
on event (time, log, ingested_at);

create index event_without_dictionary
-- Few: those that wait for one.
on event (id) where dictionary is null;

create table event_target
-- Which events name a resource: by 64 bits of the BLAKE3 of its uid, its locator or its name, in lower case.
(
    hash integer not null,
    event integer not null references event (id),

    primary key (hash, event)
) strict, without rowid;

create table event_conflict
-- A record that bears the id of an event and says something else.
(
    id integer primary key,

    -- The event, which stays as it came first.
    event integer not null references event (id),

    import integer not null references log_import (id),

    -- What the other record says; compressed without a dictionary.
    body blob not null
) strict;

create index event_conflict_by_event on event_conflict (event);

create table log_interval
-- What one import told of a log's completeness; the same told again adds nothing.
(
    id integer primary key,
    import integer not null references log_import (id),
    log integer not null references log_scope (id),

    -- From when (included) to when (not included).
    from_at integer not null,
    to_at integer not null,

    -- complete is the only one by which absence is evidence.
    status text not null,

    -- By which evidence, in words.
    reason text not null,

    constraint log_status_is_known check (status in ('complete', 'unknown', 'gap', 'violated')),
    constraint log_interval_is_unique unique (log, from_at, to_at, status, reason)
) strict;

create table odd_record
-- A native log record that could not be read, without its secrets; the same one read again adds nothing.
(
    id integer primary key,

    -- 128 bits of the BLAKE3 of everything below.
    key blob not null,

    import integer not null references log_import (id),

    -- The file that it stood in, and its offset there in bytes.
    source text not null,
    position integer not null,

    -- A short, stable word, and the sentence for people.
    code text not null,
    message text not null,

    -- Its bytes, at most 64 KiB of them, compressed with zstd.
    raw blob not null,

    constraint odd_record_is_unique unique (key),
    constraint odd_record_key_is_128_bits check (length(key) = 16)
) strict;

create table log_seal
-- What a scan's seal covers of the audit logs: of each table the rows since the scan before. A table that
-- got no rows has none here.
(
    scan integer not null references scan (id),

    -- The table: event, event_conflict, log_interval or odd_record.
    part text not null,

    -- The number of the last row that it or an earlier scan covers, and how many there are since then.
    last integer not null,
    count integer not null,

    -- BLAKE3 of the rows, each a digest, in the order of their digests.
    digest blob not null,

    primary key (scan, part),
    constraint part_is_known check (part in ('event', 'event_conflict', 'log_interval', 'odd_record')),
    constraint count_is_positive check (count > 0),
    constraint log_digest_is_256_bits check (length(digest) = 32)
) strict, without rowid;

create table verdict
-- What the last run that judged it said of a change.
(
    change text primary key,

    -- The scans that differ.
    before_scan integer not null references scan (id),
    after_scan integer not null references scan (id),

    -- What was said, and when.
    state text not null,
    judged_at integer not null,

    -- The number of the last import that was known then.
    imports integer not null,

    constraint trace_state_is_known check (
        state in ('explained', 'implied', 'by-system', 'expected-automation', 'pending', 'log-gap',
                  'unexplained', 'unexplained-low-confidence')
    )
) strict, without rowid;

create index verdict_unsettled
-- Those that a later import may settle.
on verdict (after_scan)
where state in ('pending', 'log-gap', 'unexplained', 'unexplained-low-confidence');

create view v_log_import as
-- Readings of logs, with moments as text.
select id, origin, tool_version,
       strftime('%Y-%m-%dT%H:%M:%SZ', started_at / 1000000000, 'unixepoch') as started_at,
       files, records, new, known, conflicts, odd, ignored
from log_import;

create view v_event as
-- Events in words; the body has more.
select event.id, log_scope.provider, log_scope.account, log_scope.location, log_scope.source as log,
       strftime('%Y-%m-%dT%H:%M:%SZ', event.time / 1000000000, 'unixepoch') as time,
       strftime('%Y-%m-%dT%H:%M:%SZ', event.ingested_at / 1000000000, 'unixepoch') as ingested_at,
       operation.service, operation.name as operation, operation.class, event.outcome,
       actor.key as actor, nullif(actor.session, '') as session, event.import
from event
join log_scope on log_scope.id = event.log
join operation on operation.id = event.operation
join actor on actor.id = event.actor;

create view v_actor as
-- Who did what where, since when.
select actor.provider, actor.key, nullif(actor.session, '') as session,
       json_extract(actor.document, '$.name') as name, json_extract(actor.document, '$.kind') as kind,
       log_scope.account, log_scope.location, actor_use.class, actor_use.events,
       strftime('%Y-%m-%dT%H:%M:%SZ', actor_use.first_at / 1000000000, 'unixepoch') as first_seen,
       strftime('%Y-%m-%dT%H:%M:%SZ', actor_use.last_at / 1000000000, 'unixepoch') as last_seen
from actor_use
join actor on actor.id = actor_use.actor
join log_scope on log_scope.id = actor_use.log;

create view v_log_interval as
-- What is known of the logs' completeness.
select log_scope.provider, log_scope.account, log_scope.location, log_scope.source as log,
       strftime('%Y-%m-%dT%H:%M:%SZ', log_interval.from_at / 1000000000, 'unixepoch') as from_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', log_interval.to_at / 1000000000, 'unixepoch') as to_at,
       log_interval.status, log_interval.reason, log_interval.import
from log_interval join log_scope on log_scope.id = log_interval.log;

create view v_odd_record as
-- Log records that could not be read.
select import, source, position, code, message from odd_record;

create view v_verdict as
-- What was said of changes.
select change, before_scan, after_scan, state,
       strftime('%Y-%m-%dT%H:%M:%SZ', judged_at / 1000000000, 'unixepoch') as judged_at, imports
from verdict;
