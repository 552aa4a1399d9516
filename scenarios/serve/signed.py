"""Who a request says it is from: the access key, region and service of its signature, wherever that stands.

A header or a query (presigned) carries Signature Version 4; S3's presigned URLs may still carry Version 2,
which names neither region nor service. A signature is read here, not checked: see `signatures`.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scenarios.serve.messages import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
_FORM = "%Y%m%dT%H%M%SZ"
_PARTS = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")
_DIGITS = re.compile(r"[0-9]{1,11}")
_LONGEST = 604_800  # https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
_EVERYWHERE = "aws-global"  # IAM's and its like, whose one endpoint is in us-east-1


class NotSigned(Exception):
    """There is no signature, or none that can be read; the message is for the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a signature says. `service`: the signing name. `expires`: of a presigned URL, for so many seconds.

    `version`: 4 or 2; of Version 2 `signature` is in Base64, and `headers` is empty.
    """

    key: str
    region: str
    service: str
    token: str = field(repr=False, default="")
    day: str = ""
    at: datetime | None = None
    expires: timedelta | None = None
    until: datetime | None = None
    headers: tuple[str, ...] = ()
    signature: str = field(repr=False, default="")
    version: int = 4

    @property
    def presigned(self) -> bool:
        """Whether it stands in the URL, good for a time."""
        return self.expires is not None or self.until is not None


def signed(request: HttpRequest) -> Signed | None:
    """What a request's signature says; None where there is none. Raises NotSigned where it can't be read."""
    header, asked = request.headers.get("authorization", ""), request.asked
    if header.startswith(ALGORITHM + " "):
        found = dict(_PARTS.findall(header))
        at = request.headers.get("x-amz-date", "")
        token = request.headers.get("x-amz-security-token", "")
        return _version_4(found, at, token, None)
    if header.startswith("AWS4-ECDSA-P256"):
        raise NotSigned("signatures for several regions at once (SigV4A) are not simulated")
    if "X-Amz-Credential" in asked:
        found = {
            name: asked.get(f"X-Amz-{name}", "") for name in ("Credential", "SignedHeaders", "Signature")
        }
        token, expires = asked.get("X-Amz-Security-Token", ""), asked.get("X-Amz-Expires", "")
        seconds = int(expires[:12]) if expires.isascii() and expires.isdigit() else 0
        if seconds > _LONGEST:
            raise NotSigned(f"X-Amz-Expires must be less than a week (in seconds) that is {_LONGEST}")
        return _version_4(found, asked.get("X-Amz-Date", ""), token, timedelta(seconds=seconds))
    if "AWSAccessKeyId" in asked and "Signature" in asked:
        return _version_2(asked)
    if header:
        raise NotSigned("the Authorization header is no signature of Version 4")
    return None


def _version_4(found: dict[str, str], at: str, token: str, expires: timedelta | None) -> Signed:
    scope = found.get("Credential", "").rsplit("/", 4)
    if len(scope) != 5 or scope[4] != "aws4_request":
        raise NotSigned("the signature's credential is not KEY/DATE/REGION/SERVICE/aws4_request")
    key, day, region, service, _ = scope
    return Signed(
        key=key,
        region="us-east-1" if region == _EVERYWHERE else region,
        service=service,
        token=token,
        day=day,
        at=_moment(at),
        expires=expires,
        headers=tuple(found.get("SignedHeaders", "").split(";")),
        signature=found.get("Signature", ""),
    )


def _version_2(asked: dict[str, str]) -> Signed:
    until = asked.get("Expires", "")
    if not _DIGITS.fullmatch(until):
        raise NotSigned("the presigned URL has no Expires that is a number of seconds since 1970")
    return Signed(
        key=asked["AWSAccessKeyId"],
        region="",
        service="s3",
        token=asked.get("x-amz-security-token", ""),
        until=datetime.fromtimestamp(int(until), UTC),
        signature=asked["Signature"],
        version=2,
    )


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
