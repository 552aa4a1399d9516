"""What Config reads of the account: each answer once a look, under the recorder's role.

The calls are judged by what the role may do, and CloudTrail records them under its session
`AWSConfig-Describe`.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/iamrole-permissions.html,
https://docs.aws.amazon.com/config/latest/developerguide/using-service-linked-roles.html
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import ClientError

from scenarios.cloud.clients import ClientsOf
from scenarios.cloud.config.items import Found
from scenarios.cloud.config.resource_types.names import names
from scenarios.cloud.config.resource_types.remembered import Remembered
from scenarios.cloud.kernel.caller import session_on
from scenarios.cloud.setting import Setting

SERVICE: Final = "config.amazonaws.com"
SESSION: Final = "AWSConfig-Describe"
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
_MOST_IN_A_FILTER: Final = 200
_DENIALS: Final = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")


class MayNotLook(Exception):
    """The recorder's role may not read what an item is made of."""

    def __init__(self, operation: str, code: str) -> None:
        self.operation, self.code = operation, code
        super().__init__(f"{operation}: {code}")


@dataclass(frozen=True, slots=True)
class Told:
    """What is known before Config looks: the texts of the calls that changed something, None for all.

    `last`: a resource as it was found last, by type and id. `ids`: of those that may have changed, by type;
    None where these calls don't tell.
    """

    texts: Collection[str] | None = None
    last: Callable[[tuple[str, str]], Found | None] = lambda _: None
    ids: Mapping[str, Collection[str]] | None = None


class View:
    """Answers of AWS's APIs in one region, each asked for once; `remembered`: those of earlier looks."""

    def __init__(
        self,
        setting: Setting,
        role_arn: str,
        region: str,
        told: Told = Told(),
        remembered: Remembered | None = None,
    ) -> None:
        self._setting = setting
        self._told = told
        self._remembered = remembered or Remembered()
        self.account, self.region = setting.account, region
        caller = replace(
            session_on(role_arn, SESSION), source_ip=SERVICE, user_agent=SERVICE, invoked_by=SERVICE
        )
        self._clients = ClientsOf(setting=setting, caller=caller)
        self._answers: dict[tuple[str, str, str], Any] = {}

    def __call__(self, service: str, operation: str, **parameters: Any) -> Any:
        """The answer of one operation, all pages of it; raises MayNotLook, or ClientError."""
        known = self._remembered.get(service, operation, parameters)
        if known is not None:
            return known
        key = (service, operation, json.dumps(parameters, sort_keys=True))
        if key not in self._answers:
            self._answers[key] = self._ask(service, operation, parameters)
            self._remembered.keep(service, operation, parameters, self._answers[key])
        return self._answers[key]

    def unchanged(self, kind: str, identity: str, name: str = "") -> Found | None:
        """A resource that no call has named, as it was found last: it need not be read again."""
        texts = self._told.texts
        if texts is None or any(names(each, name or identity) for each in texts):
            return None
        return self._told.last((kind, identity))

    def last(self, kind: str, identity: str) -> Found | None:
        """A resource as it was found last; None for one that isn't known."""
        return self._told.last((kind, identity))

    def only(self, kind: str) -> list[str] | None:
        """The ids of this type that need be read; None for all."""
        ids = self._told.ids
        found = None if ids is None else sorted(ids.get(kind, ()))
        return None if found is None or len(found) > _MOST_IN_A_FILTER else found

    def unless(self, absent: str, service: str, operation: str, **parameters: Any) -> Any:
        """The same; {} where the error's code begins with `absent`."""
        try:
            return self(service, operation, **parameters)
        except ClientError as error:
            if not error.response["Error"]["Code"].startswith(absent):
                raise
            self._remembered.keep(service, operation, parameters, {})
            return {}

    def _ask(self, service: str, operation: str, parameters: dict[str, Any]) -> Any:
        client, method = self._clients.client(service, self.region), xform_name(operation)
        try:
            with self._setting.calls.aloud():
                if client.can_paginate(method):
                    return client.get_paginator(method).paginate(**parameters).build_full_result()
                return getattr(client, method)(**parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _DENIALS:
                raise MayNotLook(operation, code) from None
            raise


Look = Callable[[View], Iterable[Found]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """One type of resource.

    `service`: botocore's name of the service whose calls change it. `is_global`: it stands in no region, and
    every region that records it has its items.
    """

    name: str
    service: str
    look: Look
    is_global: bool = False
