"""A world: one simulated account, provisioned from the packaged template, with the laws that hold in it.

Entering a world starts frozen time, moto without its own deliveries, and the laws; leaving it
undoes all of that. Provisioning happens once for each deployment: its state is kept, and
every further world starts from a copy.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import boto3
import botocore.retries.standard

from scenarios.cloud import one_fault, provisioned, throttles
from scenarios.cloud.agent.agents import Agents
from scenarios.cloud.apigateway.requests import Requests
from scenarios.cloud.authorization.identity import ADMINISTRATOR, Identity
from scenarios.cloud.calls import Calls
from scenarios.cloud.cloudformation.made_early import has_custom_resources, make
from scenarios.cloud.cloudformation.provision import provision
from scenarios.cloud.cloudformation.stacks import Stacks
from scenarios.cloud.cloudtrail.trail import CloudTrail
from scenarios.cloud.cloudwatch.service import CloudWatch
from scenarios.cloud.dynamodb.tables import Tables
from scenarios.cloud.ec2.instances import Instances
from scenarios.cloud.eventbridge.bus import EventBridge
from scenarios.cloud.functions.runtime_environment import PROJECT
from scenarios.cloud.functions.service import Functions
from scenarios.cloud.kernel import endpoints, garbage, moto_hooks
from scenarios.cloud.kernel.botocore_hooks import data_read_once, work_done_once
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.clock import Clock
from scenarios.cloud.kernel.deliveries import Deliveries
from scenarios.cloud.kernel.emitted import Measurements, NeverEmitted
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated, WorldError
from scenarios.cloud.kernel.faults import NONE, Faults
from scenarios.cloud.kernel.isolation import without_aws_settings
from scenarios.cloud.kernel.moto_snapshots import Snapshot
from scenarios.cloud.kernel.randomness import seeded
from scenarios.cloud.kernel.replaced import replaced
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.kernel.threads import Threads
from scenarios.cloud.logs.service import Logs
from scenarios.cloud.provisioned import Provisioned
from scenarios.cloud.s3.events import Storage
from scenarios.cloud.services import REGISTRY
from scenarios.cloud.setting import Moment, Setting
from scenarios.cloud.sns.topics import Topics
from scenarios.cloud.sqs.queues import Queues

ACCOUNT = "123456789012"  # moto's own; no real account
STACK_NAME = "trailwarden"
# Three in the morning, when such things happen. Every world starts here unless its scenario says otherwise.
START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneChange:
    """A template differs from another one, `of`, in this resource alone."""

    of: str
    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What is in the account before anything happens.

    `template` and `spoke` are plain CloudFormation as JSON text; where `template` is "" there is no stack.
    `home` is where the stack is, `spokes` the regions the forwarding template is deployed in, `regions` all
    that this world holds. `before`: a template of what was there before the stack, such as somebody's trail.
    `host`: the template of a host's alarms, if it isn't the packaged one. `stands`: the stacks were made long
    before the start, so alarms for which missing data is good have been OK since, and nobody is told of it.
    `change`: where the template is one of many that differ from another one in one resource, so that all else
    of the stack is made once for all of them.
    """

    template: str
    before: str = ""
    stack_name: str = STACK_NAME
    spoke: str = "{}"
    host: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    home: str = "us-east-1"
    spokes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ("us-east-1",)
    start: datetime = START
    code: Path = PROJECT
    stands: bool = False
    change: OneChange | None = None


class World:
    """The simulated AWS. Use it as a context manager, once; one world at a time.

    `earlier`: what happened while its stack was made, where that took functions that ran.
    """

    _entered = threading.Lock()

    def __init__(
        self,
        deployment: Deployment,
        *,
        seed: int = 1,
        faults: Faults = NONE,
        begins: datetime | None = None,
    ) -> None:
        """`begins`: when the world is entered, if that is later than the deployment's start.

        Raises InvalidTemplate where AWS has no such region.
        """
        for region in {deployment.home, *deployment.spokes, *deployment.regions} - endpoints.regions():
            raise InvalidTemplate(f"region {region}", "AWS has none of this name")
        self.deployment = deployment
        self._begins = begins or deployment.start
        self.clock = Clock(deployment.start)
        self.identity = Identity(
            ACCOUNT,
            deployment.home,
            REGISTRY.policies,
            REGISTRY.tags,
            doubts=REGISTRY.doubts,
            now=lambda: self.clock.now,
        )
        self.calls = Calls(self.clock, self.identity, REGISTRY.actions, REGISTRY.validators, REGISTRY.direct)
        self.setting = Setting(
            clock=self.clock,
            identity=self.identity,
            calls=self.calls,
            deliveries=Deliveries(self.identity, ACCOUNT),
            actions=REGISTRY.actions,
            records=REGISTRY.records,
            faults=faults,
            seed=seed,
            account=ACCOUNT,
            home=deployment.home,
            regions=deployment.regions,
            session=_harness(deployment.home),
            code=deployment.code,
            measurements=Measurements(REGISTRY.emitted),
            threads=Threads(self.clock, _whose_code),
            stands=deployment.stands,
            kinds=REGISTRY.kinds,
        )
        for service in REGISTRY.services.values():
            if service.register is not None:
                service.register(self.setting)
        throttles.register(self.setting)
        one_fault.register(self.setting)
        laws = self.setting.laws
        self.queues = laws[Queues]
        self.topics = laws[Topics]
        self.functions = laws[Functions]
        self.api = laws[Requests]
        self.eventbridge = laws[EventBridge]
        self.cloudwatch = laws[CloudWatch]
        self.logs = laws[Logs]
        self.instances = laws[Instances]
        self.agents = laws[Agents]
        self.storage = laws[Storage]
        self.tables = laws[Tables]
        self.trail = laws[CloudTrail]
        self.throttles = laws[throttles.Throttles]
        self.one_fault = laws[one_fault.OneFault]
        self.harness = self.setting.session
        self._leaving = ExitStack()
        self.stacks: dict[str, Stack] = {}
        self.earlier: tuple[Moment, ...] = ()
        self._used = False

    # ---- entering and leaving -------------------------------------------------------------------

    def __enter__(self) -> Self:
        if self._used:
            raise WorldError("this world is over; what happened in it can't happen again")
        _make_over_time(self.deployment)
        if not self._entered.acquire(blocking=False):
            raise WorldError("there is a world already; frozen time can't serve two")
        with ExitStack() as entering:
            entering.callback(self._entered.release)
            entering.enter_context(_environment())
            entering.enter_context(self.clock)
            entering.enter_context(_guards(self.setting.threads))
            entering.enter_context(self.setting.threads.one_at_a_time())
            entering.enter_context(garbage.can_wait())
            entering.enter_context(work_done_once())
            standing = _provisioned(self.deployment, self.clock)
            self.clock.run(self._begins)
            entering.enter_context(moto_hooks.moto_without_physics(self.setting.seed, REGISTRY.mends))
            standing.snapshot.restore()
            moto_hooks.seed_ids(self.setting.seed)
            entering.enter_context(seeded(self.setting.seed))
            entering.enter_context(moto_hooks.answers_before_moto(self.calls.label))
            entering.enter_context(self.setting.laws.in_force())
            entering.enter_context(self.calls.listening())
            self.stacks, self.earlier = dict(standing.stacks), standing.earlier
            self._used = True
            self.setting.laws.begin(tuple(self.stacks.values()))
            self._leaving = entering.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leaving.close()

    # ---- what scenarios use ---------------------------------------------------------------------

    @property
    def home(self) -> Stack:
        """The main stack as provisioned."""
        return self.stacks[self.deployment.home]

    @property
    def standing(self) -> tuple[Stack, ...]:
        """Every stack as it is now, those that somebody made by CloudFormation's API included."""
        return tuple(each.stack for each in self.setting.laws[Stacks].all if not each.deleted)

    def run(self, seconds: float) -> None:
        """Let time pass, and everything that is due in it happen."""
        self.clock.run(self.clock.now + timedelta(seconds=seconds))

    def never_emitted(self) -> tuple[NeverEmitted, ...]:
        """Alarms and rules that waited for metrics or events that were neither emitted nor put."""
        return (*self.cloudwatch.unfed.unanswered(), *self.eventbridge.unheard.unanswered())

    def root(self) -> Caller:
        """The account's root user."""
        return self.identity.enrol(
            Caller(
                kind=CallerKind.ROOT,
                account=ACCOUNT,
                arn=f"arn:aws:iam::{ACCOUNT}:root",
                policies=(ADMINISTRATOR,),
            )
        )

    def user(
        self,
        name: str,
        *,
        policies: tuple[Mapping[str, Any], ...] = (ADMINISTRATOR,),
        account: str = ACCOUNT,
        **more: Any,
    ) -> Caller:
        """An IAM user, administrator unless `policies` say otherwise; of another account if that is named."""
        return self.identity.enrol(
            Caller(
                kind=CallerKind.IAM_USER,
                account=account,
                arn=f"arn:aws:iam::{account}:user/{name}",
                name=name,
                policies=policies,
                **more,
            )
        )

    def session(self, caller: Caller) -> boto3.Session:
        """A boto3 session that signs as `caller`."""
        key = caller.access_key_id
        return _session(key, self.deployment.home, self.identity.secret_of(key), caller.session_token)

    def begin_action(self, number: int) -> None:
        """What happens from here on is because of this action of a scenario.

        Where a profile draws apart, the ids that moto draws for it don't go by how many were drawn before.
        """
        self.clock.cause = number
        if self.setting.faults.draws_apart:
            moto_hooks.draw_ids_from(self.setting.random("moto.ids").getrandbits(64))

    def client(self, caller: Caller, service: str, region: str = "") -> Any:
        """A real boto3 client that signs as `caller`."""
        return _client(self.session(caller), service, region or self.deployment.home)


# ---- provisioning -------------------------------------------------------------------------------


_KEPT: dict[Deployment, Provisioned] = {}
_MOST_KEPT = 32
_EARLIER = timedelta(hours=2)


def _provisioned(deployment: Deployment, clock: Clock) -> Provisioned:
    """The deployment's state, made once: the ids in it depend on no seed, and nothing on its code."""
    deployment = _kept_as(deployment)
    del clock  # entered already: what is made here is made at the deployment's start
    if deployment not in _KEPT:
        with garbage.is_off(), moto_hooks.moto_without_physics(0, REGISTRY.mends), seeded(0):
            moto_hooks.seed_ids(0)
            return _read_or_made(deployment)
    return _KEPT[deployment]


def _read_or_made(deployment: Deployment) -> Provisioned:
    if deployment not in _KEPT:
        asked = repr(deployment)
        known = provisioned.read(asked)
        if known is None:
            known = _made(deployment)
            provisioned.keep(asked, known)
        _keep(deployment, known)
    return _KEPT[deployment]


def _made(deployment: Deployment) -> Provisioned:
    """Made anew. What deployments have in common is made once: the home's stack, whatever the spokes."""
    if deployment.spokes:
        known = _read_or_made(_kept_as(replace(deployment, spokes=())))
        known.snapshot.restore()
        stacks = {**known.stacks, **_spokes(deployment)}
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
        session=_harness(home or region),
        kinds=REGISTRY.kinds,
        validators=REGISTRY.validators,
        direct=REGISTRY.direct,
        **more,
    )


def _kept_as(deployment: Deployment) -> Deployment:
    """What decides on a deployment's state: its code does where functions run while it is made."""
    spoke = deployment.spoke if deployment.spokes else ""
    deployment = replace(deployment, stands=False, regions=(), host="", spoke=spoke)
    return deployment if _takes_time(deployment) else replace(deployment, code=PROJECT)


def _takes_time(deployment: Deployment) -> bool:
    """Whether the stack has custom resources, which functions make."""
    text = deployment.template
    named = "::CustomResource" in text or "Custom::" in text
    return named and has_custom_resources(json.loads(text))


def _keep(deployment: Deployment, made: Provisioned) -> None:
    while len(_KEPT) >= _MOST_KEPT:
        _KEPT.pop(next(iter(_KEPT)))
    _KEPT[deployment] = made
    garbage.leave_alone()


def _spokes(deployment: Deployment) -> dict[str, Stack]:
    name, parameters = f"{deployment.stack_name}-spoke", {"HomeRegion": deployment.home}
    return {
        region: _stack(deployment.spoke, name, parameters, region, deployment.home)
        for region in deployment.spokes
    }


def _make_over_time(deployment: Deployment) -> None:
    """Make a stack with custom resources in a world of its own, some time before the deployment's start.

    What was on its way when the stack was complete is gone. Raises InvalidTemplate, as `provision` does.
    """
    if not _takes_time(deployment) or _kept_as(deployment) in _KEPT:
        return
    begins = deployment.start - _EARLIER
    with World(replace(deployment, template="", spokes=(), start=begins), seed=0) as world:
        made = make(
            world.setting,
            json.loads(deployment.template),
            name=deployment.stack_name,
            parameters=dict(deployment.parameters),
            caller=world.root(),
        )
        if world.clock.now > deployment.start:
            raise NotSimulated("CloudFormation", f"a stack that takes more than {_EARLIER} to make")
        with world.calls.muted():
            stacks = {**world.stacks, deployment.home: made, **_spokes(deployment)}
        _keep(_kept_as(deployment), Provisioned(Snapshot.taken(), stacks, tuple(world.setting.trace)))


# ---- the machine outside must not show ----------------------------------------------------------


class _Harness(boto3.Session):
    """What sets stacks up. Its clients are kept from world to world: making one takes longer than a call."""

    def client(self, service_name: Any, region_name: Any = None, **more: Any) -> Any:  # type: ignore[override]
        """As boto3's; one that is asked for by service and region alone is the one that was made before."""
        if more:
            return super().client(service_name, region_name=region_name, **more)
        kept: dict[tuple[str, str], Any] = vars(self).setdefault("_kept", {})
        key = service_name, region_name
        if key not in kept:
            kept[key] = super().client(service_name, region_name=region_name)
        return kept[key]


@lru_cache(maxsize=16)
def _harness(region: str) -> _Harness:
    with _environment(), data_read_once():
        return _Harness("harness", "simulated", region_name=region)


@lru_cache(maxsize=64)
def _session(
    access_key_id: str,
    region: str,
    secret: str,
    token: str = "",
) -> boto3.Session:
    """Sessions are kept from world to world: a new one would read botocore's data again."""
    with _environment(), data_read_once():
        return boto3.Session(
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret,
            aws_session_token=token or None,
            region_name=region,
        )


@lru_cache(maxsize=256)
def _client(session: boto3.Session, service: str, region: str) -> Any:
    return session.client(service, region_name=region)  # type: ignore[call-overload]  # any service by name


def _whose_code() -> str:
    """The execution environment of the function that runs; "" while none does."""
    return os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")


@contextmanager
def _guards(threads: Threads) -> Iterator[None]:
    """No socket, no waiting in real time."""

    def no_socket(_: socket.socket, address: Any, *__: Any) -> NoReturn:
        raise WorldError(f"something inside a world tried to reach {address}")

    def no_lookup(host: Any, *_: Any, **__: Any) -> NoReturn:
        raise WorldError(f"something inside a world asked for the address of {host}")

    waiter: Any = botocore.retries.standard.RetryHandler.__init__  # its last default is time.sleep itself
    guards: list[tuple[Any, str, Any]] = [
        (socket.socket, "connect", no_socket),
        (socket.socket, "connect_ex", no_socket),
        (socket.socket, "sendto", no_socket),
        (socket, "getaddrinfo", no_lookup),
        (time, "sleep", threads.sleep),
        # A client outlives the world it was made in; it must wait on the clock of the one it is used in.
        (waiter, "__defaults__", (*waiter.__defaults__[:-1], _wait)),
    ]
    with replaced(guards):
        yield


def _wait(seconds: float) -> None:
    time.sleep(seconds)


@contextmanager
def _environment() -> Iterator[None]:
    """The time zone is UTC, as some of moto's timestamps need; this machine's AWS settings are hidden."""
    try:
        with without_aws_settings():
            os.environ["TZ"] = "UTC"
            time.tzset()
            yield
    finally:
        time.tzset()
