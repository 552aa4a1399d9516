"""A caller, and a call, as the simulated AWS sees them.

Sources: IAM identifiers and CloudTrail's userIdentity element,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any


class CallerKind(StrEnum):
    """CloudTrail's `userIdentity.type`, for those the simulated AWS knows."""

    ROOT = "Root"
    IAM_USER = "IAMUser"
    ASSUMED_ROLE = "AssumedRole"
    FEDERATED_USER = "FederatedUser"
    AWS_SERVICE = "AWSService"
    ANONYMOUS = "Anonymous"  # nobody signed; no page of AWS's shows CloudTrail's word for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """An identity that signs calls.

    `arn`: `arn:aws:iam::ACCT:root`, `...:user/NAME`, `arn:aws:sts::ACCT:assumed-role/ROLE/SESSION`,
    `arn:aws:sts::ACCT:federated-user/NAME`, or "" for a service. `policies`: identity policy documents that
    come with the caller itself (an actor of a scenario); those in the account's IAM are read when a call is
    judged. `session_policies`: those handed in when a session began; None where none were. `tags` and
    `source_identity` are the session's. `session_token`: the token of temporary credentials, `expires`: their
    end. `service`: `cloudtrail.amazonaws.com` for a service. `invoked_by`: the service that calls in this
    caller's name, such as `cloudformation.amazonaws.com`; "" where it calls itself. `service_role`: that
    service has assumed the role itself, and nobody's session is passed on.
    """

    kind: CallerKind
    account: str
    arn: str = ""
    principal_id: str = ""
    name: str = ""  # user name, or role name
    session: str = ""  # role session name
    access_key_id: str = ""
    service: str = ""
    source_ip: str = "198.51.100.20"
    user_agent: str = "aws-cli/2.28.1 md/awscrt#0.27.6 ua/2.1 os/linux#6.1 lang/python#3.13"
    mfa: bool = False
    session_created: datetime | None = None
    policies: tuple[Mapping[str, Any], ...] = ()
    path: str = "/"  # of the role, or of the user behind a federated user
    session_policies: tuple[Mapping[str, Any], ...] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tags: frozenset[str] = frozenset()
    source_identity: str = ""
    session_token: str = ""
    expires: datetime | None = None
    function_arn: str = ""  # of the function whose credentials these are
    ec2_role_delivery: str = ""  # "1.0" or "2.0": handed out by EC2's metadata service, by that version of it
    vpc_endpoint: tuple[str, str] = ("", "")  # that its calls go through, and whose it is
    invoked_by: str = ""
    service_role: bool = False

    def begun(self, *, access_key_id: str, token: str, at: datetime, until: datetime) -> "Caller":
        """The same with temporary credentials."""
        return replace(
            self, access_key_id=access_key_id, session_token=token, session_created=at, expires=until
        )

    def through(self, service: str) -> "Caller":
        """The same in a forward access session: an AWS service calls with this caller's identity.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
        """
        key = f"ASIA{hashlib.sha256(f'{self.arn} {service}'.encode()).hexdigest()[:16].upper()}"
        return replace(
            self, invoked_by=service, source_ip=service, user_agent=service, access_key_id=key, expires=None
        )

    def on_service_role(self, service: str) -> "Caller":
        """The same as a role's session of an AWS service, such as an execution's of Systems Manager.

        CloudTrail names the service; to IAM it is no call on somebody else's behalf (aws:ViaAWSService).
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        return replace(self.through(service), service_role=True)

    @property
    def role_arn(self) -> str:
        """The role behind an assumed-role session."""
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"

    @property
    def user_arn(self) -> str:
        """The user behind a federated user."""
        return f"arn:aws:iam::{self.account}:user{self.path}{self.name}"


def session_on(role_arn: str, session: str) -> Caller:
    """Whoever has assumed a role, under this session name; without credentials yet."""
    account, path = role_arn.split(":", 5)[4], role_arn.partition(":role")[2]
    above, _, name = path.rpartition("/")
    return Caller(
        kind=CallerKind.ASSUMED_ROLE,
        account=account,
        arn=f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        name=name,
        path=f"{above}/",
        session=session,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One API call that was made. CloudTrail records it.

    `service` is botocore's name (`dynamodb`, `s3`, `events`), `operation` AWS's (`DeleteTable`), `parameters`
    and `response` are boto3's (parsed; response without ResponseMetadata). `error` is (code, message).
    """

    sequence: int
    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str
    caller: Caller
    moment: datetime
    response: Mapping[str, Any] | None = None
    error: tuple[str, str] | None = None
    context: Mapping[str, str] = field(default_factory=dict)  # IAM condition keys, such as aws:SourceArn
