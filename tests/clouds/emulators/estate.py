"""Makes an estate at AWS_ENDPOINT_URL and prints, as JSON, what is what: names to ids.

It has what a scan must tell apart: instances that run, are stopped and are terminated; volumes attached,
alone and from a snapshot; snapshots private, shared and public; an image; tags; two regions.
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError

HOME, AWAY = "eu-west-1", "us-east-1"


def main():
    home, away = boto3.client("ec2", region_name=HOME), boto3.client("ec2", region_name=AWAY)
    estate = {"regions": [HOME, AWAY]}
    zone = home.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    image = any_image(home)
    for name, kind in [("web", "t3.micro"), ("db", "m5.large"), ("batch", "t3.small"), ("gone", "t3.nano")]:
        estate[name] = launch(home, image, name, kind)
    estate["away"] = launch(away, any_image(away), "away", "t3.micro")
    home.stop_instances(InstanceIds=[estate["db"]])
    home.terminate_instances(InstanceIds=[estate["gone"]])

    estate["data"] = volume(home, zone, "data", Size=20, VolumeType="gp3", Encrypted=True)
    home.attach_volume(VolumeId=estate["data"], InstanceId=estate["db"], Device="/dev/sdf")
    estate["spare"] = volume(home, zone, "spare", Size=8, VolumeType="gp2")
    for name in ["private", "shared", "public", "old"]:
        estate[name] = home.create_snapshot(
            VolumeId=estate["data"], Description=f"the {name} one", TagSpecifications=tags("snapshot", name)
        )["SnapshotId"]
    estate["restored"] = volume(home, zone, "restored", SnapshotId=estate["old"], Size=20, VolumeType="gp3")
    share(home, estate["shared"], UserIds=["444455556666"])
    share(home, estate["public"], GroupNames=["all"])
    estate["image"] = image_of(home, estate["web"])
    estate["away-volume"] = volume(away, AWAY + "a", "away", Size=8, VolumeType="gp3")
    json.dump(estate, sys.stdout)


def any_image(ec2):
    """Returns an image to launch: one that the emulator offers, or any id where it offers none."""
    images = ec2.describe_images()["Images"]
    return images[0]["ImageId"] if images else "ami-0123456789abcdef0"


def launch(ec2, image, name, kind):
    answer = ec2.run_instances(
        ImageId=image,
        InstanceType=kind,
        MinCount=1,
        MaxCount=1,
        UserData="#!/bin/sh\necho not for the store\n",
        TagSpecifications=tags("instance", name),
    )
    return answer["Instances"][0]["InstanceId"]


def volume(ec2, zone, name, **settings):
    answer = ec2.create_volume(AvailabilityZone=zone, TagSpecifications=tags("volume", name), **settings)
    return answer["VolumeId"]


def image_of(ec2, instance):
    """Makes an image of an instance, where the emulator can."""
    try:
        return ec2.create_image(InstanceId=instance, Name="golden")["ImageId"]
    except ClientError as error:
        print(f"no image: {error}", file=sys.stderr)
        return None


def share(ec2, snapshot, **whom):
    """Shares a snapshot, where the emulator can."""
    try:
        ec2.modify_snapshot_attribute(
            SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", **whom
        )
    except ClientError as error:
        print(f"not shared: {error}", file=sys.stderr)


def tags(kind, name):
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}, {"Key": "team", "Value": "freight"}]}]


main()
