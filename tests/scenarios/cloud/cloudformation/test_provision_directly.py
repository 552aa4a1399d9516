"""A stack that is made by the direct way to moto is the stack that requests in HTTP would make."""

import threading
from dataclasses import replace
from types import FunctionType, ModuleType

import pytest

from scenarios.cloud import provisioning
from scenarios.cloud.kernel import moto_direct
from scenarios.cloud.services import REGISTRY
from scenarios.cloud.world import World
from scenarios.runner.library import named
from scenarios.runner.run import deployment_of

CODE = (type, FunctionType, ModuleType, property, type(threading.RLock()))
# A key's bytes are the next ones at random, and libraries draw some when they are first used in a process.
DRAWN = ("key_material",)


def told(value, seen):
    """All that is in moto's objects, in words; an object that was told already by its place."""
    if value is None or isinstance(value, (str, bytes, int, float)):
        return repr(value)
    if isinstance(value, CODE) or callable(value):
        return getattr(value, "__qualname__", type(value).__qualname__)
    if id(value) in seen:
        return f"number {seen[id(value)]}"
    seen[id(value)] = len(seen)
    if isinstance(value, dict):
        inside = [(told(key, seen), told(each, seen)) for key, each in value.items() if key not in DRAWN]
    elif isinstance(value, (list, tuple)):
        inside = [told(each, seen) for each in value]
    elif isinstance(value, (set, frozenset)):
        inside = sorted(told(each, seen) for each in value)
    else:
        inside = repr(value) if not hasattr(value, "__dict__") else ""
    return type(value).__qualname__, inside, told(getattr(value, "__dict__", None), seen)


def made(monkeypatch, *, directly):
    """What moto holds once the packaged stack is made, its resources, and which calls went directly."""
    went, ask = set(), moto_direct.asked_directly

    def noted(client, operation, parameters):
        answer = ask(client, operation, parameters)
        if answer is not None:
            went.add((client.meta.service_model.service_name, operation))
        return answer

    monkeypatch.setattr("scenarios.cloud.cloudformation.resources.kind.asked_directly", noted)
    monkeypatch.setattr(provisioning, "_KEPT", {})
    monkeypatch.setattr(REGISTRY, "direct", REGISTRY.direct if directly else frozenset())
    (scenario,) = named(["root_login"])
    with World(replace(deployment_of(scenario), spokes=())):
        (provisioned,) = provisioning._KEPT.values()
    snapshot = provisioned.snapshot
    copies = zip(snapshot.backends, snapshot.state.copy(), strict=True)
    kept = {(of.service_name, *place): told(each, {}) for (of, *place), each in copies}
    return kept, dict(provisioned.stacks), went


@pytest.mark.slow
def test_both_ways_lead_to_the_same_stack(monkeypatch):
    direct, stacks, went = made(monkeypatch, directly=True)
    long, same_stacks, none = made(monkeypatch, directly=False)

    assert direct == long
    assert stacks == same_stacks
    assert {("events", "PutRule"), ("cloudwatch", "PutMetricAlarm"), ("logs", "PutMetricFilter")} <= went
    assert {("iam", "CreateRole"), ("lambda", "CreateFunction"), ("sns", "Subscribe")} <= went
    assert none == set()
