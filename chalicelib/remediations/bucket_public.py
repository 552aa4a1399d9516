"""A bucket was made public, or the block that keeps buckets from being public was taken away.

A bucket is public by its policy or by its ACL, as long as S3 Block Public Access of the bucket or of the
account, four settings each, doesn't hold that back. To open one, an attacker first takes the block away.

What we do: after each call that can open a bucket we read its policy, ACL and block, and the account's block.
Public is HIGH, with what makes it so; a policy that lets a stranger's account or organization in is HIGH
(`TrustedAccounts` names those that are ours), and one that lets in whoever comes from a network, by an
address or a VPC, is MEDIUM; a block of which a setting is off, while nothing is public yet, is MEDIUM. The
account's block, weakened or taken away, is HIGH. In mode enforce a bucket that is public, or whose block this
call took away, has its block put back whole: policy and ACL stay as they are, and let in nobody from outside.
The account's block is put back as event history last saw it set; where it doesn't know, the alert has the
command, since buckets that are public on purpose would be closed.

What we leave alone: policies and ACLs themselves; a stranger who is let in by name, which only people can
judge; objects' own ACLs, which no management event tells; access points; refused attempts. A bucket with the
tag of the parameter `ExpectedTag` is told as LOW.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.evidence.earlier import earlier_calls
from chalicelib.evidence.excuse import SETTING as EXPECTED_TAG_KEY
from chalicelib.evidence.lately import GRANTS as LATELY
from chalicelib.evidence.outsiders import EVERYBODY, NETWORK, let_in
from chalicelib.evidence.outsiders import GRANTS as OUTSIDERS
from chalicelib.evidence.outsiders import SETTING as TRUSTED
from chalicelib.evidence.seen import Seen, blind, see, tags_of, tell
from chalicelib.looking import answer
from chalicelib.references import EXPECTED_PRINCIPALS, EXPECTED_TAG, TRUSTED_ACCOUNTS
from chalicelib.remediation import (
    Asked,
    Call,
    DeclaredCall,
    Grant,
    Plan,
    Proof,
    ProvenBy,
    Remediation,
    Severity,
    Undoing,
    Way,
)
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.triggers import OnEvent
from chalicelib.wording import some

NAME = "bucket_public"
_UNBLOCKS = ("PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock")
_OF_ACCOUNT = ("PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock")
_DONE: Mapping[str, Any] = {
    "source": ["aws.s3"],
    "detail-type": ["AWS API Call via CloudTrail"],
    "detail": {"eventSource": ["s3.amazonaws.com"], "errorCode": [{"exists": False}]},
}


def _calls(*names: str) -> Mapping[str, Any]:
    return {**_DONE, "detail": {**_DONE["detail"], "eventName": list(names)}}


PATTERN = _calls(
    "CreateBucket",
    "PutBucketPolicy",
    "PutBucketAcl",
    "PutBucketOwnershipControls",
    "DeleteBucketOwnershipControls",
    *_UNBLOCKS,
)
ACCOUNT_PATTERN = _calls(*_OF_ACCOUNT)

_BUCKETS = "arn:${AWS::Partition}:s3:::*"
_ANY_BUCKET = "which bucket is opened isn't known before"
_NO_RESOURCE = "the account's block takes no resource"
GRANTS = (
    *(
        Grant(action=f"s3:{action}", resource=_BUCKETS, because=_ANY_BUCKET)
        for action in ("GetBucketPublicAccessBlock", "GetBucketPolicy", "GetBucketAcl", "GetBucketTagging")
    ),
    Grant(action="s3:GetAccountPublicAccessBlock", resource="*", because=_NO_RESOURCE),
    *OUTSIDERS,
    *LATELY,
    Grant(action="s3:PutBucketPublicAccessBlock", resource=_BUCKETS, because=_ANY_BUCKET, acting=True),
    Grant(action="s3:PutAccountPublicAccessBlock", resource="*", because=_NO_RESOURCE, acting=True),
)
_OF_A_BUCKET = (("s3:PutBucketPublicAccessBlock", "arn:{partition}:s3:::{Bucket}"),)
_OF_THE_ACCOUNT = (("s3:PutAccountPublicAccessBlock", "*"),)
DECLARED_CALLS = (
    DeclaredCall(operation="s3.put_public_access_block", needs=_OF_A_BUCKET),
    DeclaredCall(operation="s3control.put_public_access_block", needs=_OF_THE_ACCOUNT),
)

_WHOLE = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
WHOLE_BLOCK = dict.fromkeys(_WHOLE, True)
_GROUPS = {
    "http://acs.amazonaws.com/groups/global/AllUsers": "everybody",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": "everybody who has any AWS account",
}
_NO_BLOCK, _NO_POLICY = "NoSuchPublicAccessBlockConfiguration", "NoSuchBucketPolicy"
_NO_TAGS, _NO_BUCKET = "NoSuchTagSet", "NoSuchBucket"
_ADVICE = """\
Ask the caller whether this was meant. If the caller is unknown, disable their credentials first.
Who read or wrote meanwhile is in the bucket's access logs or in CloudTrail's data events, if these are on."""
_CLOSES_WHAT_IS_PUBLIC = (
    "With all four settings on, the account's block closes every public bucket, those on purpose too."
)

Block = Mapping[str, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may come into a bucket. `block`, `of_account`: the public access blocks; empty for none."""

    bucket: str
    policy: tuple[str, ...] = ()  # EVERYBODY, or strangers
    acl: tuple[str, ...] = ()  # what it allows to whom, in words
    block: Block
    of_account: Block

    def blocks(self, *settings: str) -> bool:
        """Whether all of these hold, in the bucket's block or the account's."""
        return all(self.block.get(each) or self.of_account.get(each) for each in settings)

    @property
    def public_by(self) -> tuple[str, ...]:
        """What makes it public, in words; the blocks that hold it back taken into account."""
        by_policy = EVERYBODY in self.policy and not self.blocks("RestrictPublicBuckets")
        by_acl = self.acl if not self.blocks("IgnorePublicAcls") else ()
        return ("its policy lets everybody in",) * by_policy + tuple(
            f"its ACL grants {each}" for each in by_acl
        )

    @property
    def strangers(self) -> tuple[str, ...]:
        """The accounts of others that its policy lets in; none where it is public and blocked."""
        if EVERYBODY in self.policy and self.blocks("RestrictPublicBuckets"):
            return ()
        return tuple(each for each in self.policy if each != EVERYBODY)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBlock:
    """The account's block: now, and as event history last saw it set; None: it doesn't know."""

    now: Block
    before: Block | None


# ---- a bucket -----------------------------------------------------------------------------------


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[Access]:
    """Who may come in now, where it is more than should be."""
    s3, bucket = aws.client("s3", event.region), _bucket(event)

    def read() -> Access | None:
        return _telling(event, _access(aws, event, settings))

    def tags(_: Access) -> Mapping[str, str]:
        found = answer(
            lambda: s3.get_bucket_tagging(Bucket=bucket)["TagSet"], unless=(_NO_TAGS,), otherwise=()
        )
        return tags_of(found)

    return see(aws, event, settings, remediation=NAME, about=bucket, read=read, gone=(_NO_BUCKET,), tags=tags)


def _bucket(event: ApiCallEvent) -> str:
    return event.said("bucketName") or NOT_RECORDED


def _telling(event: ApiCallEvent, access: Access) -> Access | None:
    """None where there is nothing to tell."""
    unblocked = event.name in _UNBLOCKS and not access.blocks(*_WHOLE)
    return access if access.public_by or access.strangers or unblocked else None


def _access(aws: Aws, event: ApiCallEvent, settings: Settings) -> Access:
    s3, bucket = aws.client("s3", event.region), _bucket(event)
    policy = answer(
        lambda: s3.get_bucket_policy(Bucket=bucket)["Policy"], unless=(_NO_POLICY,), otherwise="{}"
    )
    return Access(
        bucket=bucket,
        policy=let_in(aws, event, policy, settings),
        acl=tuple(_public_grants(s3.get_bucket_acl(Bucket=bucket)["Grants"])),
        block=_block(lambda: s3.get_public_access_block(Bucket=bucket)),
        of_account=_account_block(aws, event),
    )


def _public_grants(grants: list[Mapping[str, Any]]) -> Iterator[str]:
    for each in grants:
        if whom := _GROUPS.get(each["Grantee"].get("URI", "")):
            yield f"{each['Permission']} to {whom}"


def _account_block(aws: Aws, event: ApiCallEvent) -> Block:
    control = aws.client("s3control", event.region)
    return _block(lambda: control.get_public_access_block(AccountId=event.account))


def _block(ask: Callable[[], Any]) -> Block:
    found: Block = answer(lambda: ask()["PublicAccessBlockConfiguration"], unless=(_NO_BLOCK,), otherwise={})
    return {name: bool(value) for name, value in found.items()}


def decide(event: ApiCallEvent, facts: Seen[Access], _now: datetime, _settings: Settings) -> Plan:
    """Tell who may come in, and put the block back."""
    if event.failed or facts.nothing:
        return Plan.nothing()
    severity, title = _told(facts.state)
    bucket = _bucket(event)
    return tell(
        event,
        facts,
        severity=severity,
        title=f"Bucket {bucket} {title}",
        facts=(("Bucket", bucket), ("Call", event.name), *_facts(facts.state)),
        advice=_ADVICE,
        calls=_put_back(event, facts.state),
        asks=[Asked("what-was-done-to", bucket)],
    )


def _told(access: Access | None) -> tuple[Severity, str]:
    if access is None:
        return Severity.HIGH, "may have been made public"
    if access.public_by:
        return Severity.HIGH, "is public"
    if access.strangers and all(each.startswith(NETWORK) for each in access.strangers):
        return Severity.MEDIUM, "lets in whoever comes from a network"
    if access.strangers:
        return Severity.HIGH, "lets a stranger in"
    partly = "partly " if any(map(access.blocks, _WHOLE)) else ""
    return Severity.MEDIUM, f"has S3 Block Public Access {partly}off; nothing in it is public yet"


def _facts(access: Access | None) -> Iterator[tuple[str, str]]:
    if access is None:
        return
    for each in access.public_by:
        yield "Public by", each
    if access.strangers:
        yield "Strangers", some(access.strangers)
    yield "Block Public Access", _in_words(access.block)
    yield "Of the account", _in_words(access.of_account)


def _in_words(block: Block | None) -> str:
    if block is None:
        return "not known"
    on, off = ([name for name in _WHOLE if bool(block.get(name)) is whether] for whether in (True, False))
    if not on or not off:
        return f"all four settings are {'on' if on else 'off'}"
    return f"off: {some(off)}; on: {some(on)}"


def _put_back(event: ApiCallEvent, access: Access | None) -> Iterator[Call]:
    """Not for a stranger alone: the block holds back only a policy that is public."""
    if access is None or not (access.public_by or event.name in _UNBLOCKS):
        return
    if all(access.block.get(each) for each in _WHOLE):
        return

    def put(block: Block, undo: Call | None = None) -> Call:
        parameters = {"Bucket": access.bucket, "PublicAccessBlockConfiguration": dict(block)}
        return Call(
            service="s3",
            operation="put_public_access_block",
            parameters=parameters,
            account=event.account,
            region=event.region,
            already=(_NO_BUCKET,),
            undo=undo,
        )

    yield put(WHOLE_BLOCK, undo=put({**dict.fromkeys(_WHOLE, False), **access.block}))


# ---- the account --------------------------------------------------------------------------------


def look_at_account(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[AccountBlock]:
    """The account's block, where a setting of it is off."""

    def read() -> AccountBlock | None:
        now = _account_block(aws, event)
        if all(now.get(each) for each in _WHOLE):
            return None
        return AccountBlock(now=now, before=_before(aws, event))

    return see(aws, event, settings, remediation=NAME, read=read)


def _before(aws: Aws, event: ApiCallEvent) -> Block | None:
    """What the newest earlier call set, as this region's event history knows it."""
    found = (_set_to(call) for call in earlier_calls(aws, event, _OF_ACCOUNT[0]))
    return next((each for each in found if each is not None), None)


def _set_to(call: ApiCallEvent) -> Block | None:
    """What the record of a call says that it set, with large or small initials."""
    told = {name.lower(): value for name, value in call.parameters.items()}
    block = told.get("publicaccessblockconfiguration")
    if not isinstance(block, Mapping):
        return None
    values = {name.lower(): value for name, value in block.items()}
    return {name: values.get(name.lower()) is True for name in _WHOLE}


def decide_on_account(
    event: ApiCallEvent, facts: Seen[AccountBlock], _now: datetime, _settings: Settings
) -> Plan:
    """Tell that a setting of the account's block is off, and put back what it was."""
    if event.failed or facts.nothing:
        return Plan.nothing()
    return tell(
        event,
        facts,
        severity=Severity.HIGH,
        title=f"S3 Block Public Access of account {event.account or NOT_RECORDED} {_how_far(facts.state)}",
        facts=(("Call", event.name), *_facts_of_account(facts.state, event)),
        advice=f"{_ADVICE}\n{_CLOSES_WHAT_IS_PUBLIC}",
        calls=_put_back_account(event, facts.state),
    )


def _how_far(found: AccountBlock | None) -> str:
    if found is None:
        return "was changed"
    return "is partly off" if any(map(found.now.get, _WHOLE)) else "is off"


def _facts_of_account(found: AccountBlock | None, event: ApiCallEvent) -> Iterator[tuple[str, str]]:
    if found:
        yield "Now", _in_words(found.now)
        yield "Before", _in_words(found.before)
    if not any(_put_back_account(event, found)):
        yield "Switch all on with", _account_call(event, WHOLE_BLOCK).command


def _put_back_account(event: ApiCallEvent, found: AccountBlock | None) -> Iterator[Call]:
    """Only what event history knows to have been set, and what is set now besides."""
    if found is None or found.before is None:
        return
    now = {name: bool(found.now.get(name)) for name in _WHOLE}
    wanted = {name: now[name] or bool(found.before.get(name)) for name in _WHOLE}
    if wanted != now:
        yield _account_call(event, wanted, undo=_account_call(event, now))


def _account_call(event: ApiCallEvent, block: Block, undo: Call | None = None) -> Call:
    return Call(
        service="s3control",
        operation="put_public_access_block",
        parameters={"AccountId": event.account, "PublicAccessBlockConfiguration": dict(block)},
        account=event.account,
        region=event.region,
        undo=undo,
    )


# ---- undo ---------------------------------------------------------------------------------------


def moved(aws: Aws, call: Call, _settings: Settings) -> str:
    """Whether a block is another by now than the call made it; raises what S3 raises."""
    client = aws.client(call.service, call.region)
    name = "Bucket" if call.service == "s3" else "AccountId"
    now = _block(lambda: client.get_public_access_block(**{name: call.parameters[name]}))
    wanted = call.parameters["PublicAccessBlockConfiguration"]
    if {each: bool(now.get(each)) for each in _WHOLE} == dict(wanted):
        return ""
    return f"S3 Block Public Access is now another: {_in_words(now)}"


_OPEN_IS_OPEN = "what lets the public in does so, and a setting that is off is off, whoever said so"

REMEDIATION = Remediation(
    name=NAME,
    title="A bucket was made public, or S3 Block Public Access was taken away",
    woken_by="a call that changes a bucket's policy, ACL, ownership or Block Public Access, or the account's",
    response="reports who may come in now; puts Block Public Access back where its mode is `enforce`",
    page=__doc__ or "",
    ways=(
        Way(
            on=OnEvent(pattern=PATTERN, everywhere=True),
            parse=api_call,
            look=look,
            decide=decide,
            blind=blind,
            proof=Proof(by=ProvenBy.STATE, because=_OPEN_IS_OPEN),
        ),
        Way(
            on=OnEvent(pattern=ACCOUNT_PATTERN, everywhere=True),
            parse=api_call,
            look=look_at_account,
            decide=decide_on_account,
            blind=blind,
            proof=Proof(
                by=ProvenBy.STATE,
                because="it puts back what event history, which only AWS writes, knows to have been set",
            ),
        ),
        COUNTING,
    ),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    undoing=Undoing(calls=DECLARED_CALLS, moved=moved),
    settings={
        EXPECTED_TAG_KEY: EXPECTED_TAG.ref,
        TRUSTED: TRUSTED_ACCOUNTS.joined,
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
    },
    managed_rules=(
        "S3_BUCKET_PUBLIC_READ_PROHIBITED",
        "S3_BUCKET_PUBLIC_WRITE_PROHIBITED",
        "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC",
    ),
    controls=("CIS 2.1.4", "Security Hub S3.1", "Security Hub S3.8", "ATT&CK T1530", "ATT&CK T1537"),
)
