-- The store as of schema 1.
--
-- Revisions are numbered in time and append-only: one says what a resource is from a scan on, and the next
-- one of the same resource ends it. A sealed scan's revisions are never written again, so that a scan adds
-- what is new and no more, and the drift of any two scans is one range of numbers.
--
-- Rows are kept narrow, because a million of them weigh as much as their documents do compressed; the v_
-- views show everything in words. Moments are nanoseconds since 1970 in UTC.

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

create table fingerprint_key
-- The key of this store's fingerprints. Whoever writes names and tags in the cloud does not know it, and so
-- cannot make two states of a resource that have the same fingerprint.
(
    id integer primary key,
    key blob not null,

    constraint fingerprint_key_is_the_only_one check (id = 1),
    constraint fingerprint_key_is_256_bits check (length(key) = 32)
) strict;

insert into fingerprint_key (id, key) values (1, randomblob(32));

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

create index scan_by_last_revision on scan (last_revision);

create table resource
-- One thing with an immutable uid; also the first of its revisions.
--
-- There is no index on the uid: random keys would split nearly every leaf of it at each scan. A run reads
-- the table once and keeps its own; a single look-up reads the table through.
(
    -- The number of its first revision.
    id integer primary key,

    -- The vendor's immutable id. An EC2 id without its prefix and a UUID as bytes, a number as a number,
    -- anything else as text; the view `identity` spells it out.
    uid any not null,

    -- Where it was last seen.
    scope integer not null references scope (id),

    -- Where it was first seen, if that was elsewhere.
    first_scope integer references scope (id),

    -- The number of its latest revision, from which `revision.previous` leads back through its life.
    latest integer not null,

    -- 64 bits of the BLAKE3 of its lower-case locator; null where the locator is the uid.
    locator_hash integer,

    -- 96 bits that stand for the native bytes of its latest revision, so that an element whose bytes did
    -- not change need not be read again; null while the resource is absent.
    fingerprint blob,

    constraint latest_is_not_before_the_first check (latest >= id),
    constraint fingerprint_is_96_bits check (length(fingerprint) = 12)
) strict;

create table revision
-- A later revision of a resource. `store verify` holds what links the rows: a foreign key without an index
-- would read the whole table whenever a row is taken back.
(
    -- Ascending in time. Its document stands in the block with the greatest id that is not greater.
    id integer primary key,

    resource integer not null,

    -- Where it was seen; null says that the resource is absent from this scan on.
    scope integer references scope (id),

    -- The resource's revision before this one.
    previous integer not null,

    constraint previous_is_earlier check (previous < id),
    constraint resource_is_earlier check (resource <= previous)
) strict;

create view life as
-- Every revision: the first ones, which are the resources' own rows, and the later ones.
select id, resource, scope, previous from revision
union all
select id, id, coalesce(first_scope, scope), null from resource;

create view dated_life as
-- Every revision with the scan that it is from: the first one whose last revision is not before it.
select life.id, life.resource, life.scope, life.previous,
       (select scan.id from scan where scan.last_revision >= life.id
        order by scan.last_revision, scan.id limit 1) as from_scan
from life;

create view identity as
-- What each resource is called: see `resource.uid`.
select resource.id, scope.provider, scope.kind,
       case when typeof(resource.uid) <> 'blob' then cast(resource.uid as text)
            when length(resource.uid) = 16 then lower(
                substr(hex(resource.uid), 1, 8) || '-' || substr(hex(resource.uid), 9, 4) || '-' ||
                substr(hex(resource.uid), 13, 4) || '-' || substr(hex(resource.uid), 17, 4) || '-' ||
                substr(hex(resource.uid), 21))
            else case scope.kind when 'instance' then 'i-' when 'volume' then 'vol-'
                                 when 'snapshot' then 'snap-' when 'image' then 'ami-' end ||
                 lower(substr(hex(resource.uid), case length(resource.uid) when 9 then 2 else 1 end))
       end as uid
from resource join scope on scope.id = resource.scope;

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
-- Uncompressed: the lengths of the documents as 32-bit little-endian integers, then the documents. Equal
-- documents in a block cost a few bytes each.
(
    -- The number of the first document's revision; the next document belongs to the next number.
    id integer primary key,

    -- How many documents it holds.
    documents integer not null,

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
select identity.provider, identity.kind, identity.uid, scope.account, scope.location,
       life.from_scan as unchanged_since_scan
from resource
join identity on identity.id = resource.id
join scope on scope.id = resource.scope
join dated_life as life on life.id = resource.latest
where resource.fingerprint is not null;

create view v_revision as
-- Every revision with the scans between which it held; until_scan is null while it is current.
select life.id, identity.provider, identity.kind, identity.uid, scope.account, scope.location,
       life.from_scan,
       lead(life.from_scan) over (partition by life.resource order by life.id) as until_scan,
       life.scope is null as absent
from dated_life as life
join identity on identity.id = life.resource
left join scope on scope.id = life.scope;

create view v_change as
-- What each scan changed: opened, revised, closed or reopened.
select life.from_scan as scan,
       case when life.previous is null then 'opened'
            when life.scope is null then 'closed'
            when before.scope is null then 'reopened'
            else 'revised' end as change,
       identity.provider, identity.kind, identity.uid, scope.account, scope.location
from dated_life as life
join identity on identity.id = life.resource
left join life as before on before.id = life.previous
left join scope on scope.id = coalesce(life.scope, before.scope);

create view v_odd_element as
-- Elements that could not be read.
select odd_element.scan, odd_element.source, odd_element.position, scope.provider, scope.account,
       scope.location, scope.kind, odd_element.code, odd_element.message
from odd_element left join scope on scope.id = odd_element.scope;
