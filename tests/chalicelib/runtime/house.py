"""What the core's tests stand on: a ledger and a topic on moto, one remediation with a memory, one event."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType, SimpleNamespace
from unittest import mock

import boto3
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from moto.kms import models as kms_models
from moto.sns.models import Subscription

from chalicelib.aws import Aws
from chalicelib.brakes import kill_switch, mode_of
from chalicelib.counting import COUNTING
from chalicelib.ledger.ledger import Ledger
from chalicelib.remediation import (
    Alert,
    Call,
    DeclaredCall,
    Plan,
    Proof,
    ProvenBy,
    Remediation,
    Severity,
    Undoing,
    Way,
)
from chalicelib.runtime.answer import Invocation
from chalicelib.seal import Seal
from chalicelib.settings import Mode, Settings
from chalicelib.triggers import OnEvent
from tests.moto_alone import moto_alone

ACCOUNT, REGION, TABLE = "123456789012", "eu-west-1", "ledger"
STACK = "/trailwarden"  # what the names of its parameters begin with
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

SESSION = boto3.Session(
    aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION
)  # kept: making clients is what takes time
_CLIENTS = Aws(SESSION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """An event as the runtime knows it."""

    key: str = "e-1"
    at: datetime = NOON
    account: str = ACCOUNT
    region: str = REGION
    principal: str = "arn:aws:iam::123456789012:user/mallory"


def delivered(*events) -> dict:
    """What wakes a `Remedy`: EventBridge's envelope, with the events in it as they are."""
    return {"source": "aws.test", "detail-type": "Something Happened", "events": events}


# What a `Remedy` may do, without a grant: moto asks for none.
DECLARED_CALLS = tuple(
    DeclaredCall(operation=f"dynamodb.{operation}", needs=())
    for operation in ("create_table", "delete_table")
)


PROOF = Proof(by=ProvenBy.STATE, because="a test's event is as true as the test")


class Context:
    """Lambda's context, as far as anybody asks it."""

    def __init__(self, seconds: float = 50) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


class Stubborn(Aws):
    """AWS that refuses named operations with an error code or an exception, and remembers every call."""

    def __init__(self, refused=MappingProxyType({}), session=SESSION) -> None:
        super().__init__(session)
        self.refused = dict(refused)
        self.asked: list[str] = []

    def client(self, service, region=""):
        real = _CLIENTS.client(service, region)
        return _Listening(self, real)


class _Listening:
    def __init__(self, aws, real) -> None:
        self._aws, self._real = aws, real

    def __getattr__(self, name):
        if name in ("get_paginator", "meta", "exceptions"):
            return getattr(self._real, name)

        def call(**parameters):
            self._aws.asked.append(name)
            refusal = self._aws.refused.get(name)
            if isinstance(refusal, Exception):
                raise refusal
            if refusal:
                status = {"HTTPStatusCode": 400 if "Denied" in refusal else 0}
                raise ClientError(
                    {"Error": {"Code": refusal, "Message": "no"}, "ResponseMetadata": status},  # type: ignore[typeddict-item]  # all that is read
                    name,
                )
            return getattr(self._real, name)(**parameters)

        return call


@dataclass
class Remedy:
    """A remediation with a memory: what it looked at, what it decided about.

    `hourly`: a schedule wakes it, too, and what its floods left over is told. `moved`: what its
    undoing says of what a call made; None where it can't be undone.
    """

    plan: Plan
    facts: object = None
    name: str = "remedy"
    hourly: bool = False
    moved: str | None = None
    looked: list = field(default_factory=list)
    decided: list = field(default_factory=list)

    @property
    def remediation(self) -> Remediation:
        return Remediation(
            name=self.name,
            title="Something happened",
            woken_by="something",
            response="reports it",
            page="Something happened.",
            ways=(
                self.way(OnEvent(pattern={"source": ["aws.test"]})),
                *((COUNTING,) if self.hourly else ()),
            ),
            grants=(),
            declared_calls=DECLARED_CALLS,
            undoing=Undoing(calls=(), moved=lambda *_: self.moved or "") if self.moved is not None else None,
        )

    def way(self, trigger) -> Way:
        """What it does about a payload of the trigger: it takes the events as they are."""
        return Way(
            on=trigger, parse=lambda raw: raw["events"], look=self._look, decide=self._decide, proof=PROOF
        )

    def _look(self, aws, event, settings):
        self.looked.append(event.key)
        if isinstance(self.facts, BaseException):
            raise self.facts
        return self.facts

    def _decide(self, event, facts, now, settings):
        self.decided.append((event.key, facts, now))
        return self.plan


class House:
    """A ledger and a topic in one account."""

    def __init__(self, **refused) -> None:
        self.aws = Stubborn(refused)
        dynamodb, sns, sqs = (_CLIENTS.client(service) for service in ("dynamodb", "sns", "sqs"))
        dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )
        self.key = _CLIENTS.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")[
            "KeyMetadata"
        ]["Arn"]
        self.ledger = Ledger(dynamodb, TABLE, self.sealed_by("remedy"))
        self.topic = sns.create_topic(Name="alerts")["TopicArn"]
        self._queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
        queue_arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:inbox"
        sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=queue_arn)
        self.settings = Settings(
            topic_arn=self.topic,
            ledger=TABLE,
            mode=Mode.ENFORCE,
            acts_per_hour=10,
            values={},
            seal_key=self.key,
            parameters=STACK,
        )
        self.take_back_the_switch()
        self.lowers(Mode.ENFORCE)
        self._mail: list = []

    def sealed_by(self, name) -> Seal:
        """The seal of a function of that name."""
        return Seal(lambda: _CLIENTS.client("kms"), self.key, name)

    def run(self, remedy, *, aws=None, seconds=50, **settings) -> Invocation:
        configured = replace(self.settings, **settings)
        way, *_ = remedy.remediation.ways
        return Invocation(remedy.remediation, way, configured, aws or self.aws, Context(seconds))

    def handle(self, remedy, event=None, **how):
        return self.run(remedy, **how).handle(event or Happening())

    @property
    def mail(self) -> list:
        """Every alert so far: subject, text, attributes."""
        sqs = _CLIENTS.client("sqs")
        while found := sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                body = json.loads(message["Body"])
                attributes = {name: value["Value"] for name, value in body["MessageAttributes"].items()}
                self._mail.append(
                    SimpleNamespace(subject=body["Subject"], text=body["Message"], attributes=attributes)
                )
                sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return self._mail

    @property
    def findings(self) -> list:
        return self.ledger.newest("remedy", 100)

    def items(self, prefix) -> list:
        """The ledger's items whose pk begins so."""
        found = self.ledger.client.scan(TableName=TABLE)["Items"]
        return [item for item in found if item["pk"]["S"].startswith(prefix)]

    def tables(self) -> list:
        return [name for name in self.ledger.client.list_tables()["TableNames"] if name != TABLE]

    def throw_the_switch(self) -> None:
        self.sets(kill_switch(STACK), "on")

    def take_back_the_switch(self) -> None:
        self.sets(kill_switch(STACK), "off")

    def lowers(self, mode, remediation="remedy") -> None:
        self.sets(mode_of(remediation, STACK), mode)

    def sets(self, name, value) -> None:
        _CLIENTS.client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)

    def loses(self, name) -> None:
        _CLIENTS.client("ssm").delete_parameter(Name=name)


@cache
def _signing_key() -> RSAPrivateKey:
    """A key. Cryptography keeps the datetime class of its first certificate: it must not be frozen."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "first")])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 1, NOON.replace(tzinfo=None), later(60).replace(tzinfo=None)
    )
    builder.sign(key, SHA256())
    return key


@contextmanager
def built() -> Iterator[House]:
    """A house in an account of its own; moto would make an RSA key for each subscription and each KMS key."""
    _signing_key()
    with (
        moto_alone(),
        mock.patch.object(Subscription, "private_key", return_value=_signing_key()),
        mock.patch.object(kms_models, "generate_private_key", return_value=None),
    ):
        yield House()


def alert(title="Something happened", **more) -> Alert:
    return Alert(severity=Severity.HIGH, title=title, **more)


def creates(name, **more) -> Call:
    """A call that can be looked at afterwards: it makes a table."""
    keys = {"AttributeName": "pk"}
    made = Call(
        service="dynamodb",
        operation="create_table",
        parameters={
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{**keys, "AttributeType": "S"}],
            "KeySchema": [{**keys, "KeyType": "HASH"}],
        },
        account=ACCOUNT,
        region=REGION,
        already=("ResourceInUseException",),
        undo=deletes(name),
    )
    return replace(made, **more)


def deletes(name) -> Call:
    return Call(
        service="dynamodb",
        operation="delete_table",
        parameters={"TableName": name},
        account=ACCOUNT,
        region=REGION,
    )


def later(seconds) -> datetime:
    return NOON + timedelta(seconds=seconds)
