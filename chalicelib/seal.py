"""Seals: what shows that a function wrote an item itself, and not somebody who may write to the table.

KMS makes each invocation a secret of its function's (GenerateMac, with an HMAC key that only this function
may use, over the remediation's name). The seal of an item is HMAC-SHA-256 under that secret, over the SHA-256
of the item's canonical JSON: its key, its attributes, and when it was sealed. So an item costs no call, an
invocation costs one, and without KMS there is no seal. The secret never leaves the function's memory.

An item without its seal counts for nothing: it is no silence and no reason to act, and it is reported. What a
seal can't show is that an item is the newest one of its key, and that one was taken away: see `Table`.

Sources: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html (which names this use),
https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import Unsealed

SEAL, SEALED_AT = "seal", "sealed_at"
ALGORITHM = "HMAC_SHA_256"

Item = Mapping[str, Any]


class Oddity(StrEnum):
    """What is wrong with an item of the ledger, as an alert says it."""

    FORGED = "is not from Trailwarden"
    OLDER = "was put back as it had been before"
    GONE = "was taken away"
    UNDECLARED = "holds a plan that its remediation never makes"


@dataclass(frozen=True, slots=True)
class Noticed:
    """An item of the ledger that somebody else wrote, put back or took away, by its key."""

    oddity: Oddity
    partition_key: str
    sort_key: str
    seal: str = ""

    def __str__(self) -> str:
        return f"{self.partition_key}, {self.sort_key} {self.oddity}"


@dataclass(slots=True)
class Seal:
    """The seal of one remediation's function, for one invocation. `kms` makes the client.

    `noticed`: everything odd that was met in the ledger meanwhile, to be reported once the event is handled.
    """

    kms: Callable[[], Any] = field(repr=False)
    key_id: str
    owner: str
    noticed: list[Noticed] = field(default_factory=list)
    _secret: bytes = field(default=b"", repr=False)

    def on(self, item: Item) -> dict[str, Any]:
        """The item with its seal; raises Unsealed."""
        sealed = {**item, SEALED_AT: {"S": datetime.now(UTC).isoformat(timespec="milliseconds")}}
        return {**sealed, SEAL: {"S": self._mac(sealed)}}

    def holds(self, item: Item) -> bool:
        """Whether the item is as this function sealed it; raises Unsealed."""
        return hmac.compare_digest(seal_of(item), self._mac(item))

    def of_text(self, text: str) -> str:
        """The seal of what this function writes elsewhere, such as a message to itself; raises Unsealed."""
        return self._mac({"text": {"S": text}})

    def notice(self, noticed: Noticed) -> None:
        """Note that something is wrong with an item; one word about each will do."""
        known = {(each.partition_key, each.sort_key) for each in self.noticed}
        if (noticed.partition_key, noticed.sort_key) not in known:
            self.noticed.append(noticed)

    def _mac(self, item: Item) -> str:
        digest = hashlib.sha256(_canonical(item).encode()).digest()
        return hmac.new(self._key(), digest, hashlib.sha256).hexdigest()

    def _key(self) -> bytes:
        if not self._secret:
            purpose = f"trailwarden/ledger/1/{self.owner}".encode()
            try:
                answer = self.kms().generate_mac(KeyId=self.key_id, Message=purpose, MacAlgorithm=ALGORITHM)
            except (ClientError, BotoCoreError) as error:
                raise Unsealed(
                    f"KMS gives no seal for the ledger: {error}", remediation=self.owner
                ) from error
            self._secret = answer["Mac"]
        return self._secret


class Vouching(Protocol):
    """What makes the MAC of an item that the HTTP side writes."""

    def on(self, item: Item) -> dict[str, Any]:
        """The item with its MAC."""


@dataclass(frozen=True, slots=True)
class Voucher:
    """What shows that the HTTP side wrote an item, and not somebody who may write to the table.

    Its key's policy lets the HTTP function alone make a MAC (GenerateMac), and the functions that may act
    only check one (VerifyMac): so they can't make up an approval either. `kms` makes the client.
    """

    kms: Callable[[], Any] = field(repr=False)
    key_id: str

    def on(self, item: Item) -> dict[str, Any]:
        """The item with its MAC; raises Unsealed."""
        answer = self._asked("generate_mac", Message=_purpose_of(item))
        return {**item, SEAL: {"S": answer["Mac"].hex()}}

    def holds(self, item: Item) -> bool:
        """Whether the item is as the HTTP side wrote it; raises Unsealed."""
        try:
            mac = bytes.fromhex(seal_of(item))
        except ValueError:
            return False
        try:
            return bool(mac) and bool(
                self._asked("verify_mac", Message=_purpose_of(item), Mac=mac)["MacValid"]
            )
        except Unsealed as error:
            if "KMSInvalidMacException" in str(error):
                return False
            raise

    def _asked(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = getattr(self.kms(), operation)(
                KeyId=self.key_id, MacAlgorithm=ALGORITHM, **parameters
            )
        except (ClientError, BotoCoreError) as error:
            raise Unsealed(f"KMS neither makes nor checks a person's instruction: {error}") from error
        return answer


def _purpose_of(item: Item) -> bytes:
    return b"trailwarden/instruction/1/" + hashlib.sha256(_canonical(item).encode()).digest()


def seal_of(item: Item) -> str:
    """What an item has for a seal; "" for none."""
    text = str(item.get(SEAL, {}).get("S", ""))
    return text if text.isascii() else ""  # others can't be compared


def _canonical(item: Item) -> str:
    """JSON of everything but the seal: one text for one item, in any order that DynamoDB returns."""
    unsealed = {name: _ordered(value) for name, value in item.items() if name != SEAL}
    return json.dumps(unsealed, sort_keys=True, separators=(",", ":"), default=repr)


def _ordered(value: Item) -> Item:
    """A value as DynamoDB types it: sets in order, numbers as it writes them when they are read."""
    ((kind, inner),) = value.items()
    match kind:
        case "N":
            inner = _number(inner)
        case "NS":
            inner = sorted(map(_number, inner))
        case "SS":
            inner = sorted(inner)
        case "L":
            inner = [_ordered(each) for each in inner]
        case "M":
            inner = {name: _ordered(each) for name, each in inner.items()}
    return {kind: inner}


def _number(text: str) -> str:
    """Without the zeros that DynamoDB drops: `1.50` is read as `1.5`."""
    return str(Decimal(text).normalize())
