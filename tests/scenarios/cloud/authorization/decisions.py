"""A table of decisions: who asks for what, which policies bear on it, and what AWS answers.

`expected`: "allow", "explicit" (a Deny decides) or "implicit" (nothing allows). `differs`: why another
evaluator answers otherwise, and who is right.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and the
pages that `policy` and `conditions` name.
"""

from dataclasses import dataclass, field
from typing import Any

HERE, THERE, MANAGEMENT = "111111111111", "222222222222", "999999999999"
ALLOW, EXPLICIT, IMPLICIT = "allow", "explicit", "implicit"
BUCKET, OBJECT, OTHERS = "arn:aws:s3:::b", "arn:aws:s3:::b/home/k", "arn:aws:s3:::b/secret/k"
QUEUE = f"arn:aws:sqs:eu-west-1:{HERE}:q"
KEY = f"arn:aws:kms:eu-west-1:{HERE}:key/1"
NOW = "2026-03-02T03:00:00Z"


@dataclass(frozen=True, kw_only=True)
class Who:
    """A principal: `arn`, and of a session the role or user behind it."""

    arn: str
    role_arn: str = ""
    user_arn: str = ""

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]


USER = Who(arn=f"arn:aws:iam::{HERE}:user/dev")
SESSION = Who(arn=f"arn:aws:sts::{HERE}:assumed-role/app/s", role_arn=f"arn:aws:iam::{HERE}:role/app")
FEDERATED = Who(arn=f"arn:aws:sts::{HERE}:federated-user/bob", user_arn=USER.arn)
ROOT = Who(arn=f"arn:aws:iam::{HERE}:root")
STRANGER = Who(arn=f"arn:aws:iam::{THERE}:user/dev")
MANAGER = Who(arn=f"arn:aws:iam::{MANAGEMENT}:user/dev")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One decision; policies are lists of statements, None where there is no such policy."""

    name: str
    expected: str
    who: Who = USER
    action: str = "s3:GetObject"
    resource: str = OBJECT
    owner: str = HERE
    context: dict[str, Any] = field(default_factory=dict)
    identity: list[Any] = field(default_factory=list)
    on_resource: list[Any] | None = None
    boundary: list[Any] | None = None
    session: list[Any] | None = None
    scps: list[list[Any]] = field(default_factory=list)
    rcps: list[list[Any]] = field(default_factory=list)
    version: str | None = "2012-10-17"
    differs: str = ""

    def document(self, statements: list[Any]) -> dict[str, Any]:
        written: dict[str, Any] = {"Statement": statements}
        return written if self.version is None else {"Version": self.version, **written}


def row(name, expected, **more):
    return Row(name=name, expected=expected, **more)


def allow(*actions, on="*", **more):
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def deny(*actions, on="*", **more):
    return {**allow(*actions, on=on, **more), "Effect": "Deny"}


def to(principal, statement):
    return {**statement, "Principal": principal if isinstance(principal, (str, dict)) else {"AWS": principal}}


def aws(who):
    return {"AWS": who}


def role(account, name):
    return f"arn:aws:iam::{account}:role/{name}"


def without(statement, *names):
    return {key: value for key, value in statement.items() if key not in names}


# ---- where the other evaluator is wrong ---------------------------------------------------------

_OF_2008 = (
    "it fills in variables in a policy of 2008; AWS takes them for letters there: "
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"
)
_ADDED = (
    "it lets a session policy limit what a resource policy gives to the session's own ARN; AWS adds that: "
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session"
)
_ALL_POWERFUL = (
    "it asks for an identity policy of the root user, who can have none and needs none: "
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html"
)
_NOT_SNS = (
    "it lets a resource control policy speak of SNS, which is not among the services that have them: "
    "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html"
)

# ---- elements of a statement --------------------------------------------------------------------

_ELEMENTS = [
    row("no policy", IMPLICIT),
    row("all of everything", ALLOW, identity=[allow("*")]),
    row("the action itself", ALLOW, identity=[allow("s3:GetObject")]),
    row("case of an action", ALLOW, identity=[allow("S3:getobject")]),
    row("another action", IMPLICIT, identity=[allow("s3:PutObject")]),
    row("a run of characters", ALLOW, identity=[allow("s3:Get*")]),
    row("a run in the middle", ALLOW, identity=[allow("s3:*Object")]),
    row("one character", ALLOW, identity=[allow("s3:Get?bject")]),
    row("one character too many", IMPLICIT, identity=[allow("s3:GetObject?")]),
    row("another service", IMPLICIT, identity=[allow("sqs:*")]),
    row("a deny beside an allow", EXPLICIT, identity=[allow("*"), deny("s3:GetObject")]),
    row("a deny before the allow", EXPLICIT, identity=[deny("s3:Get*"), allow("s3:GetObject")]),
    row("a deny of something else", ALLOW, identity=[allow("*"), deny("s3:PutObject")]),
    row("a deny of another resource", ALLOW, identity=[allow("*"), deny("*", on=OTHERS)]),
    row("a deny alone", EXPLICIT, identity=[deny("*")]),
    row(
        "NotAction leaves it out",
        IMPLICIT,
        identity=[{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}],
    ),
    row(
        "NotAction lets it in",
        ALLOW,
        identity=[{"Effect": "Allow", "NotAction": ["iam:*", "sqs:*"], "Resource": "*"}],
    ),
    row(
        "a deny of all but",
        EXPLICIT,
        identity=[allow("*"), {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}],
    ),
    row(
        "a deny spares what NotAction names",
        ALLOW,
        identity=[allow("*"), {"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*"}],
    ),
    row("the resource itself", ALLOW, identity=[allow("s3:GetObject", on=OBJECT)]),
    row("a folder", ALLOW, identity=[allow("s3:GetObject", on=f"{BUCKET}/home/*")]),
    row("another folder", IMPLICIT, identity=[allow("s3:GetObject", on=f"{BUCKET}/secret/*")]),
    row("the bucket is not its objects", IMPLICIT, identity=[allow("s3:*", on=BUCKET)]),
    row(
        "objects are not the bucket",
        IMPLICIT,
        action="s3:ListBucket",
        resource=BUCKET,
        identity=[allow("s3:*", on=f"{BUCKET}/*")],
    ),
    row("one of two resources", ALLOW, identity=[allow("s3:*", on=[BUCKET, f"{BUCKET}/*"])]),
    row("case of a resource", IMPLICIT, identity=[allow("s3:*", on=f"{BUCKET}/HOME/*")]),
    row(
        "NotResource leaves it out",
        IMPLICIT,
        identity=[{"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/home/*"}],
    ),
    row(
        "NotResource lets it in",
        ALLOW,
        identity=[{"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/secret/*"}],
    ),
    row(
        "a deny of all but a resource",
        EXPLICIT,
        identity=[allow("*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": OTHERS}],
    ),
    row(
        "one statement without a list",
        ALLOW,
        identity={"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    ),
    row("the version of 2008", ALLOW, version="2008-10-17", identity=[allow("s3:*")]),
    row("no version", ALLOW, version=None, identity=[allow("s3:*")]),
    row(
        "a variable",
        ALLOW,
        identity=[allow("s3:*", on="arn:aws:s3:::b/${aws:username}/*")],
        resource="arn:aws:s3:::b/dev/k",
    ),
    row(
        "another's folder by a variable",
        IMPLICIT,
        identity=[allow("s3:*", on="arn:aws:s3:::b/${aws:username}/*")],
        resource="arn:aws:s3:::b/ops/k",
    ),
    row(
        "a variable without a value",
        IMPLICIT,
        who=SESSION,
        identity=[allow("s3:*", on="arn:aws:s3:::b/${aws:username}/*")],
        resource="arn:aws:s3:::b/dev/k",
    ),
    row(
        "a variable's default",
        ALLOW,
        who=SESSION,
        identity=[allow("s3:*", on="arn:aws:s3:::b/${aws:username, 'all'}/*")],
        resource="arn:aws:s3:::b/all/k",
    ),
    row(
        "a variable in the version of 2008",
        IMPLICIT,
        version="2008-10-17",
        identity=[allow("s3:*", on="arn:aws:s3:::b/${aws:username}/*")],
        resource="arn:aws:s3:::b/dev/k",
        differs=_OF_2008,
    ),
    row("two policies add up", ALLOW, identity=[allow("s3:List*"), allow("s3:Get*")]),
    row("a Sid", ALLOW, identity=[allow("s3:*", Sid="Read")]),
    row(
        "an action without a resource",
        ALLOW,
        action="s3:ListAllMyBuckets",
        resource="*",
        identity=[allow("s3:ListAllMyBuckets")],
    ),
    row(
        "an action without a resource, on one",
        IMPLICIT,
        action="s3:ListAllMyBuckets",
        resource="*",
        identity=[allow("s3:*", on=BUCKET)],
    ),
]

# ---- conditions ---------------------------------------------------------------------------------

# (operator, key, the policy's values, the request's value or None, whether it holds)
_CONDITIONS = [
    ("StringEquals", "aws:RequestedRegion", "eu-west-1", "eu-west-1", True),
    ("StringEquals", "aws:RequestedRegion", ["us-east-1", "eu-west-1"], "eu-west-1", True),
    ("StringEquals", "aws:RequestedRegion", "eu-west-1", "EU-WEST-1", False),
    ("StringEquals", "aws:RequestedRegion", "eu-*", "eu-west-1", False),
    ("StringEquals", "aws:SourceIdentity", "x", None, False),
    ("StringEqualsIfExists", "aws:SourceIdentity", "x", None, True),
    ("StringEqualsIfExists", "aws:SourceIdentity", "x", "y", False),
    ("StringNotEquals", "aws:RequestedRegion", "us-east-1", "eu-west-1", True),
    ("StringNotEquals", "aws:RequestedRegion", ["us-east-1", "eu-west-1"], "eu-west-1", False),
    ("StringNotEquals", "aws:SourceIdentity", "x", None, True),
    ("StringNotEqualsIfExists", "aws:SourceIdentity", "x", None, True),
    ("StringNotEqualsIfExists", "aws:SourceIdentity", "x", "x", False),
    ("StringEqualsIgnoreCase", "aws:RequestedRegion", "EU-West-1", "eu-west-1", True),
    ("StringEqualsIgnoreCase", "aws:RequestedRegion", "EU-West-2", "eu-west-1", False),
    ("StringNotEqualsIgnoreCase", "aws:RequestedRegion", "EU-West-1", "eu-west-1", False),
    ("StringNotEqualsIgnoreCase", "aws:RequestedRegion", "EU-West-2", "eu-west-1", True),
    ("StringLike", "aws:RequestedRegion", "eu-*", "eu-west-1", True),
    ("StringLike", "aws:RequestedRegion", "eu-?est-1", "eu-west-1", True),
    ("StringLike", "aws:RequestedRegion", "EU-*", "eu-west-1", False),
    ("StringLike", "aws:RequestedRegion", ["us-*", "eu-*"], "eu-west-1", True),
    ("StringNotLike", "aws:RequestedRegion", "eu-*", "eu-west-1", False),
    ("StringNotLike", "aws:RequestedRegion", "us-*", "eu-west-1", True),
    ("StringNotLike", "aws:SourceIdentity", "x*", None, True),
    ("StringEquals", "aws:PrincipalTag/team", "blue", "blue", True),
    ("StringEquals", "aws:PrincipalTag/team", "blue", "red", False),
    ("StringEquals", "AWS:PRINCIPALTAG/TEAM", "blue", "blue", True),
    ("StringEquals", "aws:PrincipalTag/team", "${aws:RequestedRegion}", "eu-west-1", True),
    ("NumericEquals", "aws:MultiFactorAuthAge", "300", "300", True),
    ("NumericEquals", "aws:MultiFactorAuthAge", "300", "301", False),
    ("NumericNotEquals", "aws:MultiFactorAuthAge", "300", "301", True),
    ("NumericLessThan", "aws:MultiFactorAuthAge", "300", "299", True),
    ("NumericLessThan", "aws:MultiFactorAuthAge", "300", "300", False),
    ("NumericLessThanEquals", "aws:MultiFactorAuthAge", "300", "300", True),
    ("NumericGreaterThan", "aws:MultiFactorAuthAge", "300", "301", True),
    ("NumericGreaterThan", "aws:MultiFactorAuthAge", "300", "300", False),
    ("NumericGreaterThanEquals", "aws:MultiFactorAuthAge", "300", "300", True),
    ("NumericLessThan", "aws:MultiFactorAuthAge", "300", None, False),
    ("NumericLessThanIfExists", "aws:MultiFactorAuthAge", "300", None, True),
    ("DateLessThan", "aws:CurrentTime", "2026-04-01T00:00:00Z", NOW, True),
    ("DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", NOW, False),
    ("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", NOW, True),
    ("DateGreaterThan", "aws:CurrentTime", "2026-01-01", NOW, True),
    ("DateEquals", "aws:CurrentTime", NOW, NOW, True),
    ("DateNotEquals", "aws:CurrentTime", NOW, NOW, False),
    ("DateLessThanEquals", "aws:CurrentTime", NOW, NOW, True),
    ("DateGreaterThanEquals", "aws:CurrentTime", NOW, NOW, True),
    ("Bool", "aws:SecureTransport", "true", "true", True),
    ("Bool", "aws:SecureTransport", "false", "true", False),
    ("Bool", "aws:MultiFactorAuthPresent", "true", None, False),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", "true", None, True),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", "true", "false", False),
    ("Null", "aws:MultiFactorAuthPresent", "true", None, True),
    ("Null", "aws:MultiFactorAuthPresent", "false", None, False),
    ("Null", "aws:MultiFactorAuthPresent", "false", "true", True),
    ("Null", "aws:MultiFactorAuthPresent", "true", "true", False),
    ("IpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.113.7", True),
    ("IpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.114.7", False),
    ("IpAddress", "aws:SourceIp", ["198.51.100.0/24", "203.0.113.7"], "203.0.113.7", True),
    ("IpAddress", "aws:SourceIp", "2001:db8::/32", "2001:db8::1", True),
    ("IpAddress", "aws:SourceIp", "203.0.113.0/24", "2001:db8::1", False),
    ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.113.7", False),
    ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.114.7", True),
    ("ArnEquals", "aws:SourceArn", f"arn:aws:sns:*:{HERE}:*", f"arn:aws:sns:eu-west-1:{HERE}:t", True),
    ("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{HERE}:t*", f"arn:aws:sns:eu-west-1:{HERE}:topic", True),
    ("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{THERE}:*", f"arn:aws:sns:eu-west-1:{HERE}:t", False),
    ("ArnNotLike", "aws:SourceArn", f"arn:aws:sns:*:{THERE}:*", f"arn:aws:sns:eu-west-1:{HERE}:t", True),
    ("ArnNotEquals", "aws:SourceArn", f"arn:aws:sns:*:{HERE}:*", f"arn:aws:sns:eu-west-1:{HERE}:t", False),
    ("ForAnyValue:StringEquals", "aws:TagKeys", ["a", "b"], ["a", "c"], True),
    ("ForAnyValue:StringEquals", "aws:TagKeys", ["a", "b"], ["c"], False),
    ("ForAnyValue:StringEquals", "aws:TagKeys", ["a", "b"], None, False),
    ("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b"], ["a"], True),
    ("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b"], ["a", "c"], False),
    ("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b"], None, True),
    ("ForAllValues:StringLike", "aws:TagKeys", ["a*"], ["a1", "a2"], True),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-1/r-1/ou-1/*", ["o-1/r-1/ou-1/ou-2/"], True),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-1/r-1/ou-1/", ["o-1/r-1/ou-1/ou-2/"], False),
]

# aws:TagKeys comes with a request that tags.
_TAGGING = {"action": "sqs:TagQueue", "resource": QUEUE}


def _condition(number, given):
    operator, key, values, found, holds = given
    context = {} if found is None else {key: found}
    if values == "${aws:RequestedRegion}":
        context["aws:RequestedRegion"] = "eu-west-1"
    allowing = allow("*", Condition={operator: {key: values}})
    denying = deny("*", Condition={operator: {key: values}})
    about = _TAGGING if key == "aws:TagKeys" else {}
    what = f"{number} {operator} {key} {values}: {found}"
    yield row(f"allow if {what}", ALLOW if holds else IMPLICIT, identity=[allowing], context=context, **about)
    yield row(
        f"deny if {what}",
        EXPLICIT if holds else ALLOW,
        identity=[allow("*"), denying],
        context=context,
        **about,
    )


_CONDITIONED = [each for number, given in enumerate(_CONDITIONS) for each in _condition(number, given)]

_TWO = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}, "Bool": {"aws:SecureTransport": "true"}}
_TOGETHER = [
    row(
        "both conditions hold",
        ALLOW,
        identity=[allow("*", Condition=_TWO)],
        context={"aws:RequestedRegion": "eu-west-1", "aws:SecureTransport": "true"},
    ),
    row(
        "one condition fails",
        IMPLICIT,
        identity=[allow("*", Condition=_TWO)],
        context={"aws:RequestedRegion": "eu-west-1", "aws:SecureTransport": "false"},
    ),
]

# ---- who is meant in a resource policy -----------------------------------------------------------

_PRINCIPALS = [
    row("a user by name", ALLOW, on_resource=[to(aws(USER.arn), allow("s3:*"))]),
    row(
        "another user by name",
        IMPLICIT,
        on_resource=[to(aws(f"arn:aws:iam::{HERE}:user/ops"), allow("s3:*"))],
    ),
    row("everybody", ALLOW, on_resource=[to("*", allow("s3:*"))]),
    row("everybody, as AWS", ALLOW, on_resource=[to(aws("*"), allow("s3:*"))]),
    row("the account delegates only", IMPLICIT, on_resource=[to(aws(HERE), allow("s3:*"))]),
    row("the account's root delegates only", IMPLICIT, on_resource=[to(aws(ROOT.arn), allow("s3:*"))]),
    row(
        "the account, and an identity policy",
        ALLOW,
        on_resource=[to(aws(HERE), allow("s3:*"))],
        identity=[allow("s3:*")],
    ),
    row("a role by name", ALLOW, who=SESSION, on_resource=[to(aws(SESSION.role_arn), allow("s3:*"))]),
    row("a session by name", ALLOW, who=SESSION, on_resource=[to(aws(SESSION.arn), allow("s3:*"))]),
    row(
        "another session by name",
        IMPLICIT,
        who=SESSION,
        on_resource=[to(aws(SESSION.arn + "2"), allow("s3:*"))],
    ),
    row(
        "another role by name", IMPLICIT, who=SESSION, on_resource=[to(aws(role(HERE, "ops")), allow("s3:*"))]
    ),
    row(
        "a service is nobody else",
        IMPLICIT,
        on_resource=[to({"Service": "sns.amazonaws.com"}, allow("s3:*"))],
    ),
    row("a deny to a user", EXPLICIT, identity=[allow("*")], on_resource=[to(aws(USER.arn), deny("s3:*"))]),
    row("a deny to the account", EXPLICIT, identity=[allow("*")], on_resource=[to(aws(HERE), deny("s3:*"))]),
    row(
        "a deny to another",
        ALLOW,
        identity=[allow("*")],
        on_resource=[to(aws(f"arn:aws:iam::{HERE}:user/ops"), deny("s3:*"))],
    ),
    row("a deny to everybody", EXPLICIT, identity=[allow("*")], on_resource=[to("*", deny("s3:*"))]),
    row(
        "a deny to a session's role",
        EXPLICIT,
        who=SESSION,
        identity=[allow("*")],
        on_resource=[to(aws(SESSION.role_arn), deny("s3:*"))],
    ),
    row("the policy speaks of another resource", IMPLICIT, on_resource=[to("*", allow("s3:*", on=OTHERS))]),
    row(
        "everybody in an organization",
        ALLOW,
        on_resource=[to("*", allow("s3:*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))],
        context={"aws:PrincipalOrgID": "o-1"},
    ),
    row(
        "nobody outside of it",
        IMPLICIT,
        on_resource=[to("*", allow("s3:*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))],
    ),
    row("a list of principals", ALLOW, on_resource=[to({"AWS": [STRANGER.arn, USER.arn]}, allow("s3:*"))]),
    # ---- other accounts
    row(
        "a stranger, by both sides",
        ALLOW,
        who=STRANGER,
        identity=[allow("s3:*")],
        on_resource=[to(aws(STRANGER.arn), allow("s3:*"))],
    ),
    row(
        "a stranger, account named",
        ALLOW,
        who=STRANGER,
        identity=[allow("s3:*")],
        on_resource=[to(aws(THERE), allow("s3:*"))],
    ),
    row(
        "a stranger without an identity policy",
        IMPLICIT,
        who=STRANGER,
        on_resource=[to(aws(STRANGER.arn), allow("s3:*"))],
    ),
    row("a stranger without a resource policy", IMPLICIT, who=STRANGER, identity=[allow("*")]),
    row(
        "a stranger who isn't named",
        IMPLICIT,
        who=STRANGER,
        identity=[allow("*")],
        on_resource=[to(aws(HERE), allow("s3:*"))],
    ),
    row(
        "a stranger where all are",
        ALLOW,
        who=STRANGER,
        identity=[allow("*")],
        on_resource=[to("*", allow("s3:*"))],
    ),
    row(
        "a stranger denied at home",
        EXPLICIT,
        who=STRANGER,
        identity=[allow("*"), deny("s3:*")],
        on_resource=[to("*", allow("s3:*"))],
    ),
    row(
        "a stranger denied here",
        EXPLICIT,
        who=STRANGER,
        identity=[allow("*")],
        on_resource=[to("*", allow("s3:*")), to(aws(THERE), deny("s3:*"))],
    ),
    # ---- keys and trust, which must agree
    row(
        "a key's policy is silent",
        IMPLICIT,
        action="kms:Decrypt",
        resource=KEY,
        identity=[allow("kms:*")],
        on_resource=[to(aws(role(HERE, "ops")), allow("kms:*"))],
    ),
    row(
        "a key's policy delegates",
        ALLOW,
        action="kms:Decrypt",
        resource=KEY,
        identity=[allow("kms:*")],
        on_resource=[to(aws(ROOT.arn), allow("kms:*"))],
    ),
    row(
        "a key's policy delegates to nobody's policy",
        IMPLICIT,
        action="kms:Decrypt",
        resource=KEY,
        on_resource=[to(aws(ROOT.arn), allow("kms:*"))],
    ),
    row(
        "a key's policy names",
        ALLOW,
        action="kms:Decrypt",
        resource=KEY,
        on_resource=[to(aws(USER.arn), allow("kms:Decrypt"))],
    ),
    row(
        "a trust policy names",
        ALLOW,
        action="sts:AssumeRole",
        resource=role(HERE, "app"),
        on_resource=[without(to(aws(USER.arn), allow("sts:AssumeRole")), "Resource")],
    ),
    row(
        "a trust policy delegates",
        IMPLICIT,
        action="sts:AssumeRole",
        resource=role(HERE, "app"),
        on_resource=[without(to(aws(HERE), allow("sts:AssumeRole")), "Resource")],
    ),
    row(
        "a trust policy is silent",
        IMPLICIT,
        action="sts:AssumeRole",
        resource=role(HERE, "app"),
        identity=[allow("*")],
        on_resource=[without(to(aws(role(HERE, "ops")), allow("sts:AssumeRole")), "Resource")],
    ),
]

# ---- boundaries and sessions --------------------------------------------------------------------

_LIMITS = [
    row("a boundary allows too", ALLOW, identity=[allow("s3:*")], boundary=[allow("s3:Get*")]),
    row("a boundary is silent", IMPLICIT, identity=[allow("*")], boundary=[allow("sqs:*")]),
    row("a boundary grants nothing", IMPLICIT, boundary=[allow("*")]),
    row("a boundary denies", EXPLICIT, identity=[allow("*")], boundary=[allow("*"), deny("s3:*")]),
    row(
        "a user by name passes its boundary",
        ALLOW,
        boundary=[allow("sqs:*")],
        on_resource=[to(aws(USER.arn), allow("s3:*"))],
    ),
    row(
        "a boundary's deny holds all the same",
        EXPLICIT,
        boundary=[deny("s3:*")],
        on_resource=[to(aws(USER.arn), allow("s3:*"))],
    ),
    row(
        "a role by name stays in its boundary",
        IMPLICIT,
        who=SESSION,
        boundary=[allow("sqs:*")],
        on_resource=[to(aws(SESSION.role_arn), allow("s3:*"))],
    ),
    row(
        "a role by name within its boundary",
        ALLOW,
        who=SESSION,
        boundary=[allow("s3:*")],
        on_resource=[to(aws(SESSION.role_arn), allow("s3:*"))],
    ),
    row(
        "a session by name passes the boundary",
        ALLOW,
        who=SESSION,
        boundary=[allow("sqs:*")],
        on_resource=[to(aws(SESSION.arn), allow("s3:*"))],
    ),
    row(
        "a stranger's boundary binds",
        IMPLICIT,
        who=STRANGER,
        identity=[allow("*")],
        boundary=[allow("sqs:*")],
        on_resource=[to(aws(STRANGER.arn), allow("s3:*"))],
    ),
    row(
        "a session policy allows too",
        ALLOW,
        who=SESSION,
        identity=[allow("s3:*")],
        session=[allow("s3:Get*")],
    ),
    row("a session policy is silent", IMPLICIT, who=SESSION, identity=[allow("*")], session=[allow("sqs:*")]),
    row("a session policy grants nothing", IMPLICIT, who=SESSION, session=[allow("*")]),
    row(
        "a session policy denies",
        EXPLICIT,
        who=SESSION,
        identity=[allow("*")],
        session=[allow("*"), deny("s3:*")],
    ),
    row(
        "a session by name passes its policy",
        ALLOW,
        differs=_ADDED,
        who=SESSION,
        session=[allow("sqs:*")],
        on_resource=[to(aws(SESSION.arn), allow("s3:*"))],
    ),
    row(
        "a role by name stays in the session's policy",
        IMPLICIT,
        who=SESSION,
        session=[allow("sqs:*")],
        on_resource=[to(aws(SESSION.role_arn), allow("s3:*"))],
    ),
    row(
        "boundary and session both allow",
        ALLOW,
        who=SESSION,
        identity=[allow("*")],
        boundary=[allow("s3:*")],
        session=[allow("s3:Get*")],
    ),
    row(
        "boundary allows, session doesn't",
        IMPLICIT,
        who=SESSION,
        identity=[allow("*")],
        boundary=[allow("s3:*")],
        session=[allow("sqs:*")],
    ),
    row(
        "a federated user within its session",
        ALLOW,
        who=FEDERATED,
        identity=[allow("*")],
        session=[allow("s3:*")],
    ),
    row(
        "a federated user outside of it",
        IMPLICIT,
        who=FEDERATED,
        identity=[allow("*")],
        session=[allow("sqs:*")],
    ),
    row(
        "a federated user by name",
        ALLOW,
        differs=_ADDED,
        who=FEDERATED,
        session=[allow("sqs:*")],
        on_resource=[to(aws(FEDERATED.arn), allow("s3:*"))],
    ),
]

# ---- organizations ------------------------------------------------------------------------------

FULL = [allow("*")]
_CLOSED = [to("*", deny("s3:*", Condition={"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}))]
_OPEN = [to("*", allow("*"))]
_ORGANIZATIONS = [
    row("full access at each level", ALLOW, identity=[allow("*")], scps=[FULL, FULL, FULL]),
    row("a level that allows nothing", IMPLICIT, identity=[allow("*")], scps=[FULL, [allow("sqs:*")], FULL]),
    row("the root allows nothing", IMPLICIT, identity=[allow("*")], scps=[[allow("sqs:*")], FULL]),
    row("the account allows nothing", IMPLICIT, identity=[allow("*")], scps=[FULL, [allow("sqs:*")]]),
    row("a deny at the root", EXPLICIT, identity=[allow("*")], scps=[[allow("*"), deny("s3:*")], FULL]),
    row("a deny at the account", EXPLICIT, identity=[allow("*")], scps=[FULL, [allow("*"), deny("s3:*")]]),
    row("a control policy grants nothing", IMPLICIT, scps=[FULL, FULL]),
    row(
        "an allow-list at each level",
        ALLOW,
        identity=[allow("*")],
        scps=[[allow("s3:*")], [allow("s3:Get*")]],
    ),
    row(
        "allow-lists that don't meet",
        IMPLICIT,
        identity=[allow("*")],
        scps=[[allow("s3:*")], [allow("sqs:*")]],
    ),
    row("the root user of a member", EXPLICIT, who=ROOT, scps=[[allow("*"), deny("s3:*")]]),
    row(
        "a region fence, inside",
        ALLOW,
        identity=[allow("*")],
        scps=[[allow("*"), deny("*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})]],
        context={"aws:RequestedRegion": "eu-west-1"},
    ),
    row(
        "a region fence, outside",
        EXPLICIT,
        identity=[allow("*")],
        scps=[[allow("*"), deny("*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})]],
        context={"aws:RequestedRegion": "us-east-1"},
    ),
    row(
        "a control policy on a named user",
        EXPLICIT,
        on_resource=[to(aws(USER.arn), allow("s3:*"))],
        scps=[[allow("*"), deny("s3:*")]],
    ),
    row(
        "a member goes abroad under its own",
        EXPLICIT,
        who=STRANGER,
        identity=[allow("*")],
        on_resource=[to("*", allow("s3:*"))],
        scps=[[allow("*"), deny("s3:*")]],
    ),
    row(
        "a resource control policy for insiders",
        ALLOW,
        identity=[allow("*")],
        rcps=[_OPEN, _CLOSED + _OPEN],
        context={"aws:PrincipalOrgID": "o-1"},
    ),
    row(
        "a resource control policy against outsiders",
        EXPLICIT,
        who=STRANGER,
        identity=[allow("*")],
        on_resource=[to("*", allow("s3:*"))],
        rcps=[_OPEN, _CLOSED + _OPEN],
        context={"aws:PrincipalOrgID": "o-2"},
    ),
    row(
        "a resource control policy of another service",
        ALLOW,
        identity=[allow("*")],
        rcps=[[to("*", deny("sqs:*")), *_OPEN]],
    ),
    row(
        "a resource control policy and sns",
        ALLOW,
        action="sns:Publish",
        resource=f"arn:aws:sns:eu-west-1:{HERE}:t",
        identity=[allow("*")],
        rcps=[[to("*", deny("sns:*")), *_OPEN]],
        differs=_NOT_SNS,
    ),
]

_ROOT_USER = [
    row("the root user needs no policy", ALLOW, who=ROOT, differs=_ALL_POWERFUL),
    row("the root user and a deny", EXPLICIT, who=ROOT, on_resource=[to("*", deny("s3:*"))]),
]

ROWS = (*_ELEMENTS, *_CONDITIONED, *_TOGETHER, *_PRINCIPALS, *_LIMITS, *_ORGANIZATIONS, *_ROOT_USER)
