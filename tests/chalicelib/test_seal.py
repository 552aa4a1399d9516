"""Seals: what they cover, who can make one, and what KMS is asked for them."""

import pytest
from botocore.exceptions import ClientError

from chalicelib.errors import LedgerUnreachable, Unsealed
from chalicelib.seal import Seal

ITEM = {
    "pk": {"S": "finding#remedy"},
    "sk": {"S": "2026"},
    "until": {"N": "17"},
    "marks": {"NS": ["2", "10", "1"]},
    "deeds": {"M": {"0": {"S": "done"}}},
    "alerts": {"L": [{"S": "a"}, {"S": "b"}]},
    "sure": {"BOOL": True},
}


class Kms:
    """KMS with one secret for each key and message, which counts how often it is asked."""

    def __init__(self, refuses="") -> None:
        self.asked = 0
        self.refuses = refuses

    def generate_mac(self, KeyId, Message, MacAlgorithm):  # noqa: N803 - boto3's names
        self.asked += 1
        if self.refuses:
            raise ClientError({"Error": {"Code": self.refuses, "Message": "no"}}, "GenerateMac")
        assert len(Message) <= 4096
        return {"Mac": f"{KeyId}|{Message.decode()}|{MacAlgorithm}".encode()}


def seal(owner="remedy", key="key-1", kms=None):
    kms = kms or Kms()
    return Seal(lambda: kms, key, owner)


def test_an_item_holds_as_it_was_sealed():
    ours = seal()

    assert ours.holds(ours.on(ITEM))
    assert seal().holds(ours.on(ITEM))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"pk": {"S": "finding#another"}}, id="another partition"),
        pytest.param({"sk": {"S": "2027"}}, id="another key"),
        pytest.param({"until": {"N": "18"}}, id="a number"),
        pytest.param({"until": {"S": "17"}}, id="a number as text"),
        pytest.param({"marks": {"NS": ["1", "10"]}}, id="a set with less in it"),
        pytest.param({"deeds": {"M": {}}}, id="a map with less in it"),
        pytest.param({"alerts": {"L": [{"S": "b"}, {"S": "a"}]}}, id="a list in another order"),
        pytest.param({"sure": {"BOOL": False}}, id="a truth"),
        pytest.param({"more": {"S": ""}}, id="one attribute more"),
        pytest.param({"sealed_at": {"S": "2020-01-01T00:00:00.000+00:00"}}, id="another time"),
        pytest.param({"seal": {"S": "0" * 64}}, id="another seal"),
        pytest.param({"seal": {"S": ""}}, id="an empty seal"),
        pytest.param({"seal": {"N": "1"}}, id="a seal that is no text"),
        pytest.param({"seal": {"S": "\u00e9"}}, id="a seal in other letters"),
    ],
)
def test_whatever_is_changed_breaks_the_seal(change):
    ours = seal()

    assert not ours.holds({**ours.on(ITEM), **change})


def test_an_item_without_a_seal_is_not_ours():
    assert not seal().holds(ITEM)


def test_dynamodb_may_return_a_set_in_another_order():
    ours = seal()

    assert ours.holds({**ours.on(ITEM), "marks": {"NS": ["1", "2", "10"]}})


def test_dynamodb_may_write_a_number_shorter():
    ours = seal()
    sealed = ours.on({**ITEM, "until": {"N": "17.50"}, "marks": {"NS": ["1.0", "100"]}})

    assert ours.holds({**sealed, "until": {"N": "17.5"}, "marks": {"NS": ["100", "1"]}})
    assert not ours.holds({**sealed, "until": {"N": "17.05"}})


def test_a_seal_is_of_one_function_and_one_key():
    sealed = seal().on(ITEM)

    assert not seal("another").holds(sealed)
    assert not seal(key="key-2").holds(sealed)


def test_kms_is_asked_once_however_much_is_sealed():
    kms = Kms()
    ours = seal(kms=kms)

    for number in range(9):
        ours.holds(ours.on({**ITEM, "sk": {"S": str(number)}}))

    assert kms.asked == 1


def test_without_kms_there_is_no_seal_and_no_belief():
    ours = seal(kms=Kms(refuses="DisabledException"))

    with pytest.raises(Unsealed, match=r"remedy: KMS gives no seal for the ledger.*DisabledException"):
        ours.on(ITEM)
    with pytest.raises(LedgerUnreachable):
        ours.holds({**ITEM, "seal": {"S": "0" * 64}})


def test_a_secret_is_never_shown():
    ours = seal()
    ours.on(ITEM)

    assert "trailwarden/ledger" not in repr(ours)
