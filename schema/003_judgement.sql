-- The store as of schema 3: the life of findings, what people decided about them, and what judging looks up.

create table told_finding
-- A finding that a run reported, by its fingerprint.
(
    id integer primary key,

    -- 128 bits over its rule and what it cites.
    fingerprint blob not null,

    -- The rule that says it; null in a row that an earlier release wrote.
    rule text,

    -- The runs that reported it first and last; the last one's view tells it in full.
    first_run integer not null references run (id),
    last_run integer not null references run (id),

    -- 128 bits over what it says, and the run since which it says that; null in a row that an earlier release
    -- wrote.
    saying blob,
    said_since integer references run (id),

    -- How many of its marks in `finding_mark` are still to be met before it is undone.
    marks integer not null default 0,

    -- The run by which it is no longer so, and why, in words.
    resolved_run integer references run (id),
    resolved_by text,

    constraint finding_is_unique unique (fingerprint),
    constraint saying_is_128_bits check (length(saying) = 16),
    constraint resolution_is_whole check ((resolved_run is null) = (resolved_by is null))
) strict;

insert into told_finding (fingerprint, first_run, last_run)
select coalesce(unhex(fingerprint), cast(fingerprint as blob)), first_run, first_run from finding;

drop table finding;

alter table told_finding rename to finding;

create table finding_mark
-- What would undo a finding: 64 bits of the BLAKE3 of a resource, an attribute's path and the value before.
(
    mark integer not null,
    finding integer not null references finding (id),

    primary key (mark, finding)
) strict, without rowid;

create table acceptance
-- What people decided about findings, the first decision first; never written again.
(
    id integer primary key,

    -- The finding, and what it said then.
    fingerprint blob not null,
    saying blob,

    -- accept or reopen.
    decision text not null,

    -- Who answers for it, and why, in their words.
    owner text not null,
    reason text not null,

    -- When, and until when it holds; null is for good.
    decided_at integer not null,
    expires_at integer,

    -- BLAKE3 of the previous row's link (zeros before the first) and this row's canonical JSON.
    link blob not null,

    constraint decision_is_known check (decision in ('accept', 'reopen')),
    constraint link_is_256_bits check (length(link) = 32)
) strict;

create index acceptance_by_finding on acceptance (fingerprint);

create view v_acceptance as
-- Decisions, with moments as text.
select lower(hex(fingerprint)) as finding, decision, owner, reason,
       strftime('%Y-%m-%dT%H:%M:%SZ', decided_at / 1000000000, 'unixepoch') as decided_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', expires_at / 1000000000, 'unixepoch') as expires_at
from acceptance order by id;

create view v_finding as
-- Findings with the runs that told them; the view of a run has the rest.
select lower(hex(finding.fingerprint)) as finding, finding.rule, finding.first_run, finding.last_run,
       strftime('%Y-%m-%dT%H:%M:%SZ', first.finished_at / 1000000000, 'unixepoch') as first_told_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', last.finished_at / 1000000000, 'unixepoch') as last_told_at,
       finding.resolved_run, finding.resolved_by
from finding
join run as first on first.id = finding.first_run
join run as last on last.id = finding.last_run;

create index log_interval_by_end
-- What is known of a log for a time, however many years are known.
on log_interval (log, to_at);

create index event_by_operation
-- How often somebody did something, without reading any body.
on event (operation, time, actor, log, outcome);
