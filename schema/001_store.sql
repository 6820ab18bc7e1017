-- The store as of schema 1.
--
-- Revisions are append-only: one says what a resource is from a scan on, and the next one of the same
-- resource ends it. Nothing that a sealed scan wrote is ever written again, so that a scan adds what is
-- new and no more, and the drift of any two scans is one range of revision numbers.
--
-- Moments are nanoseconds since 1970 in UTC; the v_ views show them as text.

create table scan
-- One collection run.
(
    -- Its number, ascending in time.
    id integer primary key,

    -- open: being collected. sealed: whole, and linked into the chain. abandoned: its run ended early.
    state text not null,

    -- What was read, for instance `files`.
    origin text not null,

    -- Who ran it, in words.
    holder text not null,

    -- When the run began, by the clock of the machine that ran it.
    started_at integer not null,

    -- When it was sealed.
    finished_at integer,

    -- The moment that the collected state is dated.
    taken_at integer not null,

    -- The driftline release that wrote it.
    tool_version text not null,

    -- The number of the last revision that it or an earlier scan wrote.
    last_revision integer,

    -- How many revisions it opened, and how many resources it found absent.
    opened integer,
    closed integer,

    -- BLAKE3 of its revision changes, each a digest, in the order of their digests.
    changes blob,

    -- BLAKE3 of the previous sealed scan's seal (zeros before the first) and the canonical manifest.
    seal blob,

    constraint scan_state_is_known check (state in ('open', 'sealed', 'abandoned')),
    constraint sealed_scan_is_whole check (
        (state = 'sealed') = (seal is not null and finished_at is not null and last_revision is not null
                              and opened is not null and closed is not null and changes is not null)
    ),
    constraint seal_is_256_bits check (length(seal) = 32),
    constraint changes_are_256_bits check (length(changes) = 32)
) strict;

create table lease
-- The one run that may write; a second one reads here whom it has to wait for.
(
    id integer primary key,

    -- The scan that it collects.
    scan integer not null references scan (id),

    -- Who, in words.
    holder text not null,

    -- Where: host name, process number, and when that process began in the kernel's own count, which
    -- tells it from a later one with the same number.
    host text not null,
    process integer not null,
    process_began text,

    -- Since when.
    since integer not null,

    constraint lease_is_the_only_one check (id = 1)
) strict;

create table scope
-- What one listing covers.
(
    id integer primary key,

    -- aws, azure or gcp.
    provider text not null,

    -- AWS account, Azure subscription or Google Cloud project.
    account text not null,

    -- AWS region, Azure location, Google Cloud zone or region; `*` in coverage that spans every location
    -- no other coverage of the scan names.
    location text not null,

    -- instance, volume, snapshot, image and so on.
    kind text not null,

    constraint scope_is_unique unique (provider, account, location, kind)
) strict;

create table coverage
-- How completely one scan listed one scope. In the order of scans, so that a scan only appends.
(
    scan integer not null references scan (id),
    scope integer not null references scope (id),

    -- complete is the only one by which absence is evidence.
    status text not null,

    -- How many resources the listing held.
    listed integer not null,

    -- Why it is not complete: a JSON list of {"code","message"}; null where nothing is to be said.
    reasons text,

    -- When the listing began and ended.
    started_at integer not null,
    finished_at integer not null,

    primary key (scan, scope),
    constraint coverage_status_is_known check (
        status in ('complete', 'partial', 'denied', 'throttled', 'failed', 'skipped', 'unknown')
    ),
    constraint coverage_reasons_are_json check (json_valid(reasons))
) strict, without rowid;

create table resource
-- One thing with an immutable uid.
--
-- There is no index on the uid: random keys would split nearly every leaf of it at each scan. A run reads
-- the table once and keeps its own; a single look-up reads the table through.
(
    id integer primary key,

    -- The vendor's immutable id.
    uid text not null,

    -- Where it was last seen.
    scope integer not null references scope (id),

    -- The number of its latest revision, from which `revision.previous` leads back through its life.
    latest integer not null,

    -- 64 bits of the BLAKE3 of its lower-case locator; null where the locator is the uid.
    locator_hash integer,

    -- 128 bits that stand for the native bytes of its latest revision, so that an element whose bytes did
    -- not change need not be read again; null while the resource is absent.
    fingerprint blob,

    constraint fingerprint_is_128_bits check (length(fingerprint) = 16)
) strict;

create table revision
-- What a resource is from a scan on, until its next revision.
(
    -- Ascending in time. Its document stands in the block with the greatest id that is not greater.
    id integer primary key,

    resource integer not null references resource (id),

    -- The first scan that saw it.
    from_scan integer not null references scan (id),

    -- Where it was seen; null says that the resource is absent from this scan on.
    scope integer references scope (id),

    -- The resource's revision before this one.
    previous integer,

    constraint absence_follows_presence check (scope is not null or previous is not null),
    constraint previous_is_earlier check (previous < id)
) strict;

create table dictionary
-- A zstd dictionary, trained on the first documents of one kind.
(
    id integer primary key,
    provider text not null,
    kind text not null,
    body blob not null,

    constraint dictionary_is_unique unique (provider, kind)
) strict;

create table block
-- The canonical documents of consecutive revisions, compressed together with zstd.
--
-- Uncompressed: the number of documents and their lengths as 32-bit little-endian integers, then the
-- documents. Equal documents in a block cost a few bytes each.
(
    -- The number of the first document's revision; the next document belongs to the next number.
    id integer primary key,

    -- The dictionary that it was compressed with.
    dictionary integer references dictionary (id),

    body blob not null
) strict;

create table odd_element
-- A native element that could not be read, kept as it stood.
(
    id integer primary key,

    scan integer not null references scan (id),

    -- The file that it stood in, and its offset there in bytes.
    source text not null,
    position integer not null,

    -- The scope that it belongs to, where that is known.
    scope integer references scope (id),

    -- A short, stable word, and the sentence for people.
    code text not null,
    message text not null,

    -- Its bytes, at most 64 KiB of them, compressed with zstd.
    raw blob not null
) strict;

create index odd_element_by_scan on odd_element (scan);

create table baseline
-- A name that points at a sealed scan.
(
    name text primary key,
    scan integer not null references scan (id),
    set_at integer not null,

    -- Why, in the words of whoever set it.
    note text
) strict, without rowid;

create table run
-- One report that was made, so that it can be rendered again.
(
    id integer primary key,

    -- The command line.
    command text not null,

    started_at integer not null,
    finished_at integer not null,

    -- The scans that it compared.
    before_scan integer references scan (id),
    after_scan integer not null references scan (id),

    -- The exit status that it ended with.
    exit_status integer not null,

    -- The report's view: JSON, compressed with zstd.
    view blob not null
) strict;

create table finding
-- A finding that a run reported, by its fingerprint.
(
    fingerprint text primary key,

    -- The run that reported it first.
    first_run integer not null references run (id)
) strict, without rowid;

create view v_scan as
-- Scans, with moments as text.
select id, state, origin, holder,
       strftime('%Y-%m-%dT%H:%M:%SZ', taken_at / 1000000000, 'unixepoch') as taken_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', started_at / 1000000000, 'unixepoch') as started_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', finished_at / 1000000000, 'unixepoch') as finished_at,
       tool_version, opened, closed, lower(hex(seal)) as seal
from scan;

create view v_coverage as
-- How completely each sealed scan listed what.
select coverage.scan, scope.provider, scope.account, scope.location, scope.kind, coverage.status,
       coverage.listed, coverage.reasons,
       strftime('%Y-%m-%dT%H:%M:%SZ', coverage.started_at / 1000000000, 'unixepoch') as started_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', coverage.finished_at / 1000000000, 'unixepoch') as finished_at
from coverage join scope on scope.id = coverage.scope;

create view v_resource as
-- The resources that are there, as of the last sealed scan.
select resource.id, scope.provider, scope.kind, resource.uid, scope.account, scope.location,
       revision.from_scan as unchanged_since_scan
from resource
join revision on revision.id = resource.latest
join scope on scope.id = revision.scope;

create view v_revision as
-- Every revision with the scans between which it held; until_scan is null while it is current.
select revision.id, last_seen.provider, last_seen.kind, resource.uid, here.account, here.location,
       revision.from_scan,
       lead(revision.from_scan) over (partition by revision.resource order by revision.id) as until_scan,
       revision.scope is null as absent
from revision
join resource on resource.id = revision.resource
join scope as last_seen on last_seen.id = resource.scope
left join scope as here on here.id = revision.scope;

create view v_change as
-- What each scan changed: opened, revised, closed or reopened.
select revision.from_scan as scan,
       case when revision.previous is null then 'opened'
            when revision.scope is null then 'closed'
            when before.scope is null then 'reopened'
            else 'revised' end as change,
       last_seen.provider, last_seen.kind, resource.uid,
       coalesce(here.account, there.account) as account, coalesce(here.location, there.location) as location
from revision
join resource on resource.id = revision.resource
join scope as last_seen on last_seen.id = resource.scope
left join revision as before on before.id = revision.previous
left join scope as here on here.id = revision.scope
left join scope as there on there.id = before.scope;

create view v_odd_element as
-- Elements that could not be read.
select odd_element.scan, odd_element.source, odd_element.position, scope.provider, scope.account,
       scope.location, scope.kind, odd_element.code, odd_element.message
from odd_element left join scope on scope.id = odd_element.scope;
