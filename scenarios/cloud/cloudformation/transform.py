"""The `AWS::Serverless-2016-10-31` transform: what CloudFormation runs on the packaged template first of all.

Without a network and without credentials: the transform is told its region, and its map of AWS managed
policies is a few names of our own. So what it makes of a template is always the same, and is kept on disk: to
load the transform takes a fifth of the time in which all else of the simulated AWS is loaded.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

from scenarios.cloud.kernel import kept_on_disk
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.kernel.packaged import BUILT, PACKAGED
from scenarios.cloud.kernel.real_dates import real_dates

_CODE = f"s3://{PACKAGED}/deployment.zip"
_LOCAL = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


def translate(sam: Mapping[str, Any], *, region: str, folder: Path | None = None) -> dict[str, Any]:
    """Run the SAM transform; the result is plain CloudFormation, `sam` stays as it was.

    A `CodeUri` or `ContentUri` that names a local file becomes an S3 address, as `aws cloudformation package`
    would do: the transform refuses anything else. `folder`: where the template lies; a folder that is there
    keeps its place in the address.

    Raises:
        InvalidTemplate: with the transform's own sentences.
        NotSimulated: a serverless application, which the transform would fetch from a repository.
    """
    document = _copied(sam)
    _as_packaged(document, folder)
    asked = _as_json(document)
    kept = kept_on_disk.read(f"{region} {asked}") if asked is not None else None
    if kept is not None:
        known: dict[str, Any] = json.loads(kept)
        return known
    translated: dict[str, Any] = _transform().translate(document, region=region)
    if asked is not None:
        kept_on_disk.write(f"{region} {asked}", json.dumps(translated).encode())
    return translated


def _as_json(document: Mapping[str, Any]) -> str | None:
    """A document as JSON, if it is the same when it is read again: YAML has dates, and numbers as keys."""
    try:
        text = json.dumps(document)
    except (TypeError, ValueError):
        return None
    return text if json.loads(text) == document else None


def _copied(part: Any) -> Any:
    """A copy of a template: plain dictionaries and lists, whatever it was read into."""
    if isinstance(part, Mapping):
        return {name: _copied(each) for name, each in part.items()}
    if isinstance(part, list):
        return [_copied(each) for each in part]
    return part


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


@cache
def _transform() -> ModuleType:
    """The transform, imported when it is first needed; its models of properties once they are looked into.

    It has such a model for each of its types, of which functions need none. To make them takes as long as to
    import all the rest of it.
    """
    models = _ModelsLater()
    sys.meta_path.insert(0, models)
    try:
        with real_dates():
            return import_module("scenarios.cloud.cloudformation.sam_transform")
    finally:
        sys.meta_path.remove(models)


class _ModelsLater(MetaPathFinder):
    """Finds the modules of models as all finders do; they are run when one of their names is asked for."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith("samtranslator.internal.schema_source.aws_"):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Later(spec.loader)
        return spec


@dataclass(frozen=True, slots=True)
class _Later(Loader):
    """Python's own LazyLoader runs a module for its class as well; the transform asks all it has for that."""

    loader: Loader

    def exec_module(self, module: ModuleType) -> None:
        def run_first(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            del vars(module)["__getattr__"]
            with real_dates():
                self.loader.exec_module(module)
            return getattr(module, name)

        vars(module)["__getattr__"] = run_first
