"""Prints, as JSON, what the vendor's own client lists: `check_azure.py URL SUBSCRIPTION TOKEN`.

Each row begins with the id in lower case; rows are sorted by it. Needs `azure-mgmt-compute` from PyPI.
"""

import json
import sys

from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.compute import ComputeManagementClient


class NoCredential:
    """Stands in for a credential, which the client wants though it has a policy of its own."""

    def get_token(self, *scopes, **options):
        raise NotImplementedError


class Bearer(SansIOHTTPPolicy):
    """Sends a ready token; the client's own policy refuses to send one over plain HTTP."""

    def __init__(self, token):
        self.token = token

    def on_request(self, request):
        request.http_request.headers["Authorization"] = f"Bearer {self.token}"


def power(view):
    """Returns the power state of an instance view."""
    codes = [status.code for status in (view.statuses if view else None) or []]
    return next((code.split("/")[1] for code in codes if code.startswith("PowerState/")), None)


def rows(elements, *fields):
    """Returns a row for each element: its id, and what the functions say."""
    return sorted([[element.id.lower(), *(field(element) for field in fields)] for element in elements])


def points(client):
    """Returns the restore points of every collection."""
    for collection in client.restore_point_collections.list_all():
        group = collection.id.split("/")[4]
        whole = client.restore_point_collections.get(group, collection.name, expand="restorePoints")
        yield from whole.restore_points or []


def main(url, subscription, token):
    client = ComputeManagementClient(
        NoCredential(), subscription, base_url=url, authentication_policy=Bearer(token)
    )
    views = {vm.id.lower(): vm.instance_view for vm in client.virtual_machines.list_all(status_only="true")}
    listed = {
        "instance": rows(
            client.virtual_machines.list_all(),
            lambda vm: vm.vm_id,
            lambda vm: vm.hardware_profile.vm_size,
            lambda vm: power(views[vm.id.lower()]),
        ),
        "volume": rows(
            client.disks.list(),
            lambda disk: disk.unique_id,
            lambda disk: disk.disk_size_gb,
            lambda disk: disk.zones[0],
        ),
        "snapshot": rows(
            client.snapshots.list(),
            lambda snapshot: snapshot.unique_id,
            lambda snapshot: snapshot.incremental,
            lambda snapshot: snapshot.name,
        ),
        "image": rows(client.images.list(), lambda image: image.hyper_v_generation),
        "restore-point": rows(points(client), lambda point: point.consistency_mode),
    }
    json.dump(listed, sys.stdout, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
