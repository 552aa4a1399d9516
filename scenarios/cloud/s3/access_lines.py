"""What a server access log says of a request: one line, or several where the request had several objects.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import quote, urlencode

from scenarios.cloud.kernel import moto_s3
from scenarios.cloud.kernel.caller import ApiCall, Caller, CallerKind
from scenarios.cloud.kernel.service_models import operation_model
from scenarios.cloud.s3.requests import host, recorded_calls
from scenarios.cloud.s3.sources import copied

# What is asked for, where that isn't the query's word in capitals.
_RESOURCES: Final = {
    "policy": "BUCKETPOLICY",
    "logging": "LOGGING_STATUS",
    "versions": "BUCKETVERSIONS",
    "delete": "MULTI_OBJECT_DELETE",
}
_OPERATIONS: Final = {
    "CopyObject": "REST.COPY.OBJECT",
    "UploadPart": "REST.PUT.PART",
    "UploadPartCopy": "REST.COPY.PART",
    "CompleteMultipartUpload": "REST.POST.UPLOAD",
    "AbortMultipartUpload": "REST.DELETE.UPLOAD",
    "ListParts": "REST.GET.UPLOAD",
}
_READ_BY_A_COPY: Final = {"CopyObject": "REST.COPY.OBJECT_GET", "UploadPartCopy": "REST.COPY.PART_GET"}
_OF_MANY: Final = "BATCH.DELETE.OBJECT"
# An answer to HEAD has no body, and botocore takes the status for the code.
_CODES: Final = {
    ("HeadObject", "404"): "NoSuchKey",
    ("HeadBucket", "404"): "NoSuchBucket",
    ("HeadObject", "403"): "AccessDenied",
    ("HeadBucket", "403"): "AccessDenied",
}
_STATUSES: Final = (
    (r"NoSuch\w+|\w+NotFoundError", 404),
    (r"AccessDenied|AllAccessDisabled|InvalidAccessKeyId|InvalidObjectState|SignatureDoesNotMatch", 403),
    (r"BucketNotEmpty|BucketAlready\w+|OperationAborted|InvalidBucketState", 409),
    (r"MethodNotAllowed", 405),
    (r"PreconditionFailed", 412),
    (r"InvalidRange", 416),
    (r"SlowDown|ServiceUnavailable", 503),
    (r"InternalError", 500),
)
_SIZED: Final = frozenset({"GetObject", "HeadObject", "PutObject", "CopyObject", "CompleteMultipartUpload"})


def lines_of(call: ApiCall, account: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The bucket and the fields of each line that a call of S3 makes, but for the ids of the request."""
    bucket = call.parameters.get("Bucket")
    if not bucket:
        return
    for number, each in enumerate(recorded_calls(call)):
        yield bucket, _values(each, account, _OF_MANY if number else _operation(each))
    if call.operation in _READ_BY_A_COPY:
        source, key, version = copied(call.parameters["CopySource"])
        shown = {
            **_values(call, account, _READ_BY_A_COPY[call.operation]),
            **_of_object(account, source, key, version),
            "Bucket": source,
            "Request-URI": f"GET {_path(source, key)}",
        }
        yield source, shown


def _values(call: ApiCall, account: str, operation: str) -> dict[str, Any]:
    given, code = call.parameters, _code(call)
    key, version = given.get("Key", ""), given.get("VersionId", "")
    sent = (call.response or {}).get("ContentLength") if call.operation == "GetObject" else None
    about = {"Key": quote(key, safe="/") if key else None, "Version Id": version or None}
    if call.operation in _SIZED:
        about = _of_object(account, given["Bucket"], key, version)
    return {
        "Bucket Owner": moto_s3.canonical_owner(),
        "Bucket": given["Bucket"],
        "Time": f"{call.moment:%d/%b/%Y:%H:%M:%S +0000}",
        "Remote IP": call.caller.source_ip if _has_address(call.caller) else None,
        "Requester": _requester(call.caller),
        "Operation": operation,
        "Request-URI": _request_uri(call),
        "HTTP status": _status(call, code),
        "Error Code": code or None,
        "Bytes Sent": sent or None,
        "User-Agent": call.caller.user_agent if _has_address(call.caller) else None,
        "Signature Version": "SigV4" if _is_signed(call.caller) else None,
        "Cipher Suite": "TLS_AES_128_GCM_SHA256",
        "Authentication Type": "AuthHeader" if _is_signed(call.caller) else None,
        "Host Header": host(call),
        "TLS version": "TLSv1.3",
        **about,
    }


def _of_object(account: str, bucket: str, key: str, version: str) -> dict[str, Any]:
    """Its key, the version that was asked for, and its size where it is there."""
    found = moto_s3.object_version(account, bucket, key, version or None)
    return {
        "Key": quote(key, safe="/"),
        "Version Id": version or None,
        "Object Size": found.size if found is not None else None,
    }


def _has_address(caller: Caller) -> bool:
    return caller.kind is not CallerKind.AWS_SERVICE and not caller.invoked_by


def _is_signed(caller: Caller) -> bool:
    return caller.kind is not CallerKind.ANONYMOUS


def _requester(caller: Caller) -> str | None:
    """The canonical user of the account's root, an ARN, as AWS's own queries compare it, or nobody."""
    if not _is_signed(caller):
        return None
    if caller.kind is CallerKind.AWS_SERVICE:
        return f"svc:{caller.service}"
    return moto_s3.canonical_owner() if caller.kind is CallerKind.ROOT else caller.arn


def _operation(call: ApiCall) -> str:
    if call.operation in _OPERATIONS:
        return _OPERATIONS[call.operation]
    method, flag, of_object = _request(call.operation)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", flag).replace("-", "_").upper()
    resource = _RESOURCES.get(flag, words)
    if flag in ("", "list-type"):
        resource = "OBJECT" if of_object else "BUCKET"
    elif of_object and flag == "tagging":
        resource = "OBJECT_TAGGING"
    return f"REST.{method}.{resource}"


@cache
def _request(operation: str) -> tuple[str, str, bool]:
    """Method, the first word of the query, and whether it is about an object."""
    about = operation_model("s3", operation).http
    path, _, query = about["requestUri"].partition("?")
    return about["method"], query.partition("&")[0].partition("=")[0], "{Key+}" in path


def _request_uri(call: ApiCall) -> str:
    """`GET /bucket/key?list-type=2&prefix=a HTTP/1.1`."""
    model = operation_model("s3", call.operation)
    always = model.http["requestUri"].partition("?")[2]
    fixed = [each for each in always.split("&") if each]
    members = model.input_shape.members if model.input_shape else {}
    chosen = {
        member.serialization["name"]: call.parameters[name]
        for name, member in members.items()
        if member.serialization.get("location") == "querystring" and name in call.parameters
    }
    query = "&".join([*fixed, *([urlencode(chosen)] if chosen else [])])
    path = _path(call.parameters["Bucket"], call.parameters.get("Key", ""))
    return f"{model.http['method']} {path}{'?' if query else ''}{query} HTTP/1.1"


def _path(bucket: str, key: str) -> str:
    return f"/{bucket}/{quote(key, safe='/')}" if key else f"/{bucket}"


def _code(call: ApiCall) -> str:
    code = call.error[0] if call.error else ""
    return _CODES.get((call.operation, code), code)


def _status(call: ApiCall, code: str) -> int:
    if not code:
        partly = call.operation == "GetObject" and "Range" in call.parameters
        return 206 if partly else int(operation_model("s3", call.operation).http.get("responseCode", 200))
    if code.isdecimal():
        return int(code)
    return next((status for pattern, status in _STATUSES if re.fullmatch(pattern, code)), 400)
