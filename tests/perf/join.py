"""Compares two dumps of EC2 as a person with DuckDB would: a full outer join on the id, bodies as text.

Usage: join.py VARIANT BEFORE AFTER, where VARIANT is one of
  lines    NDJSON, each line taken as text, the id cut out of it: no JSON is parsed
  objects  NDJSON, each line read as JSON
  arrays   one JSON document per file, as the AWS CLI prints it

Prints the version, the seconds that the query took, and how many elements were added, removed, changed.
"""

import glob
import json
import os
import sys
import time

import duckdb

THREADS = 2
KINDS = {
    "instances": ("InstanceId", "$.Reservations[*].Instances[*]"),
    "volumes": ("VolumeId", "$.Volumes[*]"),
    "snapshots": ("SnapshotId", "$.Snapshots[*]"),
}


def elements(variant, root, kind):
    name, path = KINDS[kind]
    files = f"{root}/aws/*/*/{kind}"
    if variant == "lines":
        return f"""select regexp_extract(line, '"{name}":"([^"]+)"', 1) as id, line as body
            from read_csv('{files}.ndjson', columns = {{'line': 'varchar'}}, delim = chr(1), quote = '',
                          escape = '', header = false, auto_detect = false)"""
    if variant == "objects":
        return f"""select json->>'$.{name}' as id, json::varchar as body
            from read_ndjson_objects('{files}.ndjson')"""
    largest = max(os.path.getsize(file) for file in glob.glob(f"{files}.json"))
    return f"""select element->>'$.{name}' as id, element::varchar as body
        from (select unnest(json_extract(json, '{path}')) as element
              from read_json_objects('{files}.json', format = 'unstructured',
                                     maximum_object_size = {largest + 1}))"""


def side(variant, root):
    return " union all ".join(f"({elements(variant, root, kind)})" for kind in KINDS)


def main():
    variant, before, after = sys.argv[1:]
    connection = duckdb.connect()
    connection.execute(f"set threads = {THREADS}")
    connection.execute("set preserve_insertion_order = false")
    connection.execute("set enable_progress_bar = false")
    began = time.perf_counter()
    added, removed, changed = connection.execute(
        f"""select count(*) filter (b.id is null), count(*) filter (a.id is null),
                   count(*) filter (b.body <> a.body)
            from ({side(variant, before)}) b full outer join ({side(variant, after)}) a on a.id = b.id"""
    ).fetchone()
    seconds = time.perf_counter() - began
    print(json.dumps({
        "version": duckdb.__version__, "seconds": seconds,
        "added": added, "removed": removed, "changed": changed,
    }))


main()
