"""What S3 answers about an object that doesn't exist, and what it hides from callers that may not list.

A caller that may not list a bucket gets AccessDenied for a missing object, as for a forbidden one. That holds
for every call that names an object: reading it, its tags, its ACL, and copying it. A delete marker that is
named by its version, or that is the newest version when a write needs one, is answered with MethodNotAllowed.
A quiet DeleteObjects returns only failures; what its caller may not delete stays, and the rest goes.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (Permissions; delete markers),
https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html; writes that meet a marker, `S3Bucket`
in https://github.com/localstack/localstack/blob/main/localstack-core/localstack/services/s3/models.py
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from scenarios.cloud.asked import Asked, Denied, InPart
from scenarios.cloud.authorization.rows import Asking, Place
from scenarios.cloud.kernel import moto_s3
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.s3.sources import copied
from scenarios.cloud.setting import Setting

_READS = (
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "HeadObject",
)
_WRITES = ("DeleteObjectTagging", "PutObjectAcl", "PutObjectTagging", "RestoreObject")
_NOT_ALLOWED = "The specified method is not allowed against this resource."
_BYPASS = "s3:BypassGovernanceRetention"
_COPIES = ("CopyObject", "UploadPartCopy")


class _Version(NamedTuple):
    """Which object a call is about; `version`: "" for the newest."""

    bucket: str
    key: str
    version: str


class Reading:
    """Every bucket's answers to calls that name an object."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        for operation in (*_READS, *_WRITES):
            setting.calls.check("s3", operation, self._is_there)
        for operation in _COPIES:
            setting.calls.check("s3", operation, self._source_is_there)
        setting.calls.in_every_account("s3", *_READS[1:], "DeleteObjects")
        setting.calls.tell("s3", "DeleteObjects", _quietly)
        setting.calls.in_part("s3", "DeleteObjects", InPart(_may_go, _with_denials))

    def _is_there(self, asked: Asked) -> None:
        given = asked.parameters
        self._look(asked, _Version(given["Bucket"], given["Key"], given.get("VersionId", "")))

    def _source_is_there(self, asked: Asked) -> None:
        self._look(asked, _Version(*copied(asked.parameters["CopySource"])))

    def _look(self, asked: Asked, wanted: _Version) -> None:
        account = self._setting.account
        if moto_s3.bucket(account, wanted.bucket) is None:
            return  # S3 says so
        version = wanted.version or None
        if moto_s3.object_version(account, wanted.bucket, wanted.key, version) is not None:
            return
        if asked.operation == "HeadObject":
            if not self._may_list(asked, wanted.bucket):
                raise Refused("403", "Forbidden", 403)  # without a body there is no code but the status
            return  # moto says it, and in a header whether a marker is there
        marker = moto_s3.delete_marker(account, wanted.bucket, wanted.key, version)
        marked, told = marker is not None, _told_of(marker)
        if marked and version and asked.operation in _COPIES:
            why = "The source of a copy request may not specifically refer to a delete marker by version id."
            raise Refused("InvalidRequest", why)
        if marked and (version or asked.operation in _WRITES):
            raise Refused("MethodNotAllowed", _NOT_ALLOWED, 405, told)
        if not self._may_list(asked, wanted.bucket):
            raise Refused("AccessDenied", "Access Denied", 403)
        if version:
            raise Refused("NoSuchVersion", "The specified version does not exist.", 404)
        raise Refused("NoSuchKey", "The specified key does not exist.", 404, told, Key=wanted.key)

    def _may_list(self, asked: Asked, bucket: str) -> bool:
        listing = Asking(
            operation="ListObjectsV2",
            parameters={"Bucket": bucket},
            place=Place(region=asked.region, account=asked.caller.account),
            caller=asked.caller.arn,
            action="s3:ListBucket",
            resource=f"arn:aws:s3:::{bucket}",
        )
        ask = self._setting.actions.keys("s3", listing)
        return self._setting.identity.judge(asked.caller, listing.action, listing.resource, ask=ask).allowed


def _may_go(asked: Asked, denied: Sequence[Denied]) -> Mapping[str, Any] | None:
    """DeleteObjects without the objects that may not be deleted; None where none is left."""
    wanted = asked.parameters["Delete"]
    left = [each for each in wanted["Objects"] if _denial(asked, each, denied) is None]
    return {**asked.parameters, "Delete": {**wanted, "Objects": left}} if left else None


def _with_denials(asked: Asked, response: Mapping[str, Any], denied: Sequence[Denied]) -> dict[str, Any]:
    errors = list(response.get("Errors", ()))
    for each in asked.parameters["Delete"]["Objects"]:
        if (denial := _denial(asked, each, denied)) is not None:
            version = {"VersionId": each["VersionId"]} if "VersionId" in each else {}
            errors.append({"Key": each["Key"], **version, "Code": denial.code, "Message": denial.message})
    return {**response, "Errors": errors}


def _denial(asked: Asked, each: Mapping[str, Any], denied: Sequence[Denied]) -> Denied | None:
    """Why one of the objects may not be deleted; a version is another permission than the newest one."""
    arn = f"arn:aws:s3:::{asked.parameters['Bucket']}/{each['Key']}"
    needs = {"s3:DeleteObjectVersion" if "VersionId" in each else "s3:DeleteObject", _BYPASS}
    return next((one for one in denied if one.resource == arn and one.action in needs), None)


def _told_of(marker: Any | None) -> dict[str, str]:
    """What S3 says in headers where a delete marker stands in the object's place."""
    if marker is None:
        return {}
    return {"x-amz-delete-marker": "true", "x-amz-version-id": str(marker.version_id)}


def _quietly(asked: Asked, response: dict[str, Any]) -> dict[str, Any]:
    if not asked.parameters["Delete"].get("Quiet"):
        return response
    return {name: value for name, value in response.items() if name != "Deleted"}
