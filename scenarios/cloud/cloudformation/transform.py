"""The `AWS::Serverless-2016-10-31` transform: what CloudFormation runs on the packaged template first of all.

Without a network and without credentials: the transform is told its region, and its map of AWS managed
policies is a few names of our own.
"""

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

from scenarios.cloud.kernel.real_dates import real_dates


def translate(sam: Mapping[str, Any], *, region: str, folder: Path | None = None) -> dict[str, Any]:
    """Run the SAM transform; the result is plain CloudFormation, `sam` stays as it was.

    A `CodeUri` or `ContentUri` that names a local file becomes an S3 address, as `aws cloudformation package`
    would do: the transform refuses anything else. `folder`: where the template lies; a folder that is there
    keeps its place in the address.

    Raises:
        InvalidTemplate: with the transform's own sentences.
        NotSimulated: a serverless application, which the transform would fetch from a repository.
    """
    translated: dict[str, Any] = _transform().translate(sam, region=region, folder=folder)
    return translated


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
