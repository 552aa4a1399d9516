"""The ARNs that AWS asks about: each kind of resource, made from the parameters that name it.

A parameter that is an ARN already stays what it is. A kind answers "" when it has nothing to say of these
parameters (a copy without a version has no version to ask about).

Source: "Resource types defined by ..." of each service in the Service Authorization Reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

from scenarios.cloud.kernel.errors import NotSimulated


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a call is made: the account and region that a bare name belongs to."""

    region: str
    account: str


Kind = Callable[..., str]
"""(place, *values) -> ARN; values are strings, but for a CopySource."""


def _named(template: str, place: Place, *names: str) -> str:
    """The template filled; a first name that is an ARN takes the place of all up to and including `{0}`."""
    head, _, tail = template.partition("{0}")
    here = {"region": place.region, "account": place.account}
    start = "" if names[0].startswith("arn:") else head.format(**here)
    return start + names[0] + tail.format("", *names[1:], **here)


def _given(_place: Place, arn: str) -> str:
    """A parameter that is an ARN by its nature."""
    if not arn.startswith("arn:"):
        raise NotSimulated("iam", f"the resource {arn!r}, where AWS takes an ARN")
    return arn


def _bucket(_place: Place, bucket: str, key: str = "") -> str:
    if bucket.startswith("arn:"):
        raise NotSimulated("s3", f"the access point {bucket}")
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def _copied(place: Place, source: str | dict[str, str], *, versioned: bool) -> str:
    """The object a copy reads: `{Bucket, Key, VersionId?}`, or `bucket/key?versionId=...`, URL-encoded."""
    if isinstance(source, str):
        path, _, version = source.partition("?versionId=")
        bucket, _, key = unquote(path).lstrip("/").partition("/")
    else:
        bucket, key, version = source["Bucket"], source["Key"], source.get("VersionId", "")
    return _bucket(place, bucket, key) if bool(version) is versioned else ""


def _subscribed(_place: Place, subscription: str) -> str:
    """The topic of a subscription, whose ARN is the topic's with an id behind it."""
    return subscription.rpartition(":")[0]


def _queue(place: Place, queue: str, account: str = "") -> str:
    """A queue by its ARN, its URL (`https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`) or its name."""
    if queue.startswith("arn:"):
        return queue
    region, account, name = place.region, account or place.account, queue
    if "://" in queue:
        url = urlsplit(queue)
        account, name = url.path.strip("/").split("/")[-2:]
        host = re.fullmatch(r"(?:sqs\.([\w-]+)|([\w-]+)\.queue)\.amazonaws\.com", url.hostname or "")
        region = (host[1] or host[2]) if host else region
    return f"arn:aws:sqs:{region}:{account}:{name}"


def _function(place: Place, function: str, qualifier: str = "") -> str:
    """A function by name, `ACCOUNT:function:NAME` or ARN, each perhaps with a `:QUALIFIER` of its own."""
    found = re.fullmatch(
        r"(?:(?P<start>arn:aws:lambda:[\w-]+:\d+):function:|(?P<account>\d{12}):function:)?"
        r"(?P<name>[\w-]+)(?::(?P<qualifier>[$\w-]+))?",
        function,
    )
    if not found:
        raise NotSimulated("lambda", f"the function name {function!r}")
    start = found["start"] or f"arn:aws:lambda:{place.region}:{found['account'] or place.account}"
    asked = qualifier or found["qualifier"]
    return f"{start}:function:{found['name']}" + (f":{asked}" if asked else "")


def _rule(place: Place, rule: str, bus: str) -> str:
    """A rule; the bus stands in its ARN unless it is the default one."""
    start = f"arn:aws:events:{place.region}:{place.account}"
    if bus.startswith("arn:"):
        start, _, bus = bus.rpartition(":event-bus/")
    return f"{start}:rule/{rule}" if bus == "default" else f"{start}:rule/{bus}/{rule}"


def _log_group(place: Place, group: str, *, stream: str = "") -> str:
    """A group as AWS asks about it, on into its streams; its ARN may be written with or without `:*`."""
    if group.startswith("arn:"):
        return f"{group.removesuffix(':*')}:log-stream:{stream}"
    return f"arn:aws:logs:{place.region}:{place.account}:log-group:{group}:log-stream:{stream}"


def _log_stream(place: Place, group: str, stream: str) -> str:
    return _log_group(place, group, stream=stream)


def _log_destination(_place: Place, arn: str) -> str:
    """What a subscription leads to, if that is a logical destination: streams and functions are not asked."""
    return arn if arn.split(":")[2] == "logs" else ""


def _key(place: Place, key: str) -> str:
    """A KMS key by id or ARN; an alias doesn't tell which key it stands for, and AWS asks about the key."""
    if "alias/" in key:
        raise NotSimulated("kms", f"a key by its alias {key} before the key is looked up")
    return key if key.startswith("arn:") else f"arn:aws:kms:{place.region}:{place.account}:key/{key}"


def _secret(_place: Place, secret: str) -> str:
    """A secret by ARN: six random characters end it, which its name doesn't tell."""
    if not secret.startswith("arn:"):
        raise NotSimulated("secretsmanager", f"a secret by its name {secret} before its ARN is looked up")
    return secret


def _parameter(place: Place, name: str) -> str:
    """A parameter by ARN or name, with or without a leading slash and a `:VERSION` or `:LABEL`."""
    if name.startswith("arn:"):
        return name
    bare = name.removeprefix("/").partition(":")[0]
    return f"arn:aws:ssm:{place.region}:{place.account}:parameter/{bare}"


def _document(place: Place, name: str) -> str:
    """A document; those that AWS owns belong to no account."""
    if name.startswith("arn:"):
        return name
    account = "" if name.startswith(("AWS-", "AWSEC2-", "AWSSupport-", "Amazon")) else place.account
    return f"arn:aws:ssm:{place.region}:{account}:document/{name}"


def _ssm_instance(place: Place, instance: str) -> str:
    if instance.startswith("mi-"):
        return f"arn:aws:ssm:{place.region}:{place.account}:managed-instance/{instance}"
    return _ec2("instance", place, instance)


_WITHOUT_ACCOUNT = {"image", "snapshot"}

_EC2_PREFIXES = {
    "i": "instance",
    "sg": "security-group",
    "vol": "volume",
    "snap": "snapshot",
    "ami": "image",
    "subnet": "subnet",
    "vpc": "vpc",
    "eni": "network-interface",
    "igw": "internet-gateway",
    "rtb": "route-table",
    "acl": "network-acl",
    "fl": "vpc-flow-log",
}


def _ec2(kind: str, place: Place, identifier: str) -> str:
    """Something of EC2's; images and snapshots are known without an account."""
    account = "" if kind in _WITHOUT_ACCOUNT else place.account
    return f"arn:aws:ec2:{place.region}:{account}:{kind}/{identifier}"


def _ec2_resource(place: Place, identifier: str) -> str:
    """Something of EC2's whose kind its id tells, as in CreateTags."""
    kind = _EC2_PREFIXES.get(identifier.partition("-")[0])
    if kind is None:
        raise NotSimulated("ec2", f"the id {identifier!r}")
    return _ec2(kind, place, identifier)


_TEMPLATES = {
    "table": "arn:aws:dynamodb:{region}:{account}:table/{0}",
    "index": "arn:aws:dynamodb:{region}:{account}:table/{0}/index/{1}",
    "backup": "{0}",
    "topic": "arn:aws:sns:{region}:{account}:{0}",
    "bus": "arn:aws:events:{region}:{account}:event-bus/{0}",
    "archive": "arn:aws:events:{region}:{account}:archive/{0}",
    "replay": "arn:aws:events:{region}:{account}:replay/{0}",
    "stream": "arn:aws:kinesis:{region}:{account}:stream/{0}",
    "delivery_stream": "arn:aws:firehose:{region}:{account}:deliverystream/{0}",
    "destination": "arn:aws:logs:{region}:{account}:destination:{0}",
    "layer": "arn:aws:lambda:{region}:{account}:layer:{0}",
    "mapping": "arn:aws:lambda:{region}:{account}:event-source-mapping:{0}",
    "automation": "arn:aws:ssm:{region}:{account}:automation-definition/{0}:$DEFAULT",
    "stack": "arn:aws:cloudformation:{region}:{account}:stack/{0}/*",
    "alarm": "arn:aws:cloudwatch:{region}:{account}:alarm:{0}",
    "dashboard": "arn:aws:cloudwatch::{account}:dashboard/{0}",
    "trail": "arn:aws:cloudtrail:{region}:{account}:trail/{0}",
    "user": "arn:aws:iam::{account}:user/{0}",
    "group": "arn:aws:iam::{account}:group/{0}",
    "role": "arn:aws:iam::{account}:role/{0}",
    "policy": "arn:aws:iam::{account}:policy/{0}",
    "instance_profile": "arn:aws:iam::{account}:instance-profile/{0}",
    "mfa": "arn:aws:iam::{account}:mfa/{0}",
    "saml_provider": "arn:aws:iam::{account}:saml-provider/{0}",
    "alias": "arn:aws:kms:{region}:{account}:{0}",  # an alias's name begins with alias/
    "new_secret": "arn:aws:secretsmanager:{region}:{account}:secret:{0}-??????",  # AWS's six come later
}

_EC2_KINDS = {
    "instance": "instance",
    "security_group": "security-group",
    "volume": "volume",
    "snapshot": "snapshot",
    "image": "image",
    "subnet": "subnet",
    "vpc": "vpc",
    "network_interface": "network-interface",
    "internet_gateway": "internet-gateway",
    "route_table": "route-table",
    "network_acl": "network-acl",
    "flow_log": "vpc-flow-log",
    "key_pair": "key-pair",
}

KINDS: dict[str, Kind] = {
    **{name: partial(_named, template) for name, template in _TEMPLATES.items()},
    **{name: partial(_ec2, kind) for name, kind in _EC2_KINDS.items()},
    "given": _given,
    "bucket": _bucket,
    "object": _bucket,
    "copied": partial(_copied, versioned=False),
    "copied_version": partial(_copied, versioned=True),
    "subscribed": _subscribed,
    "queue": _queue,
    "function": _function,
    "rule": _rule,
    "log_group": _log_group,
    "log_stream": _log_stream,
    "log_destination": _log_destination,
    "key": _key,
    "secret": _secret,
    "parameter": _parameter,
    "document": _document,
    "ssm_instance": _ssm_instance,
    "ec2_resource": _ec2_resource,
}


def arn(kind: str, place: Place, *values: Any) -> str:
    """The ARN of a resource of this kind; "" when the parameters name none.

    Raises:
        NotSimulated: the parameters name it in a way that doesn't tell its ARN.
    """
    return KINDS[kind](place, *values)
