"""Prints names.txt: what EC2's XML calls each member of the answers, from botocore's model of the service.

Usage: python names.py > names.txt     (botocore installed)

A line `! OPERATION SHAPE` for each operation, then `SHAPE MEMBER[=ELEMENT][:TYPE]…` for each structure; an
element is the member with its first letter in lower case unless it is told, and a type is `@` (a time), a
structure, or a list of either in brackets.
"""

import botocore.session

OPERATIONS = """
    DescribeInstances DescribeVolumes DescribeSnapshots DescribeImages DescribeReplaceRootVolumeTasks
    DescribeInstanceTypes DescribeInstanceAttribute DescribeSnapshotAttribute DescribeImageAttribute
    DescribeRegions GetEbsEncryptionByDefault GetEbsDefaultKmsKeyId GetSnapshotBlockPublicAccessState
    GetImageBlockPublicAccessState GetSerialConsoleAccessStatus GetInstanceMetadataDefaults
    GetAllowedImagesSettings GetManagedResourceVisibility ListSnapshotsInRecycleBin
    ListImagesInRecycleBin ListVolumesInRecycleBin DescribeLockedSnapshots DescribeFastSnapshotRestores
""".split()


def main():
    model = botocore.session.get_session().get_service_model("ec2")
    pending = []
    for name in OPERATIONS:
        output = model.operation_model(name).output_shape
        pending.append(output)
        print("!", name, output.name)
    seen = set()
    while pending:
        shape = pending.pop(0)
        if shape.name in seen:
            continue
        seen.add(shape.name)
        line = shape.name
        for name, member in shape.members.items():
            word = name + told_element(name, member) + told_type(member, pending)
            if len(line) + len(word) > 108:
                print(line)
                line = " "
            line += " " + word
        print(line)


def told_element(name, member):
    element = member.serialization.get("name", name)
    return "" if element == name[0].lower() + name[1:] else "=" + element


def told_type(shape, pending):
    name = type_name(shape, pending)
    return ":" + name if name else ""


def type_name(shape, pending):
    if shape.type_name == "structure":
        pending.append(shape)
        return shape.name
    if shape.type_name == "list":
        return "[" + type_name(shape.member, pending) + "]"
    return "@" if shape.type_name == "timestamp" else ""


main()
