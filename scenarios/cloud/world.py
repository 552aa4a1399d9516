"""A world: one simulated account, provisioned from the packaged template, with the laws that hold in it.

Entering a world starts frozen time, moto without its own deliveries, and the laws; leaving it
undoes all of that. Provisioning happens once for each deployment: its state is kept, and
every further world starts from a copy.
"""

import json
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import boto3

from scenarios.cloud import one_fault, sessions, throttles
from scenarios.cloud.agent.agents import Agents
from scenarios.cloud.apigateway.requests import Requests
from scenarios.cloud.authorization.identity import ADMINISTRATOR, Identity
from scenarios.cloud.calls import Calls
from scenarios.cloud.cloudformation.made_early import make
from scenarios.cloud.cloudformation.stacks import Stacks
from scenarios.cloud.cloudtrail.trail import CloudTrail
from scenarios.cloud.cloudwatch.service import CloudWatch
from scenarios.cloud.deployment import ACCOUNT, Deployment
from scenarios.cloud.dynamodb.tables import Tables
from scenarios.cloud.ec2.instances import Instances
from scenarios.cloud.eventbridge.bus import EventBridge
from scenarios.cloud.functions.service import Functions
from scenarios.cloud.guards import guarded, machine_hidden, whose_code
from scenarios.cloud.kernel import endpoints, garbage, moto_hooks
from scenarios.cloud.kernel.botocore_hooks import work_done_once
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.clock import Clock
from scenarios.cloud.kernel.deliveries import Deliveries
from scenarios.cloud.kernel.emitted import Measurements, NeverEmitted
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated, WorldError
from scenarios.cloud.kernel.faults import NONE, Faults
from scenarios.cloud.kernel.moto_snapshots import Snapshot
from scenarios.cloud.kernel.randomness import seeded
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.kernel.threads import Threads
from scenarios.cloud.logs.service import Logs
from scenarios.cloud.provisioned import Provisioned
from scenarios.cloud.provisioning import is_kept, keep, spokes_of, standing_of, takes_time
from scenarios.cloud.s3.events import Storage
from scenarios.cloud.services import REGISTRY
from scenarios.cloud.setting import Moment, Setting
from scenarios.cloud.sns.topics import Topics
from scenarios.cloud.sqs.queues import Queues

# So long before a world's start its stack is begun, where functions make a part of it.
_EARLIER = timedelta(hours=2)


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
            session=sessions.harness(deployment.home),
            code=deployment.code,
            measurements=Measurements(REGISTRY.emitted),
            threads=Threads(self.clock, whose_code),
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
            entering.enter_context(machine_hidden())
            entering.enter_context(self.clock)
            entering.enter_context(guarded(self.setting.threads))
            entering.enter_context(self.setting.threads.one_at_a_time())
            entering.enter_context(garbage.can_wait())
            entering.enter_context(work_done_once())
            standing = standing_of(self.deployment)
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
        return sessions.session(key, self.deployment.home, self.identity.secret_of(key), caller.session_token)

    def begin_action(self, number: int) -> None:
        """What happens from here on is because of this action of a scenario.

        Where a profile draws apart, the ids that moto draws for it don't go by how many were drawn before.
        """
        self.clock.cause = number
        if self.setting.faults.draws_apart:
            moto_hooks.draw_ids_from(self.setting.random("moto.ids").getrandbits(64))

    def client(self, caller: Caller, service: str, region: str = "") -> Any:
        """A real boto3 client that signs as `caller`."""
        return sessions.client(self.session(caller), service, region or self.deployment.home)


def _make_over_time(deployment: Deployment) -> None:
    """Make a stack with custom resources in a world of its own, some time before the deployment's start.

    What was on its way when the stack was complete is gone. Raises InvalidTemplate, as `provision` does.
    """
    if not takes_time(deployment) or is_kept(deployment):
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
            stacks = {**world.stacks, deployment.home: made, **spokes_of(deployment)}
        keep(deployment, Provisioned(Snapshot.taken(), stacks, tuple(world.setting.trace)))
