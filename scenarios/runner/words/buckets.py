"""Buckets that AWS's services log to, what is in buckets, and strangers who ask for it unsigned."""

import json
from collections.abc import Iterable
from typing import Any

from scenarios.cloud.s3.strangers import Strangers
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Given


def log_bucket(name: str, *services: str) -> Given:
    """A bucket whose policy lets these AWS services, such as `logging.s3`, write into it."""

    def do(world: World) -> None:
        s3: Any = world.client(world.user("builder"), "s3")
        s3.create_bucket(Bucket=name)
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": [f"{each}.amazonaws.com" for each in services]},
            "Action": ["s3:PutObject", "s3:GetBucketAcl"],
            "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))

    return Given(f"a bucket {name}, which {', '.join(services)} may write to", do)


def holds(name: str, objects: Iterable[str], *, logs_to: str = "", size: int = 1000) -> Given:
    """A bucket that is there has these objects; its server access logs go to `logs_to`, below its name."""
    keys = list(objects)

    def do(world: World) -> None:
        s3: Any = world.client(world.user("builder"), "s3")
        for key in keys:
            s3.put_object(Bucket=name, Key=key, Body=b"x" * size)
        if logs_to:
            target = {"TargetBucket": logs_to, "TargetPrefix": f"{name}/"}
            s3.put_bucket_logging(Bucket=name, BucketLoggingStatus={"LoggingEnabled": target})

    where = f", and logs to {logs_to}" if logs_to else ""
    return Given(f"{name} has {len(keys)} objects{where}", do)


def stranger_asks(
    address: str, bucket: str, keys: Iterable[str], *, refused: str = "", agent: str = "curl/8.5.0"
) -> Action:
    """Somebody without an identity asks for these objects; a key of "" asks for the bucket's list.

    `refused`: S3's error code; a request that is to be refused and isn't fails the run, and so does one that
    should be answered and isn't.
    """
    asked = list(keys)

    def do(world: World) -> None:
        strangers = world.setting.laws[Strangers]
        for key in asked:
            code = strangers.ask(bucket, key, address=address, agent=agent)
            if code != refused:
                raise AssertionError(f"{address} asked for {bucket}/{key}: {code or 'it was answered'}")

    what = asked[0] or "its list"
    more = f" and {len(asked) - 1} more" if len(asked) > 1 else ""
    return Action(f"{address} asks {bucket} for {what}{more}{', and is refused' if refused else ''}", do)
