"""What somebody does to the trail's bucket: real S3 calls on the objects that are there at that moment."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from chalicelib.trail.integrity.keys import LogFileKey
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Given
from scenarios.runner.words.actors import Actor

LOGS, DIGESTS = "/CloudTrail/", "/CloudTrail-Digest/"

OnBucket = Callable[[World, Any, str], None]


def in_order(world: World, s3: Any, bucket: str, folder: str) -> list[str]:
    """The keys of a folder's objects, oldest first; the scenario is wrong when there is none."""
    with world.calls.muted():
        listed = s3.list_objects_v2(Bucket=bucket).get("Contents", ())
    keys = [each["Key"] for each in listed if folder in each["Key"]]
    if not keys:
        raise AssertionError(f"there is nothing in {folder} yet")
    return sorted(keys, key=lambda key: key.rpartition("/")[2])


def newest(world: World, s3: Any, bucket: str, folder: str) -> str:
    """The key of the newest object in a folder."""
    return in_order(world, s3, bucket, folder)[-1]


def trail_bucket(world: World) -> str:
    """The bucket of the stack's own trail, or of the one that was there before."""
    own = world.home.resources.get("TrailBucket")
    return own.physical_id if own else world.stacks["before"].resources["Bucket"].physical_id


def lifts_the_policy(actor: Actor) -> Action:
    """Take from the bucket's policy what denies, so that others than CloudTrail may write."""
    return _on_bucket(actor, "takes the denials out of the bucket's policy", _lift)


def deletes_the_policy(actor: Actor) -> Action:
    """DeleteBucketPolicy on the trail's bucket."""
    return _on_bucket(
        actor, "deletes the bucket's policy", lambda _, s3, bucket: s3.delete_bucket_policy(Bucket=bucket)
    )


def deletes(actor: Actor, folder: str, what: str) -> Action:
    """Delete the newest object of a folder: the bucket is versioned, so a delete marker hides it."""

    def do(world: World, s3: Any, bucket: str) -> None:
        s3.delete_object(Bucket=bucket, Key=newest(world, s3, bucket, folder))

    return _on_bucket(actor, f"deletes {what}", do)


def destroys(actor: Actor, folder: str, what: str) -> Action:
    """Delete the newest object of a folder with its version: nothing is left of it.

    An administrator may bypass the lock of governance mode, and has to say so.
    """
    return _destroys_last(actor, folder, 1, what)


def destroys_the_newest(actor: Actor, folder: str, number: int, what: str) -> Action:
    """The same, for so many of the newest objects of a folder."""
    return _destroys_last(actor, folder, number, what)


def destroys_all(actor: Actor, folder: str, what: str) -> Action:
    """The same, for every object of a folder."""
    return _destroys_last(actor, folder, None, what)


def _destroys_last(actor: Actor, folder: str, number: int | None, what: str) -> Action:
    def do(world: World, s3: Any, bucket: str) -> None:
        keys = in_order(world, s3, bucket, folder)
        for key in keys[-number:] if number else keys:
            _wipe(world, s3, bucket, key)

    return _on_bucket(actor, f"deletes {what} for good", do)


def forges(actor: Actor) -> Action:
    """Write the newest digest anew, without its log files and under its old signature."""

    def do(world: World, s3: Any, bucket: str) -> None:
        key = newest(world, s3, bucket, DIGESTS)
        body, metadata = _fetch(world, s3, bucket, key)
        content = json.dumps({**json.loads(gzip.decompress(body)), "logFiles": []}).encode()
        s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress(content, mtime=0), Metadata=metadata)

    return _on_bucket(actor, "forges the newest digest", do)


def puts_an_older_digest_in_its_place(actor: Actor) -> Action:
    """Replace the newest digest by the one before it, signature and all."""

    def do(world: World, s3: Any, bucket: str) -> None:
        older, newer = in_order(world, s3, bucket, DIGESTS)[-2:]
        body, metadata = _fetch(world, s3, bucket, older)
        s3.put_object(Bucket=bucket, Key=newer, Body=body, Metadata=metadata)

    return _on_bucket(actor, "replaces the newest digest by an older one", do)


def edits(actor: Actor, hide: str) -> Action:
    """Write the newest log file that holds a name anew, with the name changed."""

    def do(world: World, s3: Any, bucket: str) -> None:
        for key in reversed(in_order(world, s3, bucket, LOGS)):
            with world.calls.muted():
                text = gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
            if hide.encode() in text:
                changed = text.replace(hide.encode(), b"somebody-else")
                s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress(changed, mtime=0))
                return
        raise AssertionError(f"{hide!r} stands in no log file")

    return _on_bucket(actor, f"writes a log file anew, without {hide}", do)


def swells(actor: Actor, megabytes: int) -> Action:
    """Replace the newest log file by a bomb: a few kilobytes that unpack to so many megabytes."""

    def do(world: World, s3: Any, bucket: str) -> None:
        key = newest(world, s3, bucket, LOGS)
        s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress(bytes(megabytes << 20), 1, mtime=0))

    return _on_bucket(actor, f"replaces the newest log file by one that swells to {megabytes} MB", do)


def plants(actor: Actor) -> Action:
    """Put a log file there that CloudTrail never delivered, beside a real one."""

    def do(world: World, s3: Any, bucket: str) -> None:
        key = newest(world, s3, bucket, LOGS)
        planted = f"{key.rpartition('_')[0]}_0123456789abcdef.json.gz"
        s3.put_object(Bucket=bucket, Key=planted, Body=gzip.compress(b'{"Records": []}', mtime=0))

    return _on_bucket(actor, "plants a log file of their own", do)


def old_log_file(day: str) -> Given:
    """An old log file, delivered before the stack watched."""
    delivered = datetime.fromisoformat(day).replace(hour=3, tzinfo=UTC)

    def do(world: World) -> None:
        key = LogFileKey(
            account=world.setting.account,
            region=world.deployment.home,
            delivered_at=delivered,
            unique="0" * 16,
        )
        world.harness.client("s3").put_object(Bucket=trail_bucket(world), Key=str(key), Body=b"")

    return Given(f"a log file of {day}", do)


def lifecycle_expires(folder: str, what: str) -> Action:
    """The bucket's own lifecycle removes the oldest object of a folder."""

    def do(world: World) -> None:
        key = in_order(world, world.harness.client("s3"), trail_bucket(world), folder)[0]
        world.storage.expire(trail_bucket(world), key)

    return Action(f"the bucket's lifecycle expires {what}", do)


def _lift(_: World, s3: Any, bucket: str) -> None:
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    policy["Statement"] = [each for each in policy["Statement"] if each["Effect"] != "Deny"]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def _wipe(world: World, s3: Any, bucket: str, key: str) -> None:
    """An administrator may bypass the lock of governance mode, and has to say so."""
    with world.calls.muted():
        version = s3.head_object(Bucket=bucket, Key=key)["VersionId"]
    s3.delete_object(Bucket=bucket, Key=key, VersionId=version, BypassGovernanceRetention=True)


def _fetch(world: World, s3: Any, bucket: str, key: str) -> tuple[bytes, dict[str, str]]:
    with world.calls.muted():
        answer = s3.get_object(Bucket=bucket, Key=key)
        return answer["Body"].read(), answer["Metadata"]


def _on_bucket(actor: Actor, words: str, do: OnBucket) -> Action:
    def with_client(world: World, caller: Caller) -> None:
        do(world, world.client(caller, "s3"), trail_bucket(world))

    return actor.does(words, with_client)
