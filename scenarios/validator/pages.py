"""A page of ListObjectsV2 or ListObjectVersions, read quickly.

botocore takes some fifty microseconds an object, of which a day's listing has thousands.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote_plus
from xml.etree.ElementTree import Element, ParseError, fromstring

from chalicelib.trail.integrity.evidence import StoredObject


class UnknownPage(ValueError):
    """What was answered is no listing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a listing.

    Attributes:
        objects: The objects, or their versions and delete markers.
        folders: The prefixes below which there is more, each with its last slash.
        more: What to ask for the next page, by the parameter's name; empty after the last.
    """

    objects: tuple[StoredObject, ...]
    folders: tuple[str, ...]
    more: dict[str, str]


_NEXT = {
    "NextContinuationToken": "continuation-token",
    "NextKeyMarker": "key-marker",
    "NextVersionIdMarker": "version-id-marker",
}


def parse_page(bucket: str, body: bytes) -> Page:
    """Read a page; raises UnknownPage when it is none."""
    try:
        root = fromstring(body)  # noqa: S314  # from S3 itself, as botocore reads it
        name = root.tag.rpartition("}")[2]
        if name not in ("ListBucketResult", "ListVersionsResult"):
            raise UnknownPage(name)
        space = root.tag.removesuffix(name)
        decoded: Callable[[str], str] = unquote_plus if _text(root, f"{space}EncodingType") == "url" else str
        objects, folders, more = [], [], {}
        for element in root:
            match element.tag.removeprefix(space):
                case "Contents" | "Version" | "DeleteMarker":
                    objects.append(_object(bucket, element, space, decoded))
                case "CommonPrefixes":
                    folders.append(decoded(_text(element, f"{space}Prefix")))
                case tag if tag in _NEXT:
                    value = element.text or ""
                    more[_NEXT[tag]] = decoded(value) if tag == "NextKeyMarker" else value
        truncated = _text(root, f"{space}IsTruncated") == "true"
    except (ParseError, ValueError) as error:
        raise UnknownPage(str(error)) from error
    if truncated and not more:
        raise UnknownPage("a page that is not the last names no next one")
    return Page(objects=tuple(objects), folders=tuple(folders), more=more if truncated else {})


def _object(bucket: str, element: Element, space: str, decoded: Callable[[str], str]) -> StoredObject:
    modified_at = datetime.fromisoformat(_text(element, f"{space}LastModified"))
    return StoredObject(
        bucket=bucket,
        key=decoded(_text(element, f"{space}Key")),
        modified_at=modified_at.astimezone(UTC),
        version=_text(element, f"{space}VersionId") or None,
        latest=_text(element, f"{space}IsLatest") != "false",
        delete_marker=element.tag.endswith("DeleteMarker"),
    )


def _text(element: Element, name: str) -> str:
    return element.findtext(name) or ""
