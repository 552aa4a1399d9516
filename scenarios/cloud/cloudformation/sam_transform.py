"""The SAM transform itself. `transform.translate` imports this module for the first template to translate.

The transform's library takes a fifth of the time in which all else of the simulated AWS is loaded.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from boto3 import Session
from samtranslator.metrics.metrics import Metrics
from samtranslator.model.exceptions import ExceptionWithMessage, InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.sdk.resource import SamResourceType
from samtranslator.translator.translator import Translator
from samtranslator.utils.py27hash_fix import (
    to_py27_compatible_template,
    undo_mark_unicode_str_in_template,
)

from scenarios.cloud.cloudformation.resources.managed_policies import MANAGED_POLICIES
from scenarios.cloud.kernel.arns import partition_of
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.kernel.isolation import without_aws_settings
from scenarios.cloud.kernel.packaged import BUILT, PACKAGED

_CODE = f"s3://{PACKAGED}/deployment.zip"
_LOCAL = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}

# The transform asks this of every resource for each plugin, and would go through all its types each time.
SamResourceType.has_value = frozenset(each.value for each in SamResourceType).__contains__


def _copied(part: Any) -> Any:
    """A copy of a template: plain dictionaries and lists, whatever it was read into."""
    if isinstance(part, Mapping):
        return {name: _copied(each) for name, each in part.items()}
    if isinstance(part, list):
        return [_copied(each) for each in part]
    return part


def translate(sam: Mapping[str, Any], *, region: str, folder: Path | None) -> dict[str, Any]:
    """What `transform.translate` promises."""
    document = _copied(sam)
    _as_packaged(document, folder)
    try:
        with without_aws_settings():
            session = Session(region_name=region)
            translator = Translator(None, Parser(), boto_session=session, metrics=_NoMetrics())
            to_py27_compatible_template(document, {})
            plain = translator.translate(document, {}, get_managed_policy_map=lambda: _policy_map(region))
    except InvalidDocumentException as error:
        raise InvalidTemplate("the SAM template", _sentences(error)) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # The transform trusts shapes it has not checked and then trips over them.
        raise InvalidTemplate("the SAM template", f"the transform failed on it: {error!r}") from error
    translated: dict[str, Any] = undo_mark_unicode_str_in_template(plain)
    return translated


class _NoMetrics(Metrics):  # type: ignore[misc]  # samtranslator ships no types
    """Measures nothing: the transform's own class complains at exit about metrics that were not published."""

    def _record_metric(self, *_: Any, **__: Any) -> None:
        return


def _as_packaged(document: Mapping[str, Any], folder: Path | None) -> None:
    """Replace local code by an S3 address, in place; refuse what the transform would need a network for."""
    resources = document.get("Resources")
    for logical_id, resource in resources.items() if isinstance(resources, dict) else ():
        if not isinstance(resource, dict):
            raise InvalidTemplate(logical_id, "a resource is an object with a Type")
        if resource.get("Type") == "AWS::Serverless::Application":
            raise NotSimulated("the SAM transform", f"AWS::Serverless::Application ({logical_id})")
        name = _LOCAL.get(str(resource.get("Type")))
        properties = resource.get("Properties")
        if name is None or not isinstance(properties, dict):
            continue
        code = properties.get(name)
        if isinstance(code, str) and not code.startswith("s3://"):
            properties[name] = _address(code, folder, resource.get("Metadata"))
    of_all = document.get("Globals")
    parts = of_all.get("Function") if isinstance(of_all, dict) else None
    code = parts.get("CodeUri") if isinstance(parts, dict) else None
    if isinstance(parts, dict) and isinstance(code, str) and not code.startswith("s3://"):
        parts["CodeUri"] = _address(code, folder, None)


def _address(code: str, folder: Path | None, metadata: Any) -> str:
    """Where local code is put; a layer that `sam build` builds has its modules a folder deeper."""
    place = (folder / code).resolve() if folder is not None else None
    if place is None or not place.is_dir():
        return _CODE
    built = isinstance(metadata, dict) and str(metadata.get("BuildMethod", "")).startswith("python")
    return f"s3://{PACKAGED}/{quote(str(place).lstrip('/'))}{BUILT if built else ''}"


def _policy_map(region: str) -> dict[str, str]:
    partition = partition_of(region)
    return {path.rsplit("/", 1)[-1]: f"arn:{partition}:iam::aws:policy/{path}" for path in MANAGED_POLICIES}


def _sentences(error: InvalidDocumentException) -> str:
    causes = [cause for cause in error.causes if isinstance(cause, ExceptionWithMessage)]
    return " ".join(str(cause.message).strip() for cause in causes) or str(error)
