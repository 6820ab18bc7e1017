"""Puts objects into a bucket at AWS_ENDPOINT_URL, gzipped, as a trail delivers them.

Takes, as JSON on stdin, `bucket`, `region`, and `objects`: each with `key`, `content` and, if it is signed, `signature`.
"""

import gzip
import json
import sys

import boto3


def main():
    trail = json.load(sys.stdin)
    s3 = boto3.client("s3", region_name=trail["region"])
    s3.create_bucket(
        Bucket=trail["bucket"], CreateBucketConfiguration={"LocationConstraint": trail["region"]}
    )
    for delivered in trail["objects"]:
        signature = delivered.get("signature")
        s3.put_object(
            Bucket=trail["bucket"],
            Key=delivered["key"],
            Body=gzip.compress(delivered["content"].encode()),
            ContentType="application/json",
            ContentEncoding="gzip",
            Metadata={"signature": signature} if signature else {},
        )
    json.dump({}, sys.stdout)


main()
