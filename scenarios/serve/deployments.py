"""What stands in a served world when it begins: Trailwarden's own stack, somebody else's, or nothing."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from scenarios.cloud.deployment import Deployment
from scenarios.cloud.functions.runtime_environment import PROJECT
from scenarios.runner.imperative import EMPTY, CannotOpen, template_text
from scenarios.runner.run import NO_HEARTBEAT, ON_CALL


def deployment_of(
    *,
    template: Mapping[str, Any] | str | Path | None,
    code: str | Path | None,
    parameters: Mapping[str, str],
    region: str,
    start: datetime,
) -> Deployment:
    """The deployment of a template: a file, a mapping, "empty", or None for Trailwarden's own.

    `code`: the folder that holds the template's app.py. Raises CannotOpen.
    """
    folder = PROJECT if code is None else Path(code).resolve()
    if not (folder / "app.py").is_file() and template != EMPTY:
        raise CannotOpen(f"the folder {folder} has no app.py, from which functions are imported")
    source = (
        template if template is None or isinstance(template, Mapping) or template == EMPTY else Path(template)
    )
    # Nobody wants a heartbeat each minute of a day that is passed in one go; `--parameter` switches it on.
    own = {"AlertEmail": ON_CALL, **dict([NO_HEARTBEAT])} if template is None else {}
    return Deployment(
        template=template_text(source, region),
        parameters=tuple((own | dict(parameters)).items()),
        home=region,
        regions=tuple(dict.fromkeys((region, "us-east-1"))),
        start=start,
        code=folder,
    )
