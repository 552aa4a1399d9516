"""A trail on disk reads like one in a bucket."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.trail.integrity.evidence import Unreadable
from chalicelib.trail.integrity.keys import Chain
from scenarios.cloud.cloudtrail.delivery.digests import write_digest
from scenarios.validator.archive import FolderSource

CHAIN = Chain(account="111122223333", region="eu-west-1", trail="main", home_region="eu-west-1")
BUCKET = "trail-bucket"
HOUR = timedelta(hours=1)
START = datetime(2024, 2, 28, 21, tzinfo=UTC)
"""Its hours run over midnight."""


def chain(root, hours, *, skip=()):
    previous, keys = None, []
    for hour in range(hours):
        since = START + hour * HOUR
        previous = write_digest(
            CHAIN,
            bucket=BUCKET,
            starts_at=since,
            ends_at=since + HOUR,
            previous=None if hour in skip else previous,
        )
        path = root / previous.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(previous.body)
        keys.append(previous)
    return keys


def put(root, key, body=b"x"):
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


def test_a_listing_is_in_the_order_of_keys_from_behind_one_and_without_heads(tmp_path):
    for key in ("a/b/2", "a/b.x", "a/b/1", "a/c", "z", "a/c.head.json"):
        put(tmp_path, key)
    source = FolderSource(tmp_path)

    assert [found.key for found in source.listed(BUCKET, "a/")] == ["a/b.x", "a/b/1", "a/b/2", "a/c"]
    assert [found.key for found in source.listed(BUCKET, "a/", after="a/b/1")] == ["a/b/2", "a/c"]
    assert list(source.listed(BUCKET, "nowhere/")) == []
    assert source.folders(BUCKET, "a/") == ("b",)


def test_links_out_of_the_copy_are_not_followed(tmp_path):
    put(tmp_path, "elsewhere/secret")
    (tmp_path / "copy" / "a").mkdir(parents=True)
    (tmp_path / "copy" / "a" / "link").symlink_to(tmp_path / "elsewhere")

    listed = [found.key for found in FolderSource(tmp_path / "copy").listed(BUCKET, "a/")]

    assert "a/link/secret" not in listed
    assert FolderSource(tmp_path / "copy").get(BUCKET, "../elsewhere/secret") is None


def test_a_log_file_is_its_bytes_or_not_there(tmp_path):
    put(tmp_path, "AWSLogs/log.json.gz", b"packed")
    source = FolderSource(tmp_path)

    assert source.get(BUCKET, "AWSLogs/log.json.gz") == (b"packed", {})
    assert source.get(BUCKET, "AWSLogs/other.json.gz") is None
    assert source.get(BUCKET, "AWSLogs") is None


def test_a_digests_signature_is_what_the_next_one_records_over_midnight_too(tmp_path):
    made = chain(tmp_path, 6)
    source = FolderSource(tmp_path)

    for digest in made[:-1]:
        body, metadata = source.get(BUCKET, digest.key)
        assert (body, metadata["signature"]) == (digest.body, digest.signature)


@pytest.mark.parametrize(
    ("which", "skip"),
    [
        pytest.param(-1, (), id="newest"),
        pytest.param(2, (3,), id="last before a gap"),
    ],
)
def test_a_digest_that_no_other_records_wants_its_head(tmp_path, which, skip):
    digest = chain(tmp_path, 6, skip=skip)[which]
    source = FolderSource(tmp_path)
    with pytest.raises(Unreadable, match="its signature was not archived"):
        source.get(BUCKET, digest.key)

    put(tmp_path, f"{digest.key}.head.json", json.dumps({"Metadata": dict(digest.metadata)}).encode())

    assert source.get(BUCKET, digest.key) == (digest.body, dict(digest.metadata))


@pytest.mark.parametrize("head", [b"{", b"[]", b'{"Metadata": 3}'])
def test_a_head_that_is_none_is_told(tmp_path, head):
    digest = chain(tmp_path, 1)[0]
    put(tmp_path, f"{digest.key}.head.json", head)

    with pytest.raises(Unreadable, match="is not what `aws s3api head-object` prints"):
        FolderSource(tmp_path).get(BUCKET, digest.key)


def test_a_pipe_in_the_copy_is_no_file_to_wait_for(tmp_path):
    os.mkfifo(tmp_path / "log.json.gz")

    with pytest.raises(Unreadable, match="it is no regular file"):
        FolderSource(tmp_path).get("", "log.json.gz")
