"""The names that Firehose gives: of objects, by prefixes with expressions, and of indexes that rotate.

Sources: https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html,
https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html,
https://docs.aws.amazon.com/firehose/latest/dev/es-index-rotation.html
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from scenarios.cloud.firehose.configured import Bucket
from scenarios.cloud.kernel.errors import NotSimulated

_EXPRESSION = re.compile(r"!\{(\w+):([^}]*)\}")
# Java's letters that a name of this kind has; a text between quotes stays as it is.
_JAVA = {"yyyy": "%Y", "YYYY": "%Y", "uuuu": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_LETTERS = re.compile(r"'([^']*)'|([A-Za-z])\2*|.")
_ROTATIONS = {"NoRotation": "", "OneHour": "-%Y-%m-%d-%H", "OneDay": "-%Y-%m-%d", "OneMonth": "-%Y-%m"}
_TIME = "%Y/%m/%d/%H/"


def object_name(
    bucket: Bucket, stream: str, oldest: datetime, now: datetime, new: Callable[[], str], *, failed: str = ""
) -> str:
    """The key of an object. `stream`: its name and version; `oldest`: when its first record arrived.

    `failed`: what kind of failure it is of, such as `processing-failed`; `new`: makes a UUID.
    """
    zone = ZoneInfo(bucket.zone)
    prefix = bucket.errors if failed and bucket.errors else bucket.prefix
    at = oldest.astimezone(zone)
    if _EXPRESSION.search(prefix):
        start = _EXPRESSION.sub(lambda found: _evaluated(found[1], found[2], at, failed, new), prefix)
    else:
        folder = f"{failed}/" if failed and not bucket.errors else ""
        start = f"{prefix}{folder}{at:{_TIME}}"
    extension = ".gz" if bucket.packed and not failed else ""
    return f"{start}{stream}-{now.astimezone(zone):%Y-%m-%d-%H-%M-%S}-{new()}{extension}"


def index_name(name: str, rotation: str, arrived: datetime) -> str:
    """The index of a document, by when it arrived."""
    at = arrived.astimezone(UTC)
    if rotation == "OneWeek":
        return f"{name}-{_week(at)}"
    return f"{name}{at:{_ROTATIONS[rotation]}}" if _ROTATIONS[rotation] else name


def _week(at: datetime) -> str:
    """A week starts on Sunday; a year's first is the one with its first Saturday."""
    saturday = at + timedelta(days=(5 - at.weekday()) % 7)
    return f"{saturday.year}-w{(saturday.timetuple().tm_yday - 1) // 7 + 1:02}"


def _evaluated(space: str, value: str, at: datetime, failed: str, new: Callable[[], str]) -> str:
    if space == "timestamp":
        return "".join(_of_java(found, at) for found in _LETTERS.finditer(value))
    if (space, value) == ("firehose", "error-output-type") and failed:
        return failed
    if (space, value) == ("firehose", "random-string"):
        return new().replace("-", "")[:11]
    raise NotSimulated("firehose", f"the expression !{{{space}:{value}}} in a prefix")


def _of_java(found: re.Match[str], at: datetime) -> str:
    """One part of a DateTimeFormatter's pattern."""
    if found[1] is not None:
        return found[1]
    if found[2] is None:
        return found[0]
    if found[0] not in _JAVA:
        raise NotSimulated("firehose", f"{found[0]} in a prefix's timestamp")
    return f"{at:{_JAVA[found[0]]}}"
