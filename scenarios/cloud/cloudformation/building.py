"""Where CloudFormation builds a stack while the world runs: every call is made in the name of somebody."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from scenarios.cloud.clients import ClientsOf
from scenarios.cloud.cloudformation.resources.kind import Site
from scenarios.cloud.cloudformation.standing import Standing
from scenarios.cloud.cloudformation.template import Template
from scenarios.cloud.kernel.arns import partition_of
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.kernel.validation import Validators
from scenarios.cloud.setting import Setting

RESOURCE_SECONDS: Final = (1.0, 4.0)  # how long it takes to create, change or delete one resource: our guess


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSite(Site):
    """A site whose calls IAM judges and CloudTrail records.

    `salt`: two stacks of the same name, one after the other, give their resources different names; "" for a
    stack that was there before the world began. `replaced`: how often a resource was replaced by another one,
    by logical id; each has a name of its own.
    """

    salt: str
    replaced: Mapping[str, int] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return the client of a service, as it is: the service itself refuses what it refuses."""
        return self.session.client(service, region_name=self.region)

    def suffix(self, logical_id: str, length: int = 12) -> str:
        """Return the part of a generated name that CloudFormation draws at random."""
        if not self.salt and logical_id not in self.replaced:
            return Site.suffix(self, logical_id, length)
        return hashlib.sha256(self.ids_of(logical_id).encode()).hexdigest()[:length].upper()

    def ids_of(self, logical_id: str) -> str:
        """Return what the ids that moto draws for a resource are drawn from."""
        return f"{Site.ids_of(self, logical_id)}\n{self.salt}\n{self.replaced.get(logical_id, 0)}"


def site_of(setting: Setting, standing: Standing, caller: Caller) -> LiveSite:
    """Where a stack is built in the name of a caller."""
    stack = standing.stack
    return LiveSite(
        stack_name=stack.name,
        salt=standing.salt,
        account=stack.account,
        region=stack.region,
        partition=partition_of(stack.region),
        session=ClientsOf(setting=setting, caller=caller),
        validators=Validators({}),
        uploaded=not standing.packaged,
        replaced=standing.replaced,
    )


def plan_of(stack: Stack) -> Template:
    """The template of a stack that stands, under its parameters."""
    return Template(
        stack.template,
        region=stack.region,
        account=stack.account,
        stack_name=stack.name,
        stack_id=stack.stack_id,
        parameters=stack.parameters,
        standing=True,
        imports=stack.imports,
    )
