"""Moto's state outlives a process where all that it shares has a name, and not where something has none."""

import copyreg
import pickle
import re
import sys
import threading
from collections import defaultdict
from types import SimpleNamespace

import boto3
import moto.awslambda.models as lambda_models
import moto.s3.models as s3_models
import moto.sqs.models as sqs_models
import pytest

from scenarios.cloud.deployment import ACCOUNT, START
from scenarios.cloud.kernel import moto_snapshots
from scenarios.cloud.kernel.clock import Clock
from scenarios.cloud.kernel.moto_hooks import moto_without_physics
from scenarios.cloud.kernel.moto_snapshots import Snapshot
from scenarios.cloud.services import REGISTRY

HOME = "eu-west-1"


@pytest.fixture
def sqs():
    with Clock(START), moto_without_physics(0, REGISTRY.mends):
        yield boto3.client("sqs", HOME, aws_access_key_id="key", aws_secret_access_key="secret")


def through_text(snapshot):
    """As another process gets it."""
    return Snapshot.of_names(pickle.loads(pickle.dumps(snapshot.named())))


def test_a_state_told_as_text_is_the_same_state(sqs):
    sqs.create_queue(QueueName="one", tags={"for": "test"})
    snapshot = Snapshot.taken()

    read = through_text(snapshot)
    sqs.create_queue(QueueName="two")
    read.restore()

    (url,) = sqs.list_queues()["QueueUrls"]
    assert url.endswith("/one")
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"for": "test"}
    assert (read.random, read.state.text) == (snapshot.random, snapshot.state.text)
    assert list(map(type, read.state.shared)) == list(map(type, snapshot.state.shared))
    assert sqs_models.sqs_backends[ACCOUNT][HOME].queues["one"].region == HOME


def local(captured=None):
    def plain():
        return 1

    def other(word=1):
        return word

    def closure():
        return captured

    return SimpleNamespace(plain=plain, other=other, closure=closure)


def twice(again):
    def one():
        return 1

    first = one

    def one():
        return 2

    return one if again else first


@pytest.mark.parametrize(
    "each",
    [
        pytest.param(sqs_models.Queue, id="a class"),
        pytest.param(sqs_models.Queue.add_message, id="a function of a class"),
        pytest.param(defaultdict, id="a class of C"),
        pytest.param(threading.Lock, id="a function of C"),
        pytest.param(copyreg.__newobj__, id="a function"),
        pytest.param(sys.modules["moto.sqs.models"], id="a module"),
        pytest.param(sqs_models.sqs_backends, id="a registry"),
        pytest.param(s3_models.s3_backends, id="a registry of its own kind"),
        pytest.param(re.compile("a|B", re.IGNORECASE), id="a regular expression"),
    ],
)
def test_what_has_a_name_is_found_by_it(each):
    name = moto_snapshots._name_of(each)

    found = moto_snapshots._found(pickle.loads(pickle.dumps(name)))
    assert found is each or (found == each and isinstance(each, re.Pattern))


def test_what_a_constructor_makes_anew_each_time_is_made_of_its_code():
    made = lambda_models.LambdaStorage(HOME, ACCOUNT)._aliases.default_factory

    name = moto_snapshots._name_of(made)
    found = moto_snapshots._found(name)

    assert (found(), found.__qualname__, found.__module__) == (made(), made.__qualname__, made.__module__)


@pytest.mark.parametrize(
    "each",
    [
        pytest.param(local(captured=2).closure, id="a function that knows something of who made it"),
        pytest.param(local().other, id="one with a default, which may be anything"),
        pytest.param(twice(again=False), id="one of two with one name"),
        pytest.param(type("Made", (), {}), id="a class that is nowhere"),
        pytest.param({}.get, id="a method of an object"),
        pytest.param(property(id), id="a property"),
    ],
)
def test_what_another_process_would_not_find_has_no_name(each):
    assert moto_snapshots._name_of(each) is None


def test_what_replaces_something_has_not_its_name(monkeypatch):
    original = sqs_models.Queue.add_message
    monkeypatch.setattr(sqs_models.Queue, "add_message", lambda *_: None)

    assert moto_snapshots._name_of(original) is None


def test_a_state_with_something_nameless_in_it_is_not_told(sqs):
    sqs.create_queue(QueueName="one")
    queue = sqs_models.sqs_backends[ACCOUNT][HOME].queues["one"]
    assert Snapshot.taken().named() is not None

    queue.nameless = local(captured=2).closure

    assert Snapshot.taken().named() is None
