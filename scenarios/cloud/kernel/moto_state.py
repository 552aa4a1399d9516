"""What laws read and write of moto's state, of services that have no module of their own for it here.

Laws read here, and in the modules beside that are called after a service, what an API would show, or what
moto keeps and no API shows: one function for each thing. Each has a contract test.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from moto.backends import get_backend

from scenarios.cloud.kernel.arns import account_of, region_of, service_of


def backend(service: str, account: str, region: str) -> Any:
    """A moto backend."""
    return _backends(service)[account][region]


def named_by(arn: str, service: str) -> Any | None:
    """The moto backend that an ARN of this service names; None where it is an ARN of something else."""
    account, region = account_of(arn), region_of(arn)
    if service_of(arn) != service or not account or not region:
        return None
    return backend(service, account, region)


@cache
def _backends(service: str) -> Any:
    """A service's state, by account; moto has one for good."""
    return get_backend(service)  # type: ignore[call-overload,unused-ignore]  # one overload for each name


def log_group(account: str, region: str, name: str) -> Any | None:
    """A log group's model: `.streams`, `.subscription_filters`."""
    return backend("logs", account, region).groups.get(name)


def log_groups(account: str, region: str) -> list[str]:
    """The names of a region's log groups."""
    return sorted(backend("logs", account, region).groups)


def log_destination(arn: str) -> Any | None:
    """A logical destination by its ARN: `.target_arn`, `.role_arn`, `.access_policy`."""
    _, _, _, region, account, _ = arn.split(":", 5)
    return backend("logs", account, region).destinations.get(arn)


def log_destinations(account: str, region: str) -> list[Any]:
    """The logical destinations of a region: `.destination_name`, `.to_dict()`."""
    return list(backend("logs", account, region).destinations.values())


def metric_filters(account: str, region: str, group: str) -> list[Mapping[str, Any]]:
    """The metric filters of a log group, as PutMetricFilter took them."""
    found = backend("logs", account, region).filters.metric_filters
    return [each for each in found if each["logGroupName"] == group]


def alarms(account: str, region: str) -> dict[str, Any]:
    """The metric alarms of a region by name."""
    return dict(backend("cloudwatch", account, region).alarms)


def trails(account: str, region: str) -> list[Any]:
    """The trails whose home is this region."""
    return list(backend("cloudtrail", account, region).trails.values())


def tags_by_arn(service: str, account: str, region: str, arn: str) -> dict[str, str]:
    """The tags of a resource, for the services where moto keeps them by ARN; KMS keeps them by key id."""
    return dict(backend(service, account, region).tagger.get_tag_dict_for_resource(arn))


def topic_rules(account: str, region: str) -> list[Any]:
    """A region's rules of AWS IoT: `.rule_name`, `.arn`, `.sql`, `.actions`, `.error_action`..."""
    return list(backend("iot", account, region).rules.values())


def ssm_tags(account: str, region: str, kind: str, name: str) -> dict[str, str]:
    """The tags of Systems Manager's `Parameter` or `Document`, whose name may begin with a slash."""
    tags = backend("ssm", account, region)._resource_tags[kind]  # noqa: SLF001
    return dict(tags.get(name) or tags.get(f"/{name}") or {})


def ssm_document(account: str, region: str, name: str) -> Any | None:
    """A document of Systems Manager: `.find(version, version_name, strict=...)`, `.exists(...)`."""
    return backend("ssm", account, region)._documents.get(name)  # noqa: SLF001


def state_machine(account: str, region: str, arn: str) -> Any | None:
    """A state machine: `.arn`, `.name`, `.definition`, `.roleArn`, `.type`, `.versions` by number."""
    every = backend("stepfunctions", account, region).state_machines
    return next((each for each in every if each.arn == arn), None)


def codebuild_project(account: str, region: str, name: str) -> Mapping[str, Any]:
    """What CodeBuild says of a project; {} where there is none."""
    found = backend("codebuild", account, region).codebuild_projects.get(name)
    return found.project_metadata if found is not None else {}


def builds(account: str, region: str) -> list[dict[str, Any]]:
    """The builds of a region, the oldest of each project first, as moto keeps and changes them."""
    every = backend("codebuild", account, region).build_metadata_history.values()
    return [build for of_project in every for build in of_project]


def as_tags(listed: Any) -> dict[str, str]:
    """Tags by name; moto keeps some as AWS lists them."""
    return {tag["Key"]: tag["Value"] for tag in listed or ()}


def hosted_zones(account: str) -> set[str]:
    """The ids of Route 53's hosted zones."""
    return set(backend("route53", account, "aws").zones)


def opensearch_domain(account: str, region: str, place: str) -> Any | None:
    """A domain by its ARN or its endpoint, or None: `.arn`, `.endpoint`, `.access_policies`."""
    host = place.removeprefix("https://").rstrip("/")
    domains = backend("opensearch", account, region).domains.values()
    return next((each for each in domains if place == each.arn or host == each.endpoint), None)


def parameter(account: str, region: str, name: str) -> Any | None:
    """The newest version of a parameter: `.parameter_type`, `.description`."""
    return backend("ssm", account, region).get_parameter(name)


def utc(moment: datetime) -> datetime:
    """A time of moto's, which may have no time zone and is always UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def logs_policy(account: str, region: str) -> Mapping[str, Any]:
    """What all of a region's CloudWatch Logs resource policies say together."""
    found = backend("logs", account, region).resource_policies.values()
    documents = [json.loads(each.policy_document) for each in found if each.policy_document]
    statements = [each.get("Statement", []) for each in documents if isinstance(each, dict)]
    flat = [one for each in statements for one in (each if isinstance(each, list) else [each])]
    return {"Version": "2012-10-17", "Statement": flat}


def managed_rules() -> Mapping[str, Mapping[str, Any]]:
    """AWS Config's managed rules: `Trigger type`, `Resource Types`, `Parameters` of each."""
    # Imported late: only a world with rules needs it.
    from moto.config.models import MANAGED_RULES_CONSTRAINTS  # noqa: PLC0415

    found: Mapping[str, Mapping[str, Any]] = MANAGED_RULES_CONSTRAINTS
    return found
