"""Which service a request is for, and its address in AWS's own form.

A signature names the service; the host and the path may add a bucket, a queue or an API.

Sources: S3's addresses, https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html; signing
names, the models of botocore
"""

import ipaddress
import re
from types import MappingProxyType
from typing import Any

from scenarios.serve.messages import HttpRequest

# Signing names that are not botocore's name of the service, or that several services share.
_SERVICES = MappingProxyType(
    {
        "monitoring": ("cloudwatch",),
        "dynamodb": ("dynamodb", "dynamodbstreams"),
        "apigateway": ("apigateway", "apigatewayv2"),
        "states": ("stepfunctions",),
        "tagging": ("resourcegroupstaggingapi",),
        "elasticloadbalancing": ("elbv2", "elb"),
        "email": ("ses", "sesv2"),
        "ses": ("ses", "sesv2"),
        "elasticfilesystem": ("efs",),
        "elasticmapreduce": ("emr",),
        "aps": ("amp",),
        "cognito-idp": ("cognito-idp",),
        "eventbridge": ("events",),
    }
)
_S3_CONTROL = "/v20180820/"
_OF_S3 = re.compile(
    r"(?P<bucket>.+?)\.(?:s3[.-](?:[a-z0-9.-]+\.)?amazonaws\.com|s3\.[a-z0-9.-]*localhost|localhost)"
)
_QUEUE = re.compile(r"https?://[^/]+/(\d{12})/([^/?]+)")


def services_of(signing_name: str, request: HttpRequest) -> tuple[str, ...]:
    """The services that may be meant, in the order in which they are asked."""
    if signing_name == "s3":
        return ("s3control",) if request.path.startswith(_S3_CONTROL) else ("s3",)
    return _SERVICES.get(signing_name, (signing_name,))


def address_of(signing_name: str, region: str, request: HttpRequest) -> str:
    """The address as AWS has it; a bucket in the host's name goes into the path."""
    path, bucket = request.target, bucket_of(request.host) if signing_name == "s3" else ""
    if bucket:
        path = f"/{bucket}{path}"
    return f"https://{signing_name}.{region}.amazonaws.com{path}"


def bucket_of(host: str) -> str:
    """The bucket that a host names: `photos.localhost`, `photos.s3.eu-west-1.amazonaws.com`; "" for none."""
    if _is_number(host):
        return ""
    found = _OF_S3.fullmatch(host)
    bucket = found["bucket"] if found else ""
    return "" if bucket in {"s3", "www"} or bucket.startswith("s3.") else bucket


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


# ---- queues -------------------------------------------------------------------------------------


def queue_of_aws(url: str, region: str) -> str:
    """A queue's URL as AWS has it, whatever host the client knows it by."""
    found = _QUEUE.fullmatch(url)
    return f"https://sqs.{region}.amazonaws.com/{found[1]}/{found[2]}" if found else url


def queue_arn(url: str, region: str) -> str:
    """The ARN of the queue at a URL; "" where it is none's."""
    found = _QUEUE.fullmatch(url)
    return f"arn:aws:sqs:{region}:{found[1]}:{found[2]}" if found else ""


def queues_here(value: Any, base: str) -> Any:
    """The same answer with queues' URLs that lead back here: `base` is `http://127.0.0.1:4566`."""
    told = dict(value)
    if "QueueUrl" in told:
        told["QueueUrl"] = _here(told["QueueUrl"], base)
    for name in ("QueueUrls", "queueUrls"):
        if name in told:
            told[name] = [_here(url, base) for url in told[name]]
    return told


def _here(url: str, base: str) -> str:
    return _QUEUE.sub(rf"{base}/\1/\2", url)
