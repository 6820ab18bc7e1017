"""Changes the estate whose JSON stands on stdin, and prints what a scan must find: change kind and id.

One of each sort: an instance terminated, a snapshot deleted, a stopped instance made larger, a volume replaced
by one from a snapshot (the slot of the volume), a snapshot made.
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError


def main():
    estate = json.load(sys.stdin)
    ec2 = boto3.client("ec2", region_name=estate["regions"][0])
    expected = []

    before = volumes(ec2)
    ec2.terminate_instances(InstanceIds=[estate["batch"]])
    expected.append(["vanished", estate["batch"]])
    # Its root goes with it.
    expected.extend(["vanished", volume] for volume in before - volumes(ec2))

    ec2.delete_snapshot(SnapshotId=estate["old"])
    expected.append(["vanished", estate["old"]])

    enlarge(ec2, estate["db"])
    expected.append(["modified", estate["db"]])

    ec2.detach_volume(VolumeId=estate["data"], InstanceId=estate["db"], Device="/dev/sdf")
    ec2.attach_volume(VolumeId=estate["restored"], InstanceId=estate["db"], Device="/dev/sdf")
    if shows_slots(ec2, estate["db"]):
        expected.append(["slot-swapped", estate["db"]])
    else:
        expected.extend([["detached", estate["data"]], ["attached", estate["restored"]]])

    snapshot = ec2.create_snapshot(VolumeId=estate["spare"], Description="a new one")["SnapshotId"]
    expected.append(["appeared", snapshot])

    json.dump({"expected": expected}, sys.stdout)


def volumes(ec2):
    return {volume["VolumeId"] for volume in ec2.describe_volumes()["Volumes"]}


def shows_slots(ec2, instance):
    """Whether the emulator's instances show the volumes attached after their launch, as EC2's do."""
    shown = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    return any(slot["DeviceName"] == "/dev/sdf" for slot in shown.get("BlockDeviceMappings", []))


def enlarge(ec2, instance):
    """Makes an instance larger; where the emulator cannot, gives it another tag."""
    try:
        ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": "m5.xlarge"})
    except ClientError as error:
        print(f"not made larger: {error}", file=sys.stderr)
        ec2.create_tags(Resources=[instance], Tags=[{"Key": "team", "Value": "unknown"}])


main()
