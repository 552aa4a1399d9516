"""A deployment's stacks, made once: every world of the same deployment starts from a copy."""

import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

from scenarios.cloud import provisioned
from scenarios.cloud.cloudformation.made_early import has_custom_resources
from scenarios.cloud.cloudformation.provision import provision
from scenarios.cloud.deployment import ACCOUNT, Deployment, OneChange
from scenarios.cloud.functions.runtime_environment import PROJECT
from scenarios.cloud.kernel import garbage, moto_hooks
from scenarios.cloud.kernel.moto_snapshots import Snapshot
from scenarios.cloud.kernel.randomness import seeded
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.provisioned import Provisioned
from scenarios.cloud.services import REGISTRY
from scenarios.cloud.sessions import harness

_KEPT: dict[Deployment, Provisioned] = {}
_MOST_KEPT = 32


def standing_of(deployment: Deployment) -> Provisioned:
    """The deployment's state, made once: the ids in it depend on no seed, and nothing on its code.

    The clock stands at the deployment's start by now. Raises InvalidTemplate, as `provision` does.
    """
    deployment = kept_as(deployment)
    if deployment not in _KEPT:
        with garbage.is_off(), moto_hooks.moto_without_physics(0, REGISTRY.mends), seeded(0):
            moto_hooks.seed_ids(0)
            return _read_or_made(deployment)
    return _KEPT[deployment]


def takes_time(deployment: Deployment) -> bool:
    """Whether the stack has custom resources: functions make them, which takes a world where time passes."""
    text = deployment.template
    named = "::CustomResource" in text or "Custom::" in text
    return named and has_custom_resources(json.loads(text))


def is_kept(deployment: Deployment) -> bool:
    """Whether this process has made it already."""
    return kept_as(deployment) in _KEPT


def keep(deployment: Deployment, made: Provisioned) -> None:
    """Every further world of this deployment in this process starts from it."""
    while len(_KEPT) >= _MOST_KEPT:
        _KEPT.pop(next(iter(_KEPT)))
    _KEPT[kept_as(deployment)] = made
    garbage.leave_alone()


def spokes_of(deployment: Deployment) -> dict[str, Stack]:
    """The forwarding stack of each further region."""
    name, parameters = f"{deployment.stack_name}-spoke", {"HomeRegion": deployment.home}
    return {
        region: _stack(deployment.spoke, name, parameters, region, deployment.home)
        for region in deployment.spokes
    }


def kept_as(deployment: Deployment) -> Deployment:
    """What decides on a deployment's state: its code does where functions run while it is made."""
    spoke = deployment.spoke if deployment.spokes else ""
    deployment = replace(deployment, stands=False, regions=(), host="", spoke=spoke)
    return deployment if takes_time(deployment) else replace(deployment, code=PROJECT)


def _read_or_made(deployment: Deployment) -> Provisioned:
    if deployment not in _KEPT:
        asked = repr(deployment)
        known = provisioned.read(asked)
        if known is None:
            known = _made(deployment)
            provisioned.keep(asked, known)
        keep(deployment, known)
    return _KEPT[deployment]


def _made(deployment: Deployment) -> Provisioned:
    """Made anew. What deployments have in common is made once: the home's stack, whatever the spokes."""
    if deployment.spokes:
        known = _read_or_made(kept_as(replace(deployment, spokes=())))
        known.snapshot.restore()
        stacks = {**known.stacks, **spokes_of(deployment)}
        return Provisioned(Snapshot.taken(), stacks)
    if deployment.change is not None:
        known = _up_to_change(replace(deployment, template="", change=None), deployment.change)
        known.snapshot.restore()
        standing = known.stacks[deployment.home].resources
        stacks = {**known.stacks, deployment.home: _own_stack(deployment, standing=standing)}
        return Provisioned(Snapshot.taken(), stacks)
    stacks = _before(deployment)
    if deployment.template:
        stacks[deployment.home] = _own_stack(deployment)
    return Provisioned(Snapshot.taken(), stacks)


@lru_cache(maxsize=24)
def _up_to_change(deployment: Deployment, change: OneChange) -> Provisioned:
    """What stands when the resource is made that differs; no `template`: it is the unchanged one's."""
    deployment = replace(deployment, template=change.of)
    stacks = _before(deployment)
    stacks[deployment.home] = _own_stack(deployment, before=change.resource)
    return Provisioned(Snapshot.taken(), stacks)


def _before(deployment: Deployment) -> dict[str, Stack]:
    """What was there before the stack."""
    return {"before": _stack(deployment.before, "before", {}, deployment.home)} if deployment.before else {}


def _own_stack(deployment: Deployment, **more: Any) -> Stack:
    name, parameters = deployment.stack_name, deployment.parameters
    return _stack(deployment.template, name, parameters, deployment.home, **more)


def _stack(template: str, name: str, parameters: Any, region: str, home: str = "", **more: Any) -> Stack:
    return provision(
        json.loads(template),
        region=region,
        account=ACCOUNT,
        parameters=dict(parameters),
        stack_name=name,
        session=harness(home or region),
        kinds=REGISTRY.kinds,
        validators=REGISTRY.validators,
        direct=REGISTRY.direct,
        **more,
    )
