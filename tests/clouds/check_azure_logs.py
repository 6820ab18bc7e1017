"""Prints, as JSON, what the vendor's own client reads of the Activity Log: `… URL SUBSCRIPTION TOKEN FROM TO`.

Each row is the id of an event, its operation and its status; rows are sorted. Needs `azure-mgmt-monitor` from PyPI.
"""

import json
import sys

from azure.mgmt.monitor import MonitorManagementClient
from check_azure import Bearer, NoCredential


def main(url, subscription, token, first, last):
    client = MonitorManagementClient(
        NoCredential(), subscription, base_url=url, authentication_policy=Bearer(token)
    )
    events = client.activity_logs.list(f"eventTimestamp ge '{first}' and eventTimestamp le '{last}'")
    rows = [[event.event_data_id, event.operation_name.value, event.status.value] for event in events]
    json.dump(sorted(rows), sys.stdout, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
