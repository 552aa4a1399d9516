"""From the declarations in app.py to the SAM template, for a deploy and, in process, for a rehearsal.

Chalice does the packaging. What is ours: the runtime is pinned for every interpreter that packages,
the fragment of `Warden` is merged in, and the policies come from the declared grants. A
rehearsal takes the very same template without building the dependencies, and needs no network.
"""

import importlib
import json
import os
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from chalice.config import Config
from chalice.deploy.appgraph import ApplicationGraphBuilder, DependencyBuilder
from chalice.deploy.deployer import BaseDeployStep, BuildStage, InjectDefaults, SwaggerBuilder
from chalice.deploy.swagger import CFNSwaggerGenerator
from chalice.package import SAMTemplateGenerator, TemplateDeepMerger

from chalicelib.template import RUNTIME
from chalicelib.warden import Warden
from scenarios.packaging.documents import documents, sections
from scenarios.packaging.requirements import requirements

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = PROJECT / ".chalice" / "config.json"
POLICIES = PROJECT / ".chalice" / "policies"
FRAGMENT = PROJECT / ".chalice" / "fragment.json"
REQUIREMENTS = PROJECT / "requirements.txt"

Template = dict[str, Any]


class UnknownStage(ValueError):
    """No such stage in .chalice/config.json."""


class PinnedConfig(Config):  # type: ignore[misc]  # Chalice ships no types
    """Chalice's configuration, with the Lambda runtime pinned instead of taken from this interpreter."""

    lambda_python_version = RUNTIME


class _Endpoints:
    """What Chalice's template generator asks an AWS client for; the answers are the same everywhere."""

    def service_principal(self, service: str) -> str:
        """`apigateway.amazonaws.com`."""
        return f"{service}.amazonaws.com"


class _Policies(BaseDeployStep):  # type: ignore[misc]  # Chalice ships no types
    """Gives each function's role the document made from its grants, in place of the file."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self._documents = documents

    def handle_filebasediampolicy(self, config: Any, resource: Any) -> None:
        """Called by Chalice for each policy file."""
        del config
        resource.document = json.loads(json.dumps(self._documents[Path(resource.filename).stem]))


class _NoCode(BaseDeployStep):  # type: ignore[misc]  # Chalice ships no types
    """Stands in for the zip: a rehearsal runs the checkout."""

    def handle_deploymentpackage(self, config: Any, resource: Any) -> None:
        """Called by Chalice for the one package that all functions share."""
        del config
        resource.filename = "./deployment.zip"


def stages() -> tuple[str, ...]:
    """The stages that .chalice/config.json knows."""
    return tuple(json.loads(CONFIG.read_text())["stages"])


@lru_cache(maxsize=1)
def application() -> Warden:
    """The application that app.py declares, imported once; nothing in it runs.

    Without what a local stage attaches: that is never deployed.
    """
    attached, loaded = os.environ.pop("TRAILWARDEN_ATTACH", None), sys.modules.pop("app", None)
    try:
        app = importlib.import_module("app").app
    finally:
        if attached is not None:
            os.environ["TRAILWARDEN_ATTACH"] = attached
        if loaded is not None:
            sys.modules["app"] = loaded
    assert isinstance(app, Warden)
    return app


@lru_cache(maxsize=8)
def _sam_text(stage: str) -> str:
    return json.dumps(_sam(stage))


def sam_template(stage: str) -> Template:
    """The SAM template of a stage, as `chalice package` with the merged fragment makes it.

    Raises UnknownStage.
    """
    loaded: Template = json.loads(_sam_text(stage))
    return loaded


def _sam(stage: str) -> Template:
    app = application()
    config = _config(stage)
    graph = ApplicationGraphBuilder().build(config, stage)
    dependencies = DependencyBuilder()
    steps = [
        InjectDefaults(),
        _NoCode(),
        _Policies(app.policies()),
        SwaggerBuilder(swagger_generator=CFNSwaggerGenerator()),
    ]
    BuildStage(steps=steps).execute(config, dependencies.build_dependencies(graph))
    template = SAMTemplateGenerator(config, _Endpoints()).generate(dependencies.build_dependencies(graph))
    merged: Template = TemplateDeepMerger().merge(dict(app.fragment()), template)
    # The function's own policy says it, and AWS advises against both on one function.
    del merged["Resources"]["APIHandlerInvokePermission"]
    return merged


def _config(stage: str) -> PinnedConfig:
    configuration = _configuration()
    if stage not in configuration["stages"]:
        raise UnknownStage(f"there is no stage {stage!r}; .chalice/config.json has {', '.join(stages())}")
    return PinnedConfig(
        chalice_stage=stage,
        user_provided_params={"chalice_app": application, "project_dir": str(PROJECT)},
        config_from_disk=configuration,
        default_params={"api_gateway_stage": stage},
    )


def _configuration() -> Template:
    """Chalice's configuration as it stands in .chalice/config.json, with every function's policy file."""
    by_hand: Template = json.loads(CONFIG.read_text())
    functions = (each.name for each in application().pure_lambda_functions)
    return by_hand | {
        "lambda_functions": {name: {"iam_policy_file": f"policies/{name}.json"} for name in functions}
    }


# ---- what is written to disk --------------------------------------------------------------------


def generated() -> dict[Path, str]:
    """The generated files of the project and what must stand in them."""
    app = application()
    files = {POLICIES / f"{name}.json": pretty(document) for name, document in app.policies().items()}
    return {
        REQUIREMENTS: requirements(),
        CONFIG: pretty(_configuration()),
        FRAGMENT: pretty(app.fragment()),
        **files,
        **documents(PROJECT, sections(app.remediations, app.config_rules)),
    }


def stale() -> list[Path]:
    """Generated files that differ from the declarations, or that nothing needs any more."""
    wanted = generated()
    wrong = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    return wrong + [path for path in sorted(POLICIES.glob("*.json")) if path not in wanted]


def regenerate() -> list[Path]:
    """Bring the generated files up to date; returns those that changed."""
    changed = stale()
    wanted = generated()
    for path in changed:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path])
        else:
            path.unlink()
    return changed


def pretty(document: Any, *, indent: int = 2) -> str:
    """JSON as it is written to disk."""
    return json.dumps(document, indent=indent) + "\n"
