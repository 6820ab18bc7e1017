"""Changes the estate of `estate.py`, and prints what must be found and which operation explains it.

Takes the estate's JSON on stdin, with `part`: `before` for what goes before the estate, `logged` for what a
recorder is to record, `unlogged` for one change more. Prints `expected`, each a change kind, an id and the
operation, or null if none is to blame; `ghost`, the id of an instance that came and went; `refused`, the
operation that was refused.
"""

import json
import sys
import time

import boto3
from botocore.exceptions import ClientError


def main():
    estate = json.load(sys.stdin)
    home, away = (boto3.client("ec2", region_name=region) for region in estate["regions"])
    parts = {
        "before": lambda: before(home),
        "logged": lambda: logged(home, away, estate),
        "unlogged": lambda: unlogged(away, estate),
    }
    json.dump(parts[estate["part"]](), sys.stdout)


def before(ec2):
    """Launches instances without public addresses: moto says that the account owns these, as if they were elastic."""
    names = {}
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    for name in ["plain", "still"]:
        interface = {"DeviceIndex": 0, "SubnetId": subnet, "AssociatePublicIpAddress": False}
        names[name] = launch(ec2, "ami-0123456789abcdef0", "m5.large", NetworkInterfaces=[interface])
    ec2.stop_instances(InstanceIds=[names["still"]])
    return names


def logged(ec2, away, estate):
    expected = []

    def expect(kind, uid, operation):
        expected.append([kind, uid, operation])

    before = volumes(ec2)
    ec2.terminate_instances(InstanceIds=[estate["batch"]])
    expect("vanished", estate["batch"], "TerminateInstances")
    for volume in before - volumes(ec2):
        expect("vanished", volume, "TerminateInstances")

    ec2.delete_snapshot(SnapshotId=estate["old"])
    expect("vanished", estate["old"], "DeleteSnapshot")

    ec2.modify_instance_attribute(InstanceId=estate["still"], Attribute="instanceType", Value="m5.xlarge")
    expect("modified", estate["still"], "ModifyInstanceAttribute")
    ec2.start_instances(InstanceIds=[estate["still"]])
    expect("started", estate["still"], "StartInstances")
    ec2.detach_volume(VolumeId=estate["data"], InstanceId=estate["db"], Device="/dev/sdf")
    ec2.attach_volume(VolumeId=estate["restored"], InstanceId=estate["db"], Device="/dev/sdf")
    expect("slot-swapped", estate["db"], "AttachVolume")
    ec2.modify_volume(VolumeId=estate["restored"], Size=30)
    expect("modified", estate["restored"], "ModifyVolume")

    snapshot = ec2.create_snapshot(VolumeId=estate["spare"], Description="a new one")["SnapshotId"]
    expect("appeared", snapshot, "CreateSnapshot")
    zone = ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    volume = ec2.create_volume(AvailabilityZone=zone, SnapshotId=snapshot, Size=8)["VolumeId"]
    expect("appeared", volume, "CreateVolume")
    ec2.delete_volume(VolumeId=estate["spare"])
    expect("vanished", estate["spare"], "DeleteVolume")
    ec2.modify_snapshot_attribute(
        SnapshotId=estate["private"],
        Attribute="createVolumePermission",
        OperationType="add",
        UserIds=["444455556666"],
    )
    expect("modified", estate["private"], "ModifySnapshotAttribute")

    before = snapshots(ec2)
    image = ec2.register_image(
        Name="registered",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}],
    )["ImageId"]
    expect("appeared", image, "RegisterImage")
    # Moto makes one up for the image, beside the one that it is of.
    for made_up in snapshots(ec2) - before:
        expect("appeared", made_up, None)
    before = volumes(ec2)
    new = launch(ec2, image, "t3.micro")
    expect("appeared", new, "RunInstances")
    for volume in volumes(ec2) - before:
        expect("appeared", volume, "RunInstances")

    ghost = launch(ec2, image, "m5.large")
    ec2.terminate_instances(InstanceIds=[ghost])

    ec2.stop_instances(InstanceIds=[estate["plain"]])
    expect("stopped", estate["plain"], "StopInstances")
    profile(away, estate["away"])
    expect("modified", estate["away"], "ReplaceIamInstanceProfileAssociation")

    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    port = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[port])

    try:
        ec2.delete_snapshot(SnapshotId="snap-0123456789abcdef0")
    except ClientError:
        pass
    return {"expected": expected, "ghost": ghost, "refused": "DeleteSnapshot"}


def unlogged(away, estate):
    away.delete_volume(VolumeId=estate["away-volume"])
    return {"expected": [["vanished", estate["away-volume"], None]]}


def volumes(ec2):
    return {volume["VolumeId"] for volume in ec2.describe_volumes()["Volumes"]}


def snapshots(ec2):
    return {snapshot["SnapshotId"] for snapshot in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}


def launch(ec2, image, kind, **settings):
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "new"}]}]
    answer = ec2.run_instances(
        ImageId=image, InstanceType=kind, MinCount=1, MaxCount=1, TagSpecifications=tags, **settings
    )
    return answer["Instances"][0]["InstanceId"]


def profile(away, instance):
    """Gives an instance a role, and another one instead."""
    iam = boto3.client("iam")
    for name in ["freight", "admin"]:
        iam.create_instance_profile(InstanceProfileName=name)
    association = away.associate_iam_instance_profile(
        InstanceId=instance, IamInstanceProfile={"Name": "freight"}
    )["IamInstanceProfileAssociation"]["AssociationId"]
    # Records tell seconds: within one, nobody knows which of the two was the last, which explains what is seen.
    time.sleep(1)
    away.replace_iam_instance_profile_association(
        AssociationId=association, IamInstanceProfile={"Name": "admin"}
    )


main()
