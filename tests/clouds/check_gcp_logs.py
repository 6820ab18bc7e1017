"""Prints, as JSON, what the vendor's own client reads of Cloud Audit Logs: `… URL PROJECT FROM TO`.

Each row is the id of an entry, its operation and its log; rows are sorted. Takes a Python with google-cloud-logging.
Speaks plain HTTP without credentials: for local test servers only.
"""

import json
import sys

from google.auth.credentials import AnonymousCredentials
from google.cloud import logging_v2


def main(url, project, first, last):
    """Prints every entry."""
    client = logging_v2.Client(
        project=project,
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": url},
        _use_grpc=False,
    )
    logs = [f"projects/{project}/logs/cloudaudit.googleapis.com%2F{log}" for log in ("activity", "system_event")]
    either = " OR ".join(f'"{log}"' for log in logs)
    entries = client.list_entries(
        resource_names=[f"projects/{project}"],
        filter_=f'logName=({either}) AND timestamp>="{first}" AND timestamp<"{last}"',
        order_by=logging_v2.ASCENDING,
        page_size=1000,
    )
    rows = [[entry.insert_id, entry.to_api_repr()["protoPayload"]["methodName"], entry.log_name] for entry in entries]
    json.dump(sorted(rows), sys.stdout, indent=1)


main(*sys.argv[1:])
