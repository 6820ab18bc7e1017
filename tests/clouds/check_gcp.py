"""Lists a project with the vendor's own client, for comparison: check_gcp.py URL PROJECT → JSON on stdout.

Takes a Python with google-cloud-compute. Speaks plain HTTP without credentials: for local test servers only.
"""

import json
import sys
from urllib.parse import urlsplit

from google.auth.credentials import AnonymousCredentials
from google.cloud import compute_v1
from google.cloud.compute_v1.services import disks, images, instances, region_snapshots, regions, snapshots


def client(service, name):
    """Makes a client that asks the server."""
    transport = getattr(service.transports, f"{name}RestTransport")
    made = transport(host=urlsplit(sys.argv[1]).netloc, url_scheme="http", credentials=AnonymousCredentials())
    return getattr(service, f"{name}Client")(transport=made)


def aggregated(listing, member):
    """Takes the resources out of the scopes of an aggregated list."""
    return [one for _, scope in listing for one in getattr(scope, member)]


def printed(resources, **fields):
    """Returns what is compared of resources, in the order of their ids as text."""
    rows = [
        {"id": str(one.id), "name": one.name} | {name: read(one) for name, read in fields.items()}
        for one in resources
    ]
    return sorted(rows, key=lambda row: row["id"])


def main():
    """Prints every list."""
    project = sys.argv[2]
    everywhere = compute_v1.AggregatedListInstancesRequest(project=project, include_all_scopes=True)
    regional = client(region_snapshots, "RegionSnapshots")
    up = [one.name for one in client(regions, "Regions").list(project=project) if one.status == "UP"]
    found_snapshots = list(client(snapshots, "Snapshots").list(project=project))
    for region in up:
        found_snapshots += regional.list(project=project, region=region)
    result = {
        "instances": printed(
            aggregated(client(instances, "Instances").aggregated_list(request=everywhere), "instances"),
            status=lambda one: one.status,
            deletion_protection=lambda one: one.deletion_protection,
        ),
        "disks": printed(
            aggregated(client(disks, "Disks").aggregated_list(project=project), "disks"),
            size_gb=lambda one: one.size_gb,
        ),
        "snapshots": printed(found_snapshots),
        "images": printed(client(images, "Images").list(project=project)),
    }
    json.dump(result, sys.stdout)


main()
