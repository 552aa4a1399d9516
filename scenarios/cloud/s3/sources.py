"""What a copy reads.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html (x-amz-copy-source)
"""

from collections.abc import Mapping
from urllib.parse import unquote


def copied(source: str | Mapping[str, str]) -> tuple[str, str, str]:
    """Bucket, key and version ("" for the newest) of `{Bucket, Key, VersionId?}` or of a URL-encoded text."""
    if not isinstance(source, str):
        return source["Bucket"], source["Key"], source.get("VersionId", "")
    path, _, version = source.partition("?versionId=")
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    return bucket, key, version
