"""What AWS's services have delivered into a bucket of a small world, and what SQL reads of it."""

import gzip
import json

from scenarios.queries.sql.engine import Engine
from scenarios.queries.sql.loose import LooseFiles
from tests.scenarios.cloud.small_worlds import document


def files(cloud, bucket):
    """The text of every file in a bucket, unpacked, by its key."""
    return {
        key: (gzip.decompress(body) if key.endswith("gz") else body).decode()
        for key, body in delivered(cloud, bucket).items()
    }


def delivered(cloud, bucket):
    """Every file in a bucket as it is, by its key."""
    with cloud.calls.muted():
        s3 = cloud.setting.session.client("s3")
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def asked(cloud, found, text, table=None):
    """The rows that `trailwarden query` answers over files, by their keys; `table`: what it is told."""
    sizes = [(key, len(body)) for key, body in found.items()]
    loose = LooseFiles(files=sizes, read=found.__getitem__, text=text, definition=table)
    return Engine(loose, loose, cloud.clock.now).run(text).rows


def lets_in(s3, bucket, statement):
    """The bucket's policy is this statement."""
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document(statement)))
