"""Which code a function runs from: the folder of the deployment, or the zip that it was given.

A function that the world provisioned has a zip without anything in it and runs from the folder that was
packaged, as does every function where a folder of code was named. One that somebody creates or updates by
the API runs from its zip. Code that stands in a template is CloudFormation's own zip of it, wherever the
rest lies: `index.py`, and beside it `cfnresponse.py` where the code imports that. Libraries that this machine
has come from this machine: a zip is built for Lambda's, and boto3 must be the one that the world listens to.

Sources: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html,
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (deployment package),
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
"""

import hashlib
import io
import sys
import sysconfig
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from scenarios.cloud.asked import Asked
from scenarios.cloud.functions.cfnresponse import CFNRESPONSE
from scenarios.cloud.functions.runtime_environment import DEPLOYED, PROJECT
from scenarios.cloud.kernel import moto_lambda, moto_s3
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.packaged import BUILT, PACKAGED
from scenarios.cloud.setting import Setting

_INLINE: Final = b"code in the template"  # the comment of such a zip, by which it is known
_FOLDER: Final = b"code in the folder "  # and of one whose code lies on this machine
MOST_BYTES_UNPACKED: Final = 262_144_000
# Broken, of an unknown compression, with a password, with names that clash or are too long.
_NO_ZIP: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError),
    *(ValueError, NotImplementedError, RuntimeError, OSError),
)
_THE_WORLD: Final = __name__.partition(".")[0]
_NOT_A_ZIP: Final = "Could not unzip uploaded file. Please check your file, then try to upload again."


@dataclass(frozen=True, slots=True)
class Code:
    """Where a function's modules lie, and the names of those at the top that are its own."""

    folder: Path
    modules: tuple[str, ...] = DEPLOYED
    layers: tuple[Path, ...] = ()


class DeployedCode:
    """Refuses code that isn't there, and finds the code of each function."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.check("lambda", "CreateFunction", self._created)
        setting.calls.check("lambda", "UpdateFunctionCode", self._updated)

    def of(self, model: Any) -> Code:
        """The code of a function, by its model in moto, and of its layers."""
        code, layers = self._own(model), tuple(self._layers(model))
        if not layers:
            return code
        more = {name for layer in layers for name in _modules(layer)}
        return Code(code.folder, (*code.modules, *sorted(more - set(code.modules))), layers)

    def _layers(self, model: Any) -> Iterator[Path]:
        """Where the modules of a function's layers lie, in the order in which Python looks.

        https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
        """
        for layer in model.layers:
            found = moto_lambda.layer_version(str(layer["Arn"]))
            content = bytes(found.code_bytes) if found is not None else b""
            folder = _folder(content)
            if folder is not None and str(folder).endswith(BUILT):
                yield Path(str(folder).removesuffix(BUILT))
                continue
            root = folder or (_unpacked(content).folder if content not in {b"", placeholder()} else None)
            if root is not None:
                places = (*sorted((root / "python" / "lib").glob("python3*/site-packages")), root / "python")
                yield from (place for place in places if place.is_dir())

    def _own(self, model: Any) -> Code:
        packaged = self._setting.code
        content = bytes(getattr(model, "code_bytes", b""))
        if content.endswith(_INLINE):
            return _unpacked(content)
        if packaged != PROJECT:
            return Code(packaged, _modules(packaged))
        if (folder := _folder(content)) is not None:
            return Code(folder, _modules(folder))
        return Code(packaged) if content in (b"", placeholder()) else _unpacked(content)

    def _created(self, asked: Asked) -> None:
        self._must_be_there(asked.parameters.get("Code", {}))

    def _updated(self, asked: Asked) -> None:
        self._must_be_there(asked.parameters)

    def _must_be_there(self, code: Mapping[str, Any]) -> None:
        if "ZipFile" in code:
            _must_unpack(bytes(code["ZipFile"]))
        elif "S3Bucket" in code:
            bucket, key = str(code["S3Bucket"]), str(code.get("S3Key", ""))
            account = self._setting.account
            if all(each.name != bucket for each in moto_s3.buckets(account)):
                raise _no_object("NoSuchBucket", "The specified bucket does not exist")
            found = moto_s3.object_version(account, bucket, key, code.get("S3ObjectVersion"))
            if found is None:
                raise _no_object("NoSuchKey", "The specified key does not exist.")
            _must_unpack(found.value)


def _no_object(code: str, message: str) -> Refused:
    why = f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"
    return Refused("InvalidParameterValueException", why)


def _must_unpack(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(each.file_size for each in archive.infolist())
        if size <= MOST_BYTES_UNPACKED:
            _must_be_possible(_unpacked(content))
    except _NO_ZIP:
        raise Refused("InvalidParameterValueException", _NOT_A_ZIP) from None
    if size > MOST_BYTES_UNPACKED:
        why = f"Unzipped size must be smaller than {MOST_BYTES_UNPACKED} bytes"
        raise Refused("InvalidParameterValueException", why)


def _must_be_possible(code: Code) -> None:
    """On Lambda the function's own folder comes before Python's; here the world needs Python's itself."""
    names = {each.name.removesuffix(".py") for each in code.folder.iterdir()}
    if hidden := sorted(names & (sys.stdlib_module_names | {_THE_WORLD})):
        what = f"a zip with modules of its own in the place of this machine's: {', '.join(hidden)}"
        raise NotSimulated("Lambda", what)


@cache
def placeholder() -> bytes:
    """A zip with one empty file, the same bytes every time: the code is elsewhere."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), "")
    return buffer.getvalue()


def packaged(bucket: str, key: str) -> bytes:
    """The zip of what a template says to be in S3, where that is a folder of this machine."""
    if bucket != PACKAGED or key == "deployment.zip":
        return placeholder()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), "")
        archive.comment = _FOLDER + f"/{unquote(key)}".encode()
    return buffer.getvalue()


def _folder(content: bytes) -> Path | None:
    """The folder that a zip stands for."""
    _, found, folder = content.rpartition(_FOLDER)
    return Path(folder.decode()) if found and folder.startswith(b"/") else None


def inline(text: str) -> bytes:
    """The zip that CloudFormation makes of a Python function's code in a template."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py"), text)
        if "cfnresponse" in text:
            archive.writestr(zipfile.ZipInfo("cfnresponse.py"), CFNRESPONSE)
        archive.comment = _INLINE
    return buffer.getvalue()


@cache
def _place() -> tempfile.TemporaryDirectory[str]:
    """Where zips are unpacked; it goes with the process."""
    return tempfile.TemporaryDirectory(prefix="trailwarden-code-")


_UNPACKED: dict[str, Code] = {}


def _unpacked(content: bytes) -> Code:
    """The same zip is unpacked once."""
    digest = hashlib.sha256(content).hexdigest()
    if digest not in _UNPACKED:
        folder = Path(_place().name) / digest[:16]
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(folder)  # it leaves out `..` and what begins at the root
        _UNPACKED[digest] = Code(folder, _modules(folder))
    return _UNPACKED[digest]


def _modules(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(_own(each.name for each in folder.iterdir())))


def _own(names: Iterable[str]) -> Collection[str]:
    """The modules at the top of a zip or a folder that are no library of this machine's.

    What else lies in the folder that we were started in is none.
    """
    tops = {name.removesuffix(".py") for name in names if "." not in name.removesuffix(".py")}
    libraries = [sysconfig.get_path(each) for each in ("purelib", "platlib")]
    return {
        top
        for top in tops
        if top in DEPLOYED
        or (top.isidentifier() and not top.startswith("__") and PathFinder.find_spec(top, libraries) is None)
    }
