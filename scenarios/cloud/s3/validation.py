"""What S3 refuses of a bucket: its name, its policy, ACLs where they are switched off.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, Final, NamedTuple

from scenarios.cloud.authorization.document import parse
from scenarios.cloud.authorization.policy_rules import resource_policy
from scenarios.cloud.authorization.wildcards import matches
from scenarios.cloud.kernel import moto_s3
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.limits import complaints
from scenarios.cloud.kernel.validation import Request, Validation
from scenarios.cloud.s3 import acls

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
# S3's actions tell by their names what they are about.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
_OF_OBJECTS = re.compile(r"s3:(Get|Put|Delete|Restore)Object(?!Lambda)\w*", re.IGNORECASE)
_OF_BUCKETS = re.compile(r"s3:(Get|Put|Delete|List)Bucket\w*", re.IGNORECASE)
_RESERVED_STARTS: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS: Final = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def bucket(request: Request) -> None:
    """A bucket that is made."""
    name = request.parameters["Bucket"]
    reserved = name.startswith(_RESERVED_STARTS) or name.endswith(_RESERVED_ENDS)
    if reserved or ".." in name or _ADDRESS.fullmatch(name) or not _NAME.fullmatch(name):
        raise Refused("InvalidBucketName", "The specified bucket is not valid.")


def limits(request: Request) -> None:
    """A value that its enumeration doesn't have: a body with one is malformed, a header no argument."""
    for path, value, _ in complaints("s3", request.operation, request.parameters):
        name, *inside = path.split(".")
        if name == "storageClass":
            raise Refused("InvalidStorageClass", "The storage class you specified is not valid")
        if inside == ["locationConstraint"]:
            continue  # S3 says of each region what is wrong with it
        if inside:
            why = "The XML you provided was not well-formed or did not validate against our published schema"
            raise Refused("MalformedXML", why)
        raise Refused("InvalidArgument", f"{value} is no valid value of {name}")


def own_resources(request: Request) -> None:
    """A bucket's policy speaks of this bucket and its objects, and of each by an action that it has.

    A pattern that means other buckets too is taken, and so is an action with a wildcard. Whether a principal
    exists is not checked.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-bucket-policy-resources.html
    """
    if not request.parameters["Policy"]:
        raise Refused("MalformedPolicy", "The policy is malformed: it is empty")
    own = f"arn:aws:s3:::{request.parameters['Bucket']}"
    for statement in parse(request.parameters["Policy"], attached_to_resource=True):
        resources = statement.resources
        if resources is None or statement.not_resources:
            continue
        if not all(matches(each.partition("/")[0], own) for each in resources):
            raise Refused("MalformedPolicy", "Policy has invalid resource")
        if not statement.not_actions and not all(
            _applies(each, resources, own) for each in statement.actions
        ):
            raise Refused("MalformedPolicy", "Action does not apply to any resource(s) in statement")


def _applies(action: str, resources: tuple[str, ...], own: str) -> bool:
    """Whether one of the resources can be what the action is about; of other actions nothing is said."""
    if _OF_OBJECTS.fullmatch(action):
        return any("/" in each or "*" in each for each in resources)
    return not _OF_BUCKETS.fullmatch(action) or any(matches(each, own) for each in resources)


def logging(request: Request) -> None:
    """Where server access logs go: a bucket of the same account, in the same region.

    Whether its policy lets them in is `access_logs`' to ask. Words: those that users report, as
    https://github.com/zalando-stups/sevenseconds/issues/29

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    given = request.parameters["BucketLoggingStatus"].get("LoggingEnabled")
    source = moto_s3.bucket(request.account, request.parameters["Bucket"])
    if not given or source is None:
        return
    target = moto_s3.bucket(request.account, given["TargetBucket"])
    if target is None and moto_s3.bucket_owner(given["TargetBucket"]):
        why = "The owner for the bucket to be logged and the target bucket must be the same."
        raise Refused("InvalidTargetBucketForLogging", why)
    if target is None:
        raise Refused("InvalidTargetBucketForLogging", "The target bucket for logging does not exist")
    if target.region_name != source.region_name:
        raise Refused("CrossLocationLoggingProhibitted", "Cross S3 location logging not allowed.", status=403)
    if given.get("TargetGrants"):
        raise NotSimulated("s3", "target grants of server access logs")
    if target.object_lock_enabled:
        raise NotSimulated("s3", "server access logs to a bucket with Object Lock")


class _Told(NamedTuple):
    """One kind of event that a bucket tells of, and the keys it is limited to."""

    event: str
    prefix: str
    suffix: str

    def overlaps(self, other: "_Told") -> bool:
        """Whether one object's event could be told of by both."""
        events = (self.event.removesuffix("*"), other.event.removesuffix("*"))
        same_event = self.event == other.event or (
            (self.event.endswith("*") and events[1].startswith(events[0]))
            or (other.event.endswith("*") and events[0].startswith(events[1]))
        )
        prefixes = self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix)
        suffixes = self.suffix.endswith(other.suffix) or other.suffix.endswith(self.suffix)
        return same_event and prefixes and suffixes


def notifications(request: Request) -> None:
    """Two configurations that one event would meet are one too many.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    given = request.parameters["NotificationConfiguration"]
    if any(one.overlaps(other) for one, other in combinations(_told(given), 2)):
        raise Refused(
            "InvalidArgument",
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the "
            "prefixes are overlapping for the same event type.",
        )


def _told(given: Mapping[str, Any]) -> Iterator[_Told]:
    for kind in ("QueueConfigurations", "TopicConfigurations", "LambdaFunctionConfigurations"):
        for each in given.get(kind, ()):
            rules = each.get("Filter", {}).get("Key", {}).get("FilterRules", ())
            limits = {rule.get("Name", "").lower(): rule.get("Value", "") for rule in rules}
            for event in each["Events"]:
                yield _Told(event, limits.get("prefix", ""), limits.get("suffix", ""))


VALIDATION = Validation(
    every=(limits,),
    rules={
        "CreateBucket": (bucket, acls.refuse),
        "CopyObject": (acls.refuse,),
        "CreateMultipartUpload": (acls.refuse,),
        "PutBucketAcl": (acls.refuse,),
        "PutObject": (acls.refuse,),
        "PutObjectAcl": (acls.refuse,),
        "PutBucketLogging": (logging,),
        "PutBucketNotificationConfiguration": (notifications,),
        "PutBucketPolicy": (resource_policy("Policy", "MalformedPolicy"), own_resources),
    },
)
