"""Changes the estate whose JSON stands on stdin, and prints what a scan must find: change kind and id.

One of each sort: an instance terminated, a snapshot deleted, a stopped instance made larger, a volume replaced
by one from a snapshot (the slot of the volume), a snapshot made.
"""

import json
import sys

import boto3


def main():
    estate = json.load(sys.stdin)
    ec2 = boto3.client("ec2", region_name=estate["regions"][0])
    expected = []

    ec2.terminate_instances(InstanceIds=[estate["batch"]])
    expected.append(["vanished", estate["batch"]])

    ec2.delete_snapshot(SnapshotId=estate["old"])
    expected.append(["vanished", estate["old"]])

    ec2.modify_instance_attribute(InstanceId=estate["db"], InstanceType={"Value": "m5.xlarge"})
    expected.append(["modified", estate["db"]])

    ec2.detach_volume(VolumeId=estate["data"], InstanceId=estate["db"], Device="/dev/sdf")
    ec2.attach_volume(VolumeId=estate["restored"], InstanceId=estate["db"], Device="/dev/sdf")
    expected.append(["slot-swapped", estate["db"]])

    snapshot = ec2.create_snapshot(VolumeId=estate["spare"], Description="a new one")["SnapshotId"]
    expected.append(["appeared", snapshot])

    json.dump({"expected": expected}, sys.stdout)


main()
