"""Versions and aliases: which code an ARN of a function runs, and under which name it is invoked.

A version is the function as it was when it was published, but for its reserved concurrency and its tags,
which belong to the function. An alias with weights sends a part of its invocations to a second version: which
ones follows from the seed. Every attempt of an event is drawn anew; AWS does not say whether it is.

Left out: provisioned concurrency, and the shift of traffic that CodeDeploy makes.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html,
https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html,
https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scenarios.cloud.kernel import moto_lambda
from scenarios.cloud.kernel.arns import function_name, qualifier_of, region_of, service_of, unqualified

LATEST: Final = "$LATEST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """What an ARN runs: moto's model of a version, and its number or `$LATEST`."""

    model: Any
    version: str

    @property
    def arn(self) -> str:
        """The ARN of what runs; of the unpublished version the function's own."""
        arn = unqualified(str(self.model.function_arn))
        return arn if self.version == LATEST else f"{arn}:{self.version}"


def what_runs(account: str, arn: str, draw: Callable[[], float]) -> Runs | None:
    """What an invocation of this ARN runs; None where there is no such function, version or alias.

    `draw`: a number from 0 to 1, asked where an alias has weights.
    """
    if service_of(arn) != "lambda":
        return None
    region, name, qualifier = region_of(arn), function_name(arn), qualifier_of(arn)
    latest = moto_lambda.lambda_function(account, region, name)
    if latest is None:
        return None
    if qualifier in {"", LATEST}:
        return Runs(model=latest, version=LATEST)
    alias = moto_lambda.lambda_alias(account, region, name, qualifier)
    version = _drawn(alias, draw) if alias is not None else qualifier
    model = latest if version == LATEST else moto_lambda.lambda_version(account, region, name, version)
    if model is None:
        return None
    return Runs(model=model, version=version)


def standing(account: str, arn: str) -> Any | None:
    """The model of what an ARN names, as moto has it: of an alias its own version, whatever its weights."""
    runs = what_runs(account, arn, lambda: 1.0)
    return runs.model if runs is not None else None


def weights_of(routing: Mapping[str, Any] | None) -> Mapping[str, float]:
    """The share of each further version of an alias."""
    return (routing or {}).get("AdditionalVersionWeights") or {}


def _drawn(alias: Any, draw: Callable[[], float]) -> str:
    weights = weights_of(alias.routing_config)
    if not weights:
        return str(alias.function_version)
    drawn = draw()
    for version, weight in weights.items():
        if drawn < weight:
            return str(version)
        drawn -= weight
    return str(alias.function_version)
