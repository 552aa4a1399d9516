"""API keys and usage plans: which clients may ask, how often a second and how often a day, week or month.

A method that asks for a key takes one that is enabled and belongs to a plan of its stage. The plan's rate and
burst count for each of its keys, and a quota from the beginning of a day, a week or a month in UTC. Keys and
plans are the stacks', and keys may be made by the API and put into plans.

Left out: plans that are made or changed by the API, keys that are imported, charges by AWS Marketplace.
That a week begins on Sunday is our guess. AWS says that these limits are targets; here they are kept to the
letter.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html,
https://docs.aws.amazon.com/apigateway/latest/api/API_QuotaSettings.html
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from scenarios.cloud.apigateway.apis import Api, Route, Stage
from scenarios.cloud.apigateway.limits import Limits
from scenarios.cloud.apigateway.messages import FORBIDDEN, TOO_MANY, HttpAnswer, says
from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.stack import Resource, Stack
from scenarios.cloud.kernel.texts import is_true, with_lowered_names
from scenarios.cloud.setting import Setting

_OVER_QUOTA: Final = says(429, "LimitExceededException", {"message": "Limit Exceeded"})
_SHORTEST, _LONGEST = 20, 128
_LOUD: Final = (
    *("CreateUsagePlan", "UpdateUsagePlan", "DeleteUsagePlan", "UpdateUsage", "ImportApiKeys"),
    "GetUsagePlanKey",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An API key. The value is what a client sends; it isn't shown."""

    id: str
    name: str
    value: str = field(repr=False)
    enabled: bool
    made: datetime
    description: str = ""
    customer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A usage plan. `stages`: limits of methods (`/path/METHOD`), by API and stage; `keys`: their ids."""

    id: str
    name: str
    stages: Mapping[tuple[str, str], Mapping[str, Mapping[str, Any]]]
    throttle: Mapping[str, Any]
    quota: Mapping[str, Any]
    keys: frozenset[str]
    description: str = ""


class Keys:
    """All keys and plans of a world."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._limits = Limits()
        self._of_stacks: dict[str, Key] = {}
        self._plans: dict[str, Plan] = {}
        self._own: dict[str, Key | None] = {}  # made, changed or deleted by the API
        self._put: dict[tuple[str, str], bool] = {}  # (plan, key): put into it, or taken out, by the API
        self._used: dict[tuple[str, str], dict[date, int]] = {}
        for operation, answer in (
            ("CreateApiKey", self._create),
            ("UpdateApiKey", self._update),
            ("DeleteApiKey", self._delete),
            ("GetApiKey", self._get),
            ("GetApiKeys", self._list),
            ("CreateUsagePlanKey", self._put_into),
            ("DeleteUsagePlanKey", self._take_out),
            ("GetUsagePlan", self._get_plan),
            ("GetUsagePlans", self._list_plans),
            ("GetUsagePlanKeys", self._list_keys_of_plan),
            ("GetUsage", self._get_usage),
        ):
            setting.calls.answer("apigateway", operation, answer)
        for operation in _LOUD:
            setting.calls.answer("apigateway", operation, _loud)

    def know(self, stacks: Sequence[Stack]) -> None:
        """These stacks' keys and plans are there."""
        now = self._setting.clock.now
        made = {name: key.made for name, key in self._of_stacks.items()}
        self._of_stacks = {
            each.physical_id: _key(stack, each, made.get(each.physical_id, now))
            for stack in stacks
            for each in stack.of_type("AWS::ApiGateway::ApiKey")
        }
        self._plans = {plan.id: plan for stack in stacks for plan in _plans(stack)}

    # ---- requests -------------------------------------------------------------------------------

    def asked(self, api: Api, stage: Stage, route: Route, value: str) -> tuple[HttpAnswer | None, Key | None]:
        """Why a request with this key is turned away, or None; and the key."""
        key = next((each for each in self._keys() if value and each.value == value), None)
        if key is None or not key.enabled:
            return FORBIDDEN, None
        plans = [each for each in self._plans.values() if (api.id, stage.name) in each.stages]
        plan = next((each for each in plans if self._in(each, key)), None)
        if plan is None:
            return FORBIDDEN, None
        return self._over(api, stage, route, plan, key), key

    def _over(self, api: Api, stage: Stage, route: Route, plan: Plan, key: Key) -> HttpAnswer | None:
        """Count one more request of a key; what the client gets where that is too many."""
        today = self._setting.clock.now.date()
        used = self._used.setdefault((plan.id, key.id), {})
        if plan.quota and self._left(plan, key) <= 0:
            return _OVER_QUOTA
        method = f"{route.path}/{route.method}"
        own = plan.stages[api.id, stage.name].get(method)
        for place, throttle in ((method, own), ("", plan.throttle)):
            if throttle and not self._limits.let_through(
                (plan.id, key.id, api.id if place else "", stage.name if place else "", place),
                float(throttle.get("RateLimit", 10_000)),
                int(throttle.get("BurstLimit", 5_000)),
                self._setting.clock.now,
            ):
                return TOO_MANY
        used[today] = used.get(today, 0) + 1
        return None

    def _left(self, plan: Plan, key: Key, day: date | None = None) -> int:
        """How many requests a quota leaves, in the period of a day; by default today's."""
        at = day or self._setting.clock.now.date()
        begins, used = _begins(plan.quota, at), self._used.get((plan.id, key.id), {})
        limit = int(plan.quota.get("Limit", 0))
        if not used or begins <= min(used):  # the first period that it was used in
            limit -= int(plan.quota.get("Offset", 0))
        return limit - sum(many for each, many in used.items() if begins <= each <= at)

    # ---- keys -----------------------------------------------------------------------------------

    def _keys(self) -> Iterator[Key]:
        known: dict[str, Key | None] = {**self._of_stacks, **self._own}
        return (each for each in known.values() if each is not None)

    def _in(self, plan: Plan, key: Key) -> bool:
        return self._put.get((plan.id, key.id), key.id in plan.keys)

    def _named(self, asked: Asked, name: str = "apiKey") -> Key:
        wanted = asked.parameters[name]
        found = next((each for each in self._keys() if each.id == wanted), None)
        if found is None:
            raise Refused("NotFoundException", "Invalid API Key identifier specified", 404)
        return found

    def _create(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        if given.get("generateDistinctId"):
            raise NotSimulated("apigateway", "CreateApiKey with generateDistinctId")
        value = str(given.get("value") or _drawn(self._setting, 40))
        if not _SHORTEST <= len(value) <= _LONGEST:
            why = f"API Key value should be at least {_SHORTEST} characters"
            raise Refused("BadRequestException", why, 400)
        if any(each.value == value for each in self._keys()):
            raise Refused("ConflictException", "API Key already exists", 409)
        key = Key(
            id=_drawn(self._setting, 10),
            name=str(given.get("name", "")),
            value=value,
            enabled=bool(given.get("enabled", False)),
            made=self._setting.clock.now,
            description=str(given.get("description", "")),
            customer=str(given.get("customerId", "")),
        )
        self._own[key.id] = key
        return _told(key, with_value=True)

    def _update(self, asked: Asked) -> dict[str, Any]:
        key = self._named(asked)
        for each in asked.parameters.get("patchOperations", ()):
            path, value = each.get("path"), str(each.get("value", ""))
            if each.get("op") != "replace" or path not in {"/enabled", "/name", "/description"}:
                raise NotSimulated("apigateway", f"UpdateApiKey: {each.get('op')} {path}")
            if path == "/enabled":
                key = replace(key, enabled=is_true(value))
            elif path == "/name":
                key = replace(key, name=value)
            else:
                key = replace(key, description=value)
        self._own[key.id] = key
        return _told(key, with_value=False)

    def _delete(self, asked: Asked) -> dict[str, Any]:
        self._own[self._named(asked).id] = None
        return {}

    def _get(self, asked: Asked) -> dict[str, Any]:
        return _told(self._named(asked), with_value=bool(asked.parameters.get("includeValue")))

    def _list(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        if given.get("position") or given.get("customerId"):
            raise NotSimulated("apigateway", "GetApiKeys by position or customerId")
        found = [each for each in self._keys() if each.name.startswith(str(given.get("nameQuery", "")))]
        return {"items": [_told(each, with_value=bool(given.get("includeValues"))) for each in found]}

    # ---- plans ----------------------------------------------------------------------------------

    def _plan(self, asked: Asked) -> Plan:
        found = self._plans.get(str(asked.parameters["usagePlanId"]))
        if found is None:
            raise Refused("NotFoundException", "Invalid Usage Plan ID specified", 404)
        return found

    def _put_into(self, asked: Asked) -> dict[str, Any]:
        plan, key = self._plan(asked), self._named(asked, "keyId")
        if self._in(plan, key):
            raise Refused("ConflictException", "Usage Plan Key already exists", 409)
        others = [each for each in self._plans.values() if each is not plan and self._in(each, key)]
        if any(stage in each.stages for each in others for stage in plan.stages):
            why = "API Key cannot be added to more than one usage plan of the same API stage"
            raise Refused("ConflictException", why, 409)
        self._put[plan.id, key.id] = True
        return _of_plan(key)

    def _take_out(self, asked: Asked) -> dict[str, Any]:
        plan, key = self._plan(asked), self._named(asked, "keyId")
        self._put[plan.id, key.id] = False
        return {}

    def _get_plan(self, asked: Asked) -> dict[str, Any]:
        return _told_plan(self._plan(asked))

    def _list_plans(self, asked: Asked) -> dict[str, Any]:
        wanted = asked.parameters.get("keyId")
        keys = [each for each in self._keys() if each.id == wanted]
        plans = [
            each for each in self._plans.values() if not wanted or any(self._in(each, key) for key in keys)
        ]
        return {"items": [_told_plan(each) for each in plans]}

    def _list_keys_of_plan(self, asked: Asked) -> dict[str, Any]:
        plan = self._plan(asked)
        return {"items": [_of_plan(each) for each in self._keys() if self._in(plan, each)]}

    def _get_usage(self, asked: Asked) -> dict[str, Any]:
        """For each day how many requests a key made, and how many its quota then left."""
        plan, given = self._plan(asked), asked.parameters
        first, last = (date.fromisoformat(given[name]) for name in ("startDate", "endDate"))
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        wanted = given.get("keyId")
        keys = [each for each in self._keys() if self._in(plan, each) and wanted in (None, each.id)]
        items = {
            key.id: [
                [self._used.get((plan.id, key.id), {}).get(day, 0), max(self._left(plan, key, day), 0)]
                for day in days
            ]
            for key in keys
        }
        return {
            "usagePlanId": plan.id,
            "startDate": given["startDate"],
            "endDate": given["endDate"],
            "items": items,
        }


def value_of(account: str, key_id: str) -> str:
    """The value of a stack's key that has none of its own."""
    return hashlib.sha256(f"{account}/{key_id}".encode()).hexdigest()[:40]


def _key(stack: Stack, resource: Resource, made: datetime) -> Key:
    given = resource.properties
    return Key(
        id=resource.physical_id,
        name=str(given.get("Name") or resource.logical_id),
        value=str(given.get("Value") or value_of(stack.account, resource.physical_id)),
        enabled=is_true(given.get("Enabled")),
        made=made,
        description=str(given.get("Description", "")),
        customer=str(given.get("CustomerId", "")),
    )


def _plans(stack: Stack) -> Iterator[Plan]:
    put: dict[str, set[str]] = {}
    for each in stack.of_type("AWS::ApiGateway::UsagePlanKey"):
        put.setdefault(each.properties["UsagePlanId"], set()).add(each.properties["KeyId"])
    for each in stack.of_type("AWS::ApiGateway::UsagePlan"):
        given = each.properties
        yield Plan(
            id=each.physical_id,
            name=str(given.get("UsagePlanName") or each.logical_id),
            stages={
                (one["ApiId"], one["Stage"]): one.get("Throttle", {}) for one in given.get("ApiStages", ())
            },
            throttle=given.get("Throttle", {}),
            quota=given.get("Quota", {}),
            keys=frozenset(put.get(each.physical_id, ())),
            description=str(given.get("Description", "")),
        )


def _begins(quota: Mapping[str, Any], day: date) -> date:
    """The first day of the period that a day is in."""
    if quota.get("Period") == "MONTH":
        return day.replace(day=1)
    if quota.get("Period") == "WEEK":
        return day - timedelta(days=(day.weekday() + 1) % 7)
    return day


def _told(key: Key, *, with_value: bool) -> dict[str, Any]:
    return {
        "id": key.id,
        **({"value": key.value} if with_value else {}),
        "name": key.name,
        **({"description": key.description} if key.description else {}),
        **({"customerId": key.customer} if key.customer else {}),
        "enabled": key.enabled,
        "createdDate": key.made,
        "lastUpdatedDate": key.made,
        "stageKeys": [],
    }


def _of_plan(key: Key) -> dict[str, Any]:
    return {"id": key.id, "type": "API_KEY", "value": key.value, "name": key.name}


def _told_plan(plan: Plan) -> dict[str, Any]:
    told = {
        name: with_lowered_names(part)
        for name, part in (("throttle", plan.throttle), ("quota", plan.quota))
        if part
    }
    return {
        "id": plan.id,
        "name": plan.name,
        **({"description": plan.description} if plan.description else {}),
        "apiStages": [{"apiId": api, "stage": stage} for api, stage in plan.stages],
        **told,
    }


def _drawn(setting: Setting, length: int) -> str:
    """An id or a value that nobody chose."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(setting.random("apigateway.keys").choice(letters) for _ in range(length))


def _loud(asked: Asked) -> dict[str, Any]:
    raise NotSimulated("apigateway", asked.operation)
