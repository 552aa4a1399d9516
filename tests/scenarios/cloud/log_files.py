"""What AWS's services have delivered into a bucket of a small world."""

import gzip
import json

from tests.scenarios.cloud.small_worlds import document


def files(cloud, bucket):
    """The text of every file in a bucket, unpacked, by its key."""
    with cloud.calls.muted():
        s3 = cloud.setting.session.client("s3")
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]
        bodies = {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
    return {
        key: (gzip.decompress(body) if key.endswith("gz") else body).decode() for key, body in bodies.items()
    }


def lets_in(s3, bucket, statement):
    """The bucket's policy is this statement."""
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document(statement)))
