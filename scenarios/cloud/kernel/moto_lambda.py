"""Lambda: functions, versions, layers, and what invokes them, as moto has them."""

from collections.abc import Mapping
from typing import Any

from scenarios.cloud.kernel.moto_state import backend, named_by


def lambda_function(account: str, region: str, name_or_arn: str) -> Any | None:
    """A function's model: `.handler`, `.role`, `.timeout`, `.environment_vars`, `.policy`..."""
    name = name_or_arn.rpartition(":function:")[2].split(":")[0]
    found = backend("lambda", account, region)._lambdas._functions.get(name)  # noqa: SLF001
    return found["latest"] if found else None


def layer_version(arn: str) -> Any | None:
    """A version of a layer, by ARN: `.code_bytes`."""
    found = named_by(arn, "lambda")
    return found.layers_versions_by_arn(arn) if found is not None else None


def function_urls(function: Any) -> dict[str, dict[str, Any]]:
    """A function's URLs, by alias; they are ours, kept where moto keeps the function."""
    urls: dict[str, dict[str, Any]] = vars(function).setdefault("urls", {})
    return urls


def lambda_version(account: str, region: str, name: str, version: str) -> Any | None:
    """A published version of a function, with what was frozen in it: `.version`, `.handler`, `.role`..."""
    found = backend("lambda", account, region)._lambdas._functions.get(name)  # noqa: SLF001
    versions = found["versions"] if found else []
    return next((each for each in versions if str(each.version) == version), None)


def lambda_alias(account: str, region: str, name: str, alias: str) -> Any | None:
    """An alias: `.function_version`, `.routing_config`."""
    latest = lambda_function(account, region, name)
    if latest is None:
        return None
    aliases = backend("lambda", account, region)._lambdas._aliases  # noqa: SLF001
    return aliases.get(latest.function_arn, {}).get(alias)


def lambda_functions(account: str, region: str) -> list[Any]:
    """A region's functions, each as its latest version."""
    functions = backend("lambda", account, region)._lambdas._functions.values()  # noqa: SLF001
    return [each["latest"] for each in functions if each["latest"] is not None]


def lambda_policy(function: Any) -> Mapping[str, Any] | None:
    """A function's resource policy."""
    if not function.policy or not function.policy.statements:
        return None
    return {"Version": "2012-10-17", "Statement": function.policy.statements}


def event_source_mappings(account: str, region: str) -> list[Any]:
    """A region's mappings: `.uuid`, `.event_source_arn`, `.function_arn`, `.enabled`, `.batch_size`..."""
    return list(backend("lambda", account, region)._event_source_mappings.values())  # noqa: SLF001


def event_invoke_config(function: Any, qualifier: str = "") -> Mapping[str, Any]:
    """How events of a function, a version or an alias are retried, and where those go that fail."""
    arn = f"{function.function_arn}:{qualifier}" if qualifier else function.function_arn
    found = [each for each in function.event_invoke_config if each.arn == arn]
    return found[-1].config if found else {}
