"""What moto gets wrong about versions and aliases: whose permissions, mappings and settings are whose.

Sources: https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html (numbers are not used again),
https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html,
https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html,
https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
"""

import copy
import json
from typing import Any
from urllib.parse import unquote

import moto.awslambda.models as lambda_models
import moto.awslambda.policy as lambda_policy
import moto.awslambda.responses as lambda_responses
from moto.awslambda.exceptions import GenericResourcNotFound, UnknownEventConfig
from moto.core.responses import ActionResult

from scenarios.cloud.kernel.arns import qualifier_of, unqualified
from scenarios.cloud.kernel.moto_mends import Mend

_map = lambda_models.LambdaBackend.create_event_source_mapping
_formatted = lambda_policy.Policy.principal_formatter
_source = lambda_models.EventSourceMapping._get_service_source_from_arn  # noqa: SLF001 - a mend of it
_update_mapping = lambda_models.LambdaBackend.update_event_source_mapping


def _published(storage: Any, name_or_arn: str, description: str = "") -> Any:
    """A version's number is one more than the highest there ever was, and changes count from the first."""
    function = storage.get_function_by_name_or_arn_forbid_qualifier(name_or_arn)
    versions = storage._functions[function.function_name]["versions"]  # noqa: SLF001 - moto offers no other way
    if versions and not function.code_or_config_updated:
        return versions[-1]
    function.code_or_config_updated = False
    function.versions_published = getattr(function, "versions_published", 0) + 1
    published = copy.copy(function)
    published.set_version(function.versions_published)
    if description:
        published.description = description
    versions.append(published)
    storage._arns[published.function_arn] = published  # noqa: SLF001 - likewise
    return published


def _add_permission(backend: Any, function_name: str, qualifier: str | None, raw: str) -> Any:
    """A permission on an alias is one, too, where the name says which; one about URLs has its conditions."""
    qualifier = qualifier or qualifier_of(function_name) or None
    function = backend.get_function(function_name, qualifier)
    given = json.loads(raw)
    conditions = [
        (operator, f"lambda:{name}", given.pop(name))
        for operator, name in (("StringEquals", "FunctionUrlAuthType"), ("Bool", "InvokedViaFunctionUrl"))
        if name in given
    ]
    statement, _ = function.policy.add_statement(json.dumps(given), qualifier)
    for operator, key, value in conditions:
        text = str(value).lower() if operator == "Bool" else value
        statement.setdefault("Condition", {}).setdefault(operator, {})[key] = text
    return statement


def _policy(backend: Any, function_name: str, qualifier: str | None = None) -> str:
    """A version and an alias have a policy of their own."""
    function = backend.get_function(function_name, qualifier)
    wanted = unqualified(function.function_arn)
    if qualifier := qualifier or qualifier_of(function_name):
        wanted = f"{wanted}:{qualifier}"
    statements = [each for each in function.policy.statements if each.get("Resource", wanted) == wanted]
    if not statements:
        raise GenericResourcNotFound
    document = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return json.dumps({"Policy": json.dumps(document), "RevisionId": function.policy.revision})


def _service_of_source(mapping: Any, event_source_arn: str | None = None) -> str:
    """A topic of Kafka is a source too; the limits of its batches are those of Kinesis."""
    found: str = _source(mapping, event_source_arn)
    return "kinesis" if found == "kafka" else found


def _mapped_to_topic(backend: Any, spec: dict[str, Any]) -> Any:
    function = backend._lambdas.get_function_by_name_or_arn_with_qualifier(spec["FunctionName"])  # noqa: SLF001
    place = {"RegionName": backend.region_name, "AccountId": backend.account_id}
    made = lambda_models.EventSourceMapping({**spec, **place, "FunctionArn": function.function_arn})
    backend._event_source_mappings[made.uuid] = made  # noqa: SLF001 - moto offers no other way
    return made


def _mapped(backend: Any, spec: dict[str, Any]) -> Any:
    """A mapping of an alias stays one: moto takes the version that it points to."""
    of_topic = ":kafka:" in str(spec.get("EventSourceArn"))
    made = _mapped_to_topic(backend, spec) if of_topic else _map(backend, spec)
    _keep_qualifier(made, spec)
    return made


def _remapped(backend: Any, uuid: str, spec: dict[str, Any]) -> Any:
    made = _update_mapping(backend, uuid, spec)
    if made is not None and "FunctionName" in spec:
        _keep_qualifier(made, spec)
    return made


def _keep_qualifier(mapping: Any, spec: dict[str, Any]) -> None:
    qualifier = qualifier_of(str(spec["FunctionName"]))
    if qualifier:
        mapping.function_arn = f"{unqualified(mapping.function_arn)}:{qualifier}"


# ---- what becomes of asynchronous events: function, version and alias have settings of their own ----------


def _place(response: Any) -> tuple[Any, str]:
    """The function of a request about its asynchronous events, and the ARN that it is about."""
    name = unquote(response.path.rsplit("/", 2)[1])
    qualifier = (response.querystring.get("Qualifier") or [None])[0] or qualifier_of(name)
    response.backend.get_function(name, qualifier or None)  # it must be there
    latest = response.backend.get_function(unqualified(name))
    arn = latest.function_arn
    return latest, arn if qualifier in {"", "$LATEST"} else f"{arn}:{qualifier}"


def _put_events(response: Any) -> ActionResult:
    return _put(response, response.json_body)


def _put(response: Any, config: dict[str, Any]) -> ActionResult:
    function, arn = _place(response)
    made = lambda_models.EventInvokeConfig(arn, function.last_modified, config)
    function.event_invoke_config = [each for each in function.event_invoke_config if each.arn != arn]
    function.event_invoke_config.append(made)
    return ActionResult(made.response())


def _update_events(response: Any) -> str:
    """What an update does not name stays as it is."""
    function, arn = _place(response)
    before = [each.config for each in function.event_invoke_config if each.arn == arn]
    return json.dumps(_put(response, {**(before[-1] if before else {}), **response.json_body}).result)


def _get_events(response: Any) -> ActionResult:
    function, arn = _place(response)
    found = [each for each in function.event_invoke_config if each.arn == arn]
    if not found:
        raise UnknownEventConfig(arn)
    return ActionResult(found[-1].response())


def _delete_events(response: Any) -> Any:
    _get_events(response)
    function, arn = _place(response)
    function.event_invoke_config = [each for each in function.event_invoke_config if each.arn != arn]
    return 204, {"status": 204}, json.dumps({})


def _principal(policy: Any, given: Any) -> Any:
    """An account's number, and any principal's ARN, stand in a policy as `{"AWS": ...}`, as AWS has them."""
    if isinstance(given, str) and given.isdigit():
        return {"AWS": f"arn:aws:iam::{given}:root"}
    if isinstance(given, str) and given.startswith("arn:"):
        return {"AWS": given}
    return _formatted(policy, given)


MENDS: tuple[Mend, ...] = (
    (lambda_policy.Policy, "principal_formatter", _principal),
    (lambda_models.LambdaStorage, "publish_version", _published),
    (lambda_models.LambdaBackend, "add_permission", _add_permission),
    (lambda_models.LambdaBackend, "get_policy", _policy),
    (lambda_models.LambdaBackend, "create_event_source_mapping", _mapped),
    (lambda_models.LambdaBackend, "update_event_source_mapping", _remapped),
    (lambda_models.EventSourceMapping, "_get_service_source_from_arn", _service_of_source),
    (lambda_responses.LambdaResponse, "put_function_event_invoke_config", _put_events),
    (lambda_responses.LambdaResponse, "update_function_event_invoke_config", _update_events),
    (lambda_responses.LambdaResponse, "get_function_event_invoke_config", _get_events),
    (lambda_responses.LambdaResponse, "delete_function_event_invoke_config", _delete_events),
)
