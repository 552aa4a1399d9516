"""Somebody stops or weakens the audit trail, or its bucket."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.remediation import Outcome
from chalicelib.template.archive import archive
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.incidents.trail_validation import alice, asks, validation_is
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import (
    alert,
    alerts,
    heard_of,
    no_more_alerts_than,
    outcome,
    state,
    unless_it_dies,
)
from scenarios.runner.words.existing_trail import EXISTING_TRAIL, PARAMETERS
from scenarios.runner.words.givens import no_looks_for_floods, table
from scenarios.runner.words.giving_up import redrives
from scenarios.runner.words.outages import fails
from scenarios.runner.words.trail_actions import lifts_the_policy, trail_bucket
from scenarios.runner.words.trail_settings import (
    OWN_TRAIL,
    nothing_is_weaker,
    on_bucket,
    on_group,
    on_trail,
    unrecorded,
)

mallory = Actor(name="mallory", address="203.0.113.66")
deployer = Actor(name="deploy-bot", address="198.51.100.9")
LOOKING_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["cloudtrail:GetTrail", "s3:GetBucketPolicy"], "Resource": "*"}
    ],
}
intern = Actor(name="intern", address="192.0.2.15", policies=(LOOKING_ONLY,))

ENFORCE = (("TrailStoppedMode", "enforce"),)
# The hourly look has been there once: there is a good state.
LATER = "01:05:00"

BLIND = {
    "EventSelectors": [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True, "DataResources": []}]
}
WRITES_ONLY = {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True, "DataResources": []}
GONE_TOMORROW = {
    "Rules": [{"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]
}
LOCKED_A_DAY = {
    "ObjectLockEnabled": "Enabled",
    "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
}
ANOTHER_KEY = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}


def trail_logs(*, on: bool) -> Check:
    """Whether the stack's trail logs."""

    def judge(cloudtrail: Any) -> str | None:
        logging = cloudtrail.get_trail_status(Name=OWN_TRAIL)["IsLogging"]
        return None if logging == on else f"IsLogging is {logging}"

    return state(f"the trail {'logs' if on else 'does not log'}", judge, "cloudtrail")


def never_well() -> Check:
    """No alert has said that nothing is weaker by now."""

    def judge(world: World) -> str | None:
        well = [each.subject for each in alerts(world) if "No weaker by now" in each.subject]
        return well[0] if well else None

    return Check("no alert says that nothing is weaker", judge)


def alerts_of_ours(most: int) -> Check:
    """No more of this remediation; others have their say about a trail, too."""
    return no_more_alerts_than(most, of="trail_stopped")


SCENARIO = Scenario(
    name="trail_stopped",
    title="Somebody stops the trail; the stack only observes, and reminds once a day",
    lasts="03:10:00",
    given=(no_looks_for_floods(),),
    when=[at(LATER, on_trail(mallory, "stop_logging"))],
    then=[
        by(
            "01:07:30",
            alert(
                "trail_stopped",
                "CRITICAL",
                "arn:aws:iam::123456789012:user/mallory",
                "203.0.113.66",
                "on -> off",
                "aws cloudtrail start-logging --name arn:aws:cloudtrail:us-east-1:123456789012:trail/",
                "In mode enforce Trailwarden would do:",
            ),
        ),
        by("02:03:00", alert("trail_stopped", "CRITICAL", "found by looking", subject="is weaker")),
        at_the_end(trail_logs(on=False), alerts_of_ours(2)),
    ],
)

ENFORCED = Scenario(
    name="trail_stopped.enforced",
    title="The stack may act: the trail is started again, and later calls are recorded again",
    parameters=ENFORCE,
    given=(no_looks_for_floods(), table("orders")),
    lasts="02:10:00",
    when=[
        at(LATER, on_trail(mallory, "stop_logging")),
        at("01:10:00", mallory.calls("dynamodb", "delete_table", TableName="orders")),
    ],
    then=[
        by("01:07:30", alert("trail_stopped", "CRITICAL", "on -> off", "Trailwarden did:", "stop-logging")),
        by("01:13:00", alert("table_deleted", "CRITICAL", "orders")),
        at_the_end(
            trail_logs(on=True),
            alerts_of_ours(1),
            outcome("trail_stopped", Outcome.ACTED),
            # Its own call came back, and the plan holds it.
            outcome("trail_stopped", Outcome.SUPPRESSED),
        ),
    ],
)

DELETED = Scenario(
    name="trail_stopped.deleted",
    title="Somebody deletes the trail: it is created again from the last good state, and a new chain begins",
    parameters=ENFORCE,
    given=(no_looks_for_floods(), table("orders")),
    lasts="02:10:00",
    when=[
        at(LATER, on_trail(mallory, "delete_trail")),
        at("01:10:00", mallory.calls("dynamodb", "delete_table", TableName="orders")),
    ],
    then=[
        by("01:07:30", alert("trail_stopped", "CRITICAL", "there -> gone", "new chain of digests")),
        by("01:13:00", alert("table_deleted", "CRITICAL", "orders")),
        at_the_end(trail_logs(on=True), nothing_is_weaker(), alerts_of_ours(1)),
    ],
)

WEAKENED = Scenario(
    name="trail_stopped.weakened",
    title="One region, no validation, no log group, reads only: all of it is taken back",
    parameters=ENFORCE,
    lasts="01:30:00",
    given=(no_looks_for_floods(),),
    when=[
        at(
            LATER,
            on_trail(
                mallory,
                "update_trail",
                IsMultiRegionTrail=False,
                EnableLogFileValidation=False,
                CloudWatchLogsLogGroupArn="",
                CloudWatchLogsRoleArn="",
            ),
        ),
        at("01:15:00", on_trail(mallory, "put_event_selectors", **BLIND)),
    ],
    then=[
        by("01:08:00", alert("trail_stopped", "HIGH", "All regions:", "Log file validation:", "Log group:")),
        by(
            "01:18:00",
            alert("trail_stopped", "CRITICAL", "-> management events that read"),
        ),
        at_the_end(nothing_is_weaker(), alerts_of_ours(2), outcome("trail_stopped", Outcome.ACTED, times=2)),
    ],
)

FIRST_DAY = Scenario(
    name="trail_stopped.first_day",
    title="No good state was recorded yet: the stack's own promise is the baseline",
    parameters=ENFORCE,
    when=[at("00:00", on_trail(mallory, "update_trail", EnableLogFileValidation=False))],
    then=[
        by("02:30", alert("trail_stopped", "HIGH", "on -> off", "no good state was recorded yet")),
        at_the_end(outcome("trail_stopped", Outcome.ACTED), alerts_of_ours(1)),
    ],
)

CAPPED = Scenario(
    name="trail_stopped.capped",
    title="Somebody stops the trail eleven times: ten times it is started, then the hourly cap holds",
    parameters=ENFORCE,
    lasts="55:00",
    when=[at(f"{4 * number:02}:00", on_trail(mallory, "stop_logging")) for number in range(11)],
    then=at_the_end(
        outcome("trail_stopped", Outcome.ACTED, times=10),
        outcome("trail_stopped", Outcome.CAPPED),
        alert("trail_stopped", "CRITICAL", "Trailwarden held back"),
        alerts_of_ours(11),
        trail_logs(on=False),
    ),
)

BUCKET = Scenario(
    name="trail_stopped.bucket",
    title="All settings of the bucket are weakened at once: one look finds them all, and restores them",
    parameters=ENFORCE,
    lasts="01:30:00",
    given=(no_looks_for_floods(),),
    when=[
        at(
            LATER,
            lifts_the_policy(mallory),
            on_bucket(mallory, "put_bucket_lifecycle_configuration", LifecycleConfiguration=GONE_TOMORROW),
            on_bucket(mallory, "put_bucket_notification_configuration", NotificationConfiguration={}),
            on_bucket(mallory, "delete_public_access_block"),
            on_bucket(mallory, "put_object_lock_configuration", ObjectLockConfiguration=LOCKED_A_DAY),
            on_bucket(mallory, "put_bucket_encryption", ServerSideEncryptionConfiguration=ANOTHER_KEY),
        )
    ],
    then=[
        by(
            "01:08:00",
            alert(
                "trail_stopped",
                "HIGH",
                "CloudTrailLooks, CloudTrailWrites, NobodyElseWrites -> CloudTrailLooks, CloudTrailWrites",
                "old versions expire after 400 days, to GLACIER_IR after 90 days -> expire after 1 day",
                "governance, 365 days -> governance, 1 day",
                "all blocked -> blocked: nothing",
                "EventBridge:",
                "AES256 -> aws:kms",
            ),
            alert("trail_stopped", "LOW", "mallory", subject="No weaker by now", times=5),
        ),
        at_the_end(nothing_is_weaker(), alerts_of_ours(6), outcome("trail_stopped", Outcome.ACTED)),
    ],
)

GROUP = Scenario(
    name="trail_stopped.log_group",
    title="The trail's log group gets a short retention, and is then deleted",
    parameters=ENFORCE,
    loses=True,  # what was on its way to the group while it was gone
    lasts="01:30:00",
    given=(no_looks_for_floods(),),
    when=[
        at(LATER, on_group(mallory, "put_retention_policy", retentionInDays=1)),
        at("01:15:00", on_group(mallory, "delete_log_group")),
    ],
    then=[
        by("01:08:00", alert("trail_stopped", "MEDIUM", "365 days -> 1 day")),
        by("01:18:00", alert("trail_stopped", "HIGH", "there -> gone")),
        at_the_end(nothing_is_weaker(), alerts_of_ours(2), outcome("trail_stopped", Outcome.ACTED, times=2)),
    ],
)

EXISTING = Scenario(
    name="trail_stopped.existing_trail",
    title="The trail was there before the stack; it and its bucket are watched and restored too",
    before=EXISTING_TRAIL,
    parameters=(*PARAMETERS, *ENFORCE),
    lasts="01:30:00",
    given=(no_looks_for_floods(),),
    when=[
        at(
            LATER,
            on_bucket(mallory, "put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"}),
        ),
        at("01:10:00", on_group(mallory, "put_retention_policy", retentionInDays=1)),
        at(
            "01:15:00",
            on_trail(mallory, "update_trail", CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn=""),
        ),
        at("01:20:00", on_trail(mallory, "stop_logging")),
    ],
    then=[
        by("01:08:00", alert("trail_stopped", "HIGH", "Enabled -> Suspended")),
        by("01:13:00", alert("trail_stopped", "MEDIUM", "for ever -> 1 day")),
        by("01:18:00", alert("trail_stopped", "HIGH", "Log group:")),
        by("01:23:00", alert("trail_stopped", "CRITICAL", "on -> off")),
        at_the_end(nothing_is_weaker(), alerts_of_ours(4), outcome("trail_stopped", Outcome.ACTED, times=4)),
    ],
)

UNNOTICED = Scenario(
    name="trail_stopped.unnoticed",
    title="An event was lost: the hourly look finds the change",
    parameters=ENFORCE,
    lasts="03:10:00",
    given=(no_looks_for_floods(),),
    when=[at("01:30:00", unrecorded(on_trail(mallory, "stop_logging")))],
    then=[
        by("02:03:00", alert("trail_stopped", "CRITICAL", "found by looking", subject="logging")),
        at_the_end(trail_logs(on=True), alerts_of_ours(1)),
    ],
)

EXPECTED = Scenario(
    name="trail_stopped.expected",
    title="A deployer's change is the new baseline; what somebody else changes meanwhile is not",
    parameters=(("IgnoredPrincipals", "arn:aws:iam::123456789012:user/deploy-*"),),
    lasts="02:10:00",
    given=(no_looks_for_floods(),),
    when=[
        at(
            LATER,
            on_bucket(deployer, "put_object_lock_configuration", ObjectLockConfiguration=LOCKED_A_DAY),
            unrecorded(
                on_bucket(mallory, "put_bucket_notification_configuration", NotificationConfiguration={})
            ),
        ),
    ],
    then=[
        by("01:08:00", outcome("trail_stopped", Outcome.SUPPRESSED)),
        by(
            "02:03:00",
            alert("trail_stopped", "HIGH", "EventBridge:", without=("Object Lock",), subject="eventbridge"),
        ),
        at_the_end(alerts_of_ours(1)),
    ],
)


def _listens_to(actor: Actor, topic: str) -> Action:
    """A topic that is made without a policy lets in everybody of its account."""

    def do(world: World, caller: Any) -> None:
        try:
            world.client(caller, "sns").subscribe(
                TopicArn=world.home.resources[topic].physical_id, Protocol="email", Endpoint="me@example.com"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "AuthorizationError":
                raise
        else:
            raise AssertionError(f"{actor.name} could subscribe to {topic}")

    return actor.does(f"subscribes to {topic}, and is refused", do)


REFUSED = Scenario(
    name="trail_stopped.refused",
    title="An intern tries to stop the trail and may not; changes to other trails send no alert",
    when=[
        at(
            "00:00",
            intern.calls("cloudtrail", "stop_logging", Name=OWN_TRAIL, refused="AccessDeniedException"),
            intern.calls("cloudtrail", "stop_logging", Name="another", refused="AccessDeniedException"),
            *(_listens_to(intern, topic) for topic in ("AlertTopic", "CisTopic")),
        )
    ],
    then=[
        by("02:30", alert("trail_stopped", "MEDIUM", "user/intern", "192.0.2.15", "no (AccessDenied")),
        at_the_end(trail_logs(on=True), alerts_of_ours(1)),
    ],
)

DELIVERING = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": ["s3:GetBucketAcl", "s3:PutObject"],
            "Resource": ["arn:aws:s3:::elsewhere-logs", "arn:aws:s3:::elsewhere-logs/*"],
        }
    ],
}


def trail_elsewhere(region: str) -> Given:
    """A trail whose home is another region, with its own bucket and log group there."""

    def do(world: World) -> None:
        s3, trails, logs = (
            world.client(world.user("builder"), service, region) for service in ("s3", "cloudtrail", "logs")
        )
        s3.create_bucket(Bucket="elsewhere-logs")
        s3.put_bucket_policy(Bucket="elsewhere-logs", Policy=json.dumps(DELIVERING))
        logs.create_log_group(logGroupName="elsewhere")
        trails.create_trail(
            Name="elsewhere",
            S3BucketName="elsewhere-logs",
            IsMultiRegionTrail=True,
            EnableLogFileValidation=True,
        )
        trails.start_logging(Name="elsewhere")

    return Given(f"a trail of all regions in {region}", do)


def elsewhere(operation: str, name: str = "Name", **parameters: Any) -> Action:
    """A call on the trail in us-east-1."""
    return mallory.calls("cloudtrail", operation, region="us-east-1", **{name: "elsewhere"}, **parameters)


ELSEWHERE = Scenario(
    name="trail_stopped.elsewhere",
    title="The stack is in Ireland, the trail in Virginia: its spoke forwards every change",
    home="eu-west-1",
    spokes=("us-east-1",),
    before={
        "Resources": {
            "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "elsewhere"}},
        }
    },
    given=(trail_elsewhere("us-east-1"),),
    parameters=(
        ("ExistingTrailArn", "arn:aws:cloudtrail:us-east-1:123456789012:trail/elsewhere"),
        ("ExistingTrailBucket", "elsewhere-logs"),
        ("ExistingTrailGroup", "elsewhere"),
    ),
    lasts="20:00",
    when=[
        at("00:00", elsewhere("update_trail", EnableLogFileValidation=False)),
        at("03:00", elsewhere("put_event_selectors", "TrailName", EventSelectors=[WRITES_ONLY])),
        at("06:00", elsewhere("stop_logging"), elsewhere("start_logging")),
        at("12:00", elsewhere("delete_trail")),
    ],
    then=[
        by("02:59", alert("trail_stopped", "HIGH", "Log file validation:", "--region us-east-1")),
        by("05:59", alert("trail_stopped", "CRITICAL", "Events recorded:", subject="records was changed")),
        by("11:59", alert("trail_stopped", "CRITICAL", subject="Logging of the audit trail")),
        by("15:59", alert("trail_stopped", "CRITICAL", "there -> gone", subject="was deleted")),
        at_the_end(alerts_of_ours(4)),
    ],
)

ARCHIVE = "company-archive"


def _archive(watched: str = "123456789012") -> dict[str, Any]:
    """The archive account's template, its parameters given: `watched`, the account whose trail it keeps."""
    template: dict[str, Any] = json.loads(json.dumps(archive()))
    template["Parameters"]["WatchedAccount"]["Default"] = watched
    arn = f"arn:aws:cloudtrail:us-east-1:{watched}:trail/{OWN_TRAIL}"
    template["Parameters"]["TrailArn"]["Default"] = arn
    template["Resources"]["ArchiveBucket"]["Properties"]["BucketName"] = ARCHIVE
    return template


ARCHIVED = Scenario(
    name="trail_stopped.archived",
    title="The logs go to an archive account: the trail is watched from here, the bucket is not",
    before=_archive(),
    parameters=(("ArchiveBucket", ARCHIVE), *ENFORCE),
    lasts="02:20:00",
    given=(no_looks_for_floods(),),
    when=[
        at("00:10:00", mallory.calls("s3", "delete_public_access_block", Bucket=ARCHIVE)),
        at("02:05:00", on_trail(mallory, "stop_logging")),
        at("02:10:00", asks(alice, 1)),
    ],
    then=[
        by("02:08:00", alert("trail_stopped", "CRITICAL", "on -> off", without=("Could not look",))),
        by("02:20:00", validation_is(state="done", verdict="sound")),
        at_the_end(trail_logs(on=True), alerts_of_ours(1), no_more_alerts_than(0, of="trail_digest")),
    ],
)


WATCHED, STRANGE = "111111111111", "222222222222"


def archive_read_by(account: str) -> Check:
    """Administrators of this other account may list the archive's versions and fetch its files; others not.

    IAM is asked: moto shows an account no other account's buckets.
    """
    asked = {"s3:ListBucketVersions": f"arn:aws:s3:::{ARCHIVE}", "s3:GetObject": f"arn:aws:s3:::{ARCHIVE}/x"}

    def judge(world: World) -> str | None:
        may = [
            (each, action)
            for each in (WATCHED, STRANGE)
            for action, resource in asked.items()
            if world.identity.judge(world.user("auditor", account=each), action, resource).allowed
        ]
        return None if may == [(account, action) for action in asked] else f"allowed is {may or 'nothing'}"

    return Check(f"{account} may read the archive, and nobody else", judge)


def archive_is_locked(mode: str, days: int, *, moves: int, forgets: int) -> Check:
    """How long no version can be deleted; after how many days files move to Glacier, and old versions go."""

    def judge(s3: Any) -> str | None:
        lock = s3.get_object_lock_configuration(Bucket=ARCHIVE)["ObjectLockConfiguration"]["Rule"]
        (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=ARCHIVE)["Rules"]
        found = (
            lock["DefaultRetention"],
            [each["Days"] for each in rule["Transitions"]],
            rule["NoncurrentVersionExpiration"]["NoncurrentDays"],
        )
        return None if found == ({"Mode": mode, "Days": days}, [moves], forgets) else f"it is {found}"

    return state(f"the archive is locked for {days} days ({mode})", judge, "s3")


ARCHIVE_ACCOUNT = Scenario(
    name="trail_stopped.archive_account",
    title="This is the archive account: the watched account may read it, and only CloudTrail writes",
    before=_archive(WATCHED),
    lasts="01:00",
    when=at(
        "00:00",
        mallory.calls("s3", "put_object", Bucket=ARCHIVE, Key="AWSLogs/x", Body=b"", refused="AccessDenied"),
    ),
    then=at_the_end(
        archive_read_by(WATCHED),
        archive_is_locked("GOVERNANCE", 365, moves=90, forgets=400),
        alerts_of_ours(0),
    ),
)


def group_may(policy: str) -> Check:
    """Whether a group of the account has this policy of AWS's."""

    def judge(iam: Any) -> str | None:
        groups = [each["GroupName"] for each in iam.list_groups()["Groups"]]
        held = {name: iam.list_group_policies(GroupName=name)["PolicyNames"] for name in groups}
        return None if [policy] in held.values() else f"the groups hold {held}"

    return state(f"a group holds {policy}", judge, "iam")


AUDITED = Scenario(
    name="trail_stopped.auditors",
    title="With its parameter set, the stack makes the two IAM groups for auditing",
    parameters=(("AuditGroups", "yes"),),
    lasts="00:10",
    when=(),
    then=at_the_end(group_may("AWSCloudTrail_FullAccess"), group_may("AWSCloudTrail_ReadOnlyAccess")),
)

UNREAD = Scenario(
    name="trail_stopped.unread",
    title="Whether the trail logs can't be read, for a minute: it never reads as well, and is started then",
    parameters=ENFORCE,
    lasts="01:15:00",
    given=(no_looks_for_floods(),),
    when=[
        at(LATER, fails("cloudtrail", "GetTrailStatus", calls=1), on_trail(mallory, "stop_logging")),
    ],
    then=[
        by(
            "01:08:30",
            unless_it_dies(alert("trail_stopped", "CRITICAL", "Could not look", "user/mallory")),
            alert("trail_stopped", "CRITICAL", "on -> off", "Trailwarden did:"),
        ),
        at_the_end(trail_logs(on=True), alerts_of_ours(2), never_well()),
    ],
)

# What a function reads of the bucket; the API names another action for two of them.
READS = (
    "s3:GetBucketPolicy",
    "s3:GetBucketVersioning",
    "s3:GetLifecycleConfiguration",
    "s3:GetBucketNotification",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetEncryptionConfiguration",
)


def _shuts_out() -> Action:
    """The policy as it is, and that nobody but mallory may read how the bucket is set."""

    def do(world: World, caller: Caller) -> None:
        s3, bucket = world.client(caller, "s3"), trail_bucket(world)
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        policy["Statement"].append(
            {
                "Sid": "NobodyLooks",
                "Effect": "Deny",
                "Principal": "*",
                "Action": list(READS),
                "Resource": f"arn:aws:s3:::{bucket}",
                "Condition": {"StringNotEquals": {"aws:PrincipalArn": caller.arn}},
            }
        )
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    return mallory.does("writes into the bucket's policy that nobody else may look at the bucket", do)


SHUT_OUT = Scenario(
    name="trail_stopped.shut_out",
    title="Somebody denies us to look at the bucket, by its policy: that is told, and the policy put back",
    parameters=ENFORCE,
    lasts="01:15:00",
    given=(no_looks_for_floods(),),
    denied=READS,
    when=[at(LATER, _shuts_out())],
    then=[
        by(
            "01:08:00",
            alert(
                "trail_stopped",
                "HIGH",
                "user/mallory",
                "Could not look",
                "Trailwarden did:",
                "put-bucket-policy",
            ),
            alert("trail_stopped", "HIGH", "GetBucketVersioning", subject="was not allowed to look"),
        ),
        at_the_end(nothing_is_weaker(), alerts_of_ours(2), never_well()),
    ],
)


def _edits_policy(actor: Actor, words: str, *, adds: Mapping[str, Any]) -> Action:
    """Add a statement to the bucket's policy."""

    def do(world: World, caller: Caller) -> None:
        s3, bucket = world.client(caller, "s3"), trail_bucket(world)
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        resource = f"arn:aws:s3:::{bucket}"
        policy["Statement"].append({"Effect": "Deny", "Principal": "*", "Resource": resource, **adds})
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    return actor.does(words, do)


_NO_ROLE_BLOCKS = {
    "Sid": "NoRoleBlocks",
    "Action": "s3:PutBucketPublicAccessBlock",
    "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}},
}
_AS_THE_DEPLOYER_WANTS = {
    "BlockPublicAcls": False,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def blocks_are(wanted: Mapping[str, bool]) -> Check:
    """The bucket's public access block is this one."""

    def judge(world: World) -> str | None:
        with world.calls.muted():
            s3 = world.client(world.user("reader"), "s3")
            found = s3.get_public_access_block(Bucket=trail_bucket(world))["PublicAccessBlockConfiguration"]
        return None if found == wanted else f"it is {found}"

    return Check("the bucket's public access is blocked as the deployer wants", judge)


REDRIVEN_LATE = Scenario(
    name="trail_stopped.redriven_late",
    title="What could not be restored is sent again after a deployer's change: the old state stays away",
    parameters=(
        *ENFORCE,
        ("IgnoredPrincipals", "arn:aws:iam::123456789012:user/deploy-*"),
        ("Operators", "arn:aws:iam::123456789012:user/deploy-bot"),
    ),
    lasts="01:10:00",
    denied=("s3:PutBucketPublicAccessBlock",),
    when=[
        at(
            "05:00",
            _edits_policy(mallory, "keeps every role from blocking", adds=_NO_ROLE_BLOCKS),
            on_bucket(mallory, "delete_public_access_block"),
        ),
        # After all tries at what comes a quarter of an hour late: until an hourly look has confirmed the
        # deployer's change, nobody can tell it from what the deed has left, and the old state is put back.
        at(
            "26:00",
            lifts_the_policy(deployer),
            on_bucket(
                deployer, "put_public_access_block", PublicAccessBlockConfiguration=_AS_THE_DEPLOYER_WANTS
            ),
        ),
        at("01:05:00", redrives(deployer, "trail_stopped")),
    ],
    then=[
        by("08:00", heard_of("trail_stopped", "HIGH", "could not do:", "Public access:", "user/mallory")),
        at_the_end(
            heard_of("trail_stopped", "HIGH", "Superseded", "Not called for any more", "user/mallory"),
            blocks_are(_AS_THE_DEPLOYER_WANTS),
            nothing_is_weaker(),
        ),
    ],
)

MANAGEMENT_ALONE = {
    "AdvancedEventSelectors": [
        {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
    ]
}

DATA_EVENTS_LEFT_OUT = Scenario(
    name="trail_stopped.data_events_left_out",
    title="Before the first hourly look the trail is to record no data events: known by the deploy, put back",
    parameters=ENFORCE,
    when=[at("05:00", on_trail(mallory, "put_event_selectors", **MANAGEMENT_ALONE))],
    then=[
        by("07:30", alert("trail_stopped", "CRITICAL", "Trailwarden did:", subject="records was changed")),
        at_the_end(outcome("trail_stopped", Outcome.ACTED), no_more_alerts_than(1, of="trail_stopped")),
    ],
)

SCENARIOS = (
    SCENARIO,
    ENFORCED,
    DELETED,
    WEAKENED,
    FIRST_DAY,
    DATA_EVENTS_LEFT_OUT,
    CAPPED,
    BUCKET,
    GROUP,
    EXISTING,
    UNNOTICED,
    EXPECTED,
    REFUSED,
    ELSEWHERE,
    ARCHIVED,
    ARCHIVE_ACCOUNT,
    AUDITED,
    UNREAD,
    SHUT_OUT,
    REDRIVEN_LATE,
)
