"""Imports point one way. The arrows of the house, as a table, held against every file.

One hook crosses the line: app.py loads by name what TRAILWARDEN_ATTACH names, on the local stage only.
"""

import ast
import os
import sys
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.house.imports import UNKNOWN, Import, all_imports, imports, loaded_after, modules, reached, within

COMMANDS_FOR_REAL_ACCOUNTS = (
    "scenarios.validator",
    "scenarios.doctor",
    "scenarios.people",
    "scenarios.on_aws",
)

# Each room, and the rooms it may import.
HOUSE = {
    "scenarios.commands": (
        "scenarios.serve",
        "scenarios.incidents",
        "scenarios.runner",
        "scenarios.packaging",
        "scenarios.cloud",
        *COMMANDS_FOR_REAL_ACCOUNTS,
        "scenarios.records",
        "scenarios.queries",
        "scenarios.dashboards",
        "scenarios.service_logs",
        "scenarios.files",
        "chalicelib",
    ),
    "scenarios.serve": ("scenarios.runner", "scenarios.packaging", "scenarios.cloud", "chalicelib"),
    "scenarios.incidents": (
        "scenarios.runner",
        "scenarios.cloud",
        "scenarios.service_logs",
        "chalicelib",
    ),
    "scenarios.runner": (
        "scenarios.queries",
        "scenarios.service_logs",
        "scenarios.packaging",
        "scenarios.records",
        "scenarios.cloud",
        "scenarios.files",
        "chalicelib",
    ),
    "scenarios.records": (
        "scenarios.cloud",
        "scenarios.queries",
        "scenarios.service_logs",
        "scenarios.files",
        "chalicelib",
    ),
    "scenarios.packaging": ("scenarios.cloud", "app", "chalicelib"),
    "scenarios.cloud": (
        "app",
        "scenarios.queries",
        "scenarios.service_logs",
        "scenarios.dashboards",
        "chalicelib",
    ),
    "scenarios.dashboards": ("chalicelib",),
    "scenarios.queries": ("scenarios.service_logs", "chalicelib"),
    "scenarios.service_logs": (),
    "scenarios.validator": ("scenarios.files", "chalicelib"),
    "scenarios.doctor": ("chalicelib",),
    "scenarios.people": ("chalicelib",),
    "scenarios.on_aws": ("scenarios.queries", "chalicelib"),
    "scenarios.files": ("chalicelib",),
    "app": ("chalicelib",),
    "chalicelib": (),
}

_WORDS = ("chalicelib.errors", "chalicelib.wording")
_TYPES = (
    "chalicelib.remediation",
    "chalicelib.looking",
    "chalicelib.triggers",
    "chalicelib.stack",
    "chalicelib.settings",
    "chalicelib.seal",
    *_WORDS,
)

# The same inside of what is deployed.
DEPLOYED = {
    "chalicelib.warden": (
        "chalicelib.template",
        "chalicelib.config_rules",
        "chalicelib.config_rule",
        "chalicelib.remediations",
        "chalicelib.remediation",
    ),
    "chalicelib.template": (
        "chalicelib.config_rule",
        "chalicelib.http",
        "chalicelib.brakes",
        "chalicelib.data_events",
        "chalicelib.references",
        "chalicelib.ledger",
        *_TYPES,
    ),
    "chalicelib.http": (
        "chalicelib.runtime",
        "chalicelib.catalog",
        "chalicelib.ledger",
        "chalicelib.matching",
        "chalicelib.aws",
        *_TYPES,
    ),
    "chalicelib.runtime": (
        "chalicelib.config_items",
        "chalicelib.config_rule",
        "chalicelib.brakes",
        "chalicelib.delayed",
        "chalicelib.evidence",
        "chalicelib.questions",
        "chalicelib.ledger",
        "chalicelib.events",
        "chalicelib.aws",
        *_TYPES,
    ),
    "chalicelib.catalog": (
        "chalicelib.config_rules",
        "chalicelib.config_rule",
        "chalicelib.remediations",
        "chalicelib.remediation",
    ),
    "chalicelib.config_rules": ("chalicelib.config_rule", "chalicelib.references", "chalicelib.aws", *_TYPES),
    "chalicelib.config_items": ("chalicelib.config_rule", "chalicelib.events", *_WORDS),
    "chalicelib.config_rule": ("chalicelib.aws", *_TYPES),
    "chalicelib.remediations": (
        "chalicelib.config_items",
        "chalicelib.config_rule",
        "chalicelib.config_rules",
        "chalicelib.trail",
        "chalicelib.evidence",
        "chalicelib.counting",
        "chalicelib.delayed",
        "chalicelib.own_calls",
        "chalicelib.quarantine",
        "chalicelib.user_quarantine",
        "chalicelib.sharing",
        "chalicelib.ledger",
        "chalicelib.data_events",
        "chalicelib.references",
        "chalicelib.events",
        "chalicelib.aws",
        *_TYPES,
    ),
    "chalicelib.ledger": ("chalicelib.trail", "chalicelib.aws", *_TYPES),
    "chalicelib.trail": ("chalicelib.aws", *_TYPES),
    "chalicelib.evidence": ("chalicelib.events", "chalicelib.aws", *_TYPES),
    "chalicelib.counting": ("chalicelib.events", "chalicelib.aws", *_TYPES),
    "chalicelib.own_calls": ("chalicelib.events", "chalicelib.aws", *_TYPES),
    "chalicelib.delayed": ("chalicelib.events", "chalicelib.aws", *_TYPES),
    "chalicelib.quarantine": ("chalicelib.looking", *_TYPES),
    "chalicelib.user_quarantine": ("chalicelib.events", "chalicelib.looking", *_TYPES),
    "chalicelib.sharing": ("chalicelib.evidence", "chalicelib.events", "chalicelib.aws", *_TYPES),
    "chalicelib.questions": (),
    "chalicelib.data_events": (),
    "chalicelib.references": ("chalicelib.stack",),
    "chalicelib.brakes": ("chalicelib.looking", "chalicelib.settings", "chalicelib.aws", "chalicelib.errors"),
    "chalicelib.events": _WORDS,
    "chalicelib.remediation": (
        "chalicelib.looking",
        "chalicelib.triggers",
        "chalicelib.stack",
        "chalicelib.aws",
        "chalicelib.settings",
        *_WORDS,
    ),
    "chalicelib.looking": ("chalicelib.errors",),
    "chalicelib.triggers": (),
    "chalicelib.stack": (),
    "chalicelib.settings": ("chalicelib.seal", "chalicelib.stack", *_WORDS),
    "chalicelib.seal": _WORDS,
    "chalicelib.aws": _WORDS,
    "chalicelib.matching": (),
    "chalicelib.errors": (),
    "chalicelib.wording": (),
}

# Each arrow that still points the wrong way, and why. What is mended is taken off; nothing is added.
STILL_UPWARD: set[tuple[str, str]] = set()

# What a service's value is made of: the files of its folder that say what it is and hold no law.
MANIFEST = (
    "manifest",
    "mends",
    "permissions",
    "record_forms",
    "recorded",
    "resources",
)

# A module whose name is only known when it is loaded, and who loads it.
LOADED_BY_NAME = {
    "app": "what the local stage's environment names",
    "scenarios.cloud.functions.runtime_environment": "the handler that the template names, as Lambda does",
    "scenarios.cloud.kernel.moto_snapshots": "what moto holds, as another process named it",
    "scenarios.runner.library": "a module of scenarios, by its path",
}

# pytest loads this one; nothing here does.
PLUGIN = "scenarios.runner.pytest_plugin"

# Where a private name is used that isn't moto's, and whose it is.
PRIVATE_BUT_NOT_MOTOS = {
    "scenarios.cloud.boto3_calls": "botocore's client, which lets its handlers at the parameters",
    "scenarios.cloud.calls": "botocore's client, the one place every call goes through",
    "scenarios.cloud.kernel.endpoints": "the same",
    "scenarios.serve.aws": "the same, by the name of an operation",
    "scenarios.cloud.kernel.cbor": "botocore's reader and writer of CBOR, used the other way round",
    "scenarios.cloud.kernel.randomness": "Python's random",
    "scenarios.cloud.kernel.threads": "how Python's own conditions and executors wait",
    "scenarios.cloud.kernel.botocore_hooks": "botocore's, where it makes sessions and clients",
    "scenarios.cloud.kernel.kept_clients": "botocore's, where one client is told from another",
    "scenarios.cloud.kernel.isolation": "Python's own table of the process's variables",
    "scenarios.runner.mutate.touches": "its own world, at the end of every call",
    "scenarios.cloud.kernel.clock": "freezegun's, where it looks for real time",
    "scenarios.cloud.cloudformation.intrinsics": "its own class, in a table",
}

# What a deployment package holds besides the standard library: requirements.txt, and boto3 from the runtime.
LIBRARIES = {"aws_lambda_powertools", "boto3", "botocore", "chalice", "cryptography", "msgspec"}
OURS = {"app", "chalicelib", "scenarios", "tests"}
KERNEL = "scenarios.cloud.kernel"


def told(found: Iterable[Import]) -> list[str]:
    return [str(each) for each in found]


def room_of(module: str, rooms: Iterable[str]) -> str | None:
    return next((room for room in rooms if within(module, room)), None)


def across(rooms: Iterable[str], below: str = "") -> list[Import]:
    """The imports that cross from one room into another; a room that the table doesn't know is one, too."""
    return [
        each
        for each in all_imports(below)
        if each.of.partition(".")[0] in OURS
        and each.of in modules()
        and room_of(each.by, rooms) != room_of(each.of, rooms)
    ]


def no_circle(arrows: Mapping[str, Iterable[str]]) -> None:
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


# ---- rooms --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rooms", [pytest.param(HOUSE, id="house"), pytest.param(DEPLOYED, id="deployed")])
def test_the_table_itself_has_no_circle(rooms):
    no_circle(rooms)


def test_every_module_lies_in_a_room():
    packages = {"scenarios", "chalicelib"}

    assert [each for each in modules() if not room_of(each, HOUSE) and each not in packages] == []
    assert [
        each
        for each in modules()
        if within(each, "chalicelib") and not room_of(each, DEPLOYED) and each not in packages
    ] == []


@pytest.mark.slow
@pytest.mark.parametrize("room", HOUSE)
def test_a_room_imports_only_the_rooms_below_it(room):
    found = [
        each
        for each in across(HOUSE, room)
        if room_of(each.of, HOUSE) not in HOUSE[room] and (each.by, each.of) not in STILL_UPWARD
    ]

    assert told(found) == []


@pytest.mark.parametrize("room", DEPLOYED)
def test_inside_chalicelib_too(room):
    found = [each for each in across(DEPLOYED, room) if room_of(each.of, DEPLOYED) not in DEPLOYED[room]]

    assert told(found) == []


@pytest.mark.slow
def test_each_exception_is_still_one():
    assert {(each.by, each.of) for each in all_imports()} >= STILL_UPWARD


@pytest.mark.slow
def test_no_two_modules_import_each_other_however_far_around():
    no_circle(
        {
            module: {each.of for each in imports(module) if each.of in modules() and each.of != module}
            for module in modules()
        }
    )


def test_no_two_services_of_the_simulated_cloud_do_either():
    no_circle(_between_services())


def _between_services() -> dict[str, set[str]]:
    """What each folder, and each module beside the folders, of scenarios/cloud imports of the others."""
    arrows: dict[str, set[str]] = {}
    for each in all_imports("scenarios.cloud"):
        by, of = _service(each.by), _service(each.of)
        found = arrows.setdefault(by, set())
        if within(each.of, "scenarios.cloud") and by != of:
            found.add(of)
    return arrows


def _service(module: str) -> str:
    """The folder; what its manifest is made of stands above all laws and engines, and counts by itself."""
    folder, name = ".".join(module.split(".")[:3]), module.split(".")[3:]
    return f"{folder}.manifest" if folder != KERNEL and len(name) == 1 and name[0] in MANIFEST else folder


def test_only_the_list_of_services_knows_their_manifests():
    """Laws and engines are handed what they need of a service's value; they don't go and get it."""
    found = [
        each
        for each in all_imports("scenarios")
        if _service(each.of).endswith(".manifest")
        and not _service(each.by).endswith(".manifest")
        and each.by != "scenarios.cloud.services"
    ]

    assert told(found) == []


def test_the_kernel_of_the_simulated_cloud_knows_no_service():
    found = [
        each for each in all_imports(KERNEL) if within(each.of, "scenarios") and not within(each.of, KERNEL)
    ]

    assert told(found) == []


def test_a_remediation_knows_no_other_remediation():
    found = [
        each
        for each in all_imports("chalicelib.remediations")
        if within(each.of, "chalicelib.remediations") and _service(each.of) != _service(each.by)
    ]

    assert told(found) == []


# ---- what is deployed ---------------------------------------------------------------------------


def test_what_is_deployed_imports_only_what_is_deployed_with_it():
    known = {*sys.stdlib_module_names, *LIBRARIES, "chalicelib"}
    found = [
        each
        for module in modules()
        if not within(module, "scenarios")
        for each in imports(module)
        if each.of != UNKNOWN and each.of.partition(".")[0] not in known
    ]

    assert told(found) == []


def test_scenarios_do_not_know_the_tests():
    outside = {"tests", "pytest", "_pytest", "hypothesis", "house"}
    found = [each for each in all_imports("scenarios") if each.of.partition(".")[0] in outside]

    assert told(each for each in found if each.by != PLUGIN) == []
    assert {each.of for each in found if each.by == PLUGIN} == {"pytest"}


def test_only_pytest_loads_its_plugin():
    """So no command ever waits for pytest, or needs it."""
    assert told(each for each in all_imports() if each.of == PLUGIN) == []


@pytest.mark.slow
def test_the_plugin_itself_loads_nothing_of_the_simulation():
    """pytest loads it at every start, also for tests that want no scenario."""
    loaded = loaded_after(f"import pytest, {PLUGIN}")

    assert {
        each for each in loaded if each.partition(".")[0] in ("scenarios", "chalicelib", "moto", "boto3")
    } == {
        "scenarios",
        "scenarios.runner",
        PLUGIN,
    }


def test_a_module_is_loaded_by_a_computed_name_where_the_table_says():
    """Everything else can be followed in the text: `import_module` with a name in it counts as an import."""
    assert {each.by for each in all_imports() if each.of == UNKNOWN} == set(LOADED_BY_NAME)


@pytest.mark.slow
def test_only_the_executor_reaches_aws_by_the_name_of_an_operation():
    """A call made by name is one no reader can find, so there is one place for it, one looks first."""
    by_name = {
        module
        for module, path in modules().items()
        if within(module, "chalicelib")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "operation" and isinstance(node.ctx, ast.Load)
    }

    assert by_name == {
        "chalicelib.runtime.execute",
        "chalicelib.runtime.declared",
        "chalicelib.quarantine",  # only compares it, to say what has moved on
        "chalicelib.runtime.own",  # only compares it with a record's
        "chalicelib.remediation",
        "chalicelib.remediations.trail_stopped.undoing",  # only reads which settings a call had made
    }


# ---- moto ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", [*COMMANDS_FOR_REAL_ACCOUNTS, "scenarios.queries"])
def test_a_command_for_real_accounts_reaches_no_simulation(package):
    """Not in its own files, and in nothing that they import."""
    found = {each for module in modules() if within(module, package) for each in reached(module)}

    assert any(within(each, "chalicelib") for each in found)
    assert {each for each in found if each.partition(".")[0] in ("moto", "freezegun")} == set()
    assert {each for each in found if within(each, "scenarios.cloud")} == set()


def test_motos_insides_are_named_in_the_kernels_hooks_and_in_services_mends_only():
    """`from moto import mock_aws` is moto's open door; what lies behind it changes with its version."""
    found = [each for each in all_imports() if within(each.of, "moto") and each.of != "moto"]
    elsewhere = [each for each in found if not _may_know_moto(each.by)]

    assert any(each.by == f"{KERNEL}.moto_hooks" for each in found)
    assert told(elsewhere) == []


@pytest.mark.slow
def test_private_names_of_moto_too():
    """ruff refuses `found._name`; where it is allowed, the name is moto's, or the table says whose it is."""
    told_not_to = {module for module, path in modules().items() if "SLF001" in path.read_text()}

    assert {module for module in told_not_to if not _may_know_moto(module)} == set(PRIVATE_BUT_NOT_MOTOS)


def _may_know_moto(module: str) -> bool:
    """The kernel's modules that are called `moto_`, and a service's own mends."""
    name = module.rpartition(".")[2]
    return (within(module, KERNEL) and name.startswith("moto_")) or (
        within(module, "scenarios.cloud") and module.count(".") == 3 and name == "mends"
    )


# ---- the same, held by running it ---------------------------------------------------------------


@pytest.mark.slow
def test_without_its_variable_the_application_loads_no_simulation():
    assert "TRAILWARDEN_ATTACH" not in os.environ
    assert "scenarios" not in loaded_after("import app")


WITHOUT_SIMULATION = [
    [],
    ["--help"],
    ["match", "ERROR", "app.py"],
    ["catalog"],
    *([each, "--help"] for each in ("package", "doctor", "validate-trail", "serve", "clock")),
    ["query", "stats count(*)", "app.py"],
    ["nosuch"],
]
# In one process: where nothing is loaded after the last command, none before it has loaded anything.
RUN = f"""
from scenarios.commands.cli import main
for arguments in {WITHOUT_SIMULATION}:
    try:
        main(arguments)
    except SystemExit:
        pass
"""


@pytest.mark.slow
def test_a_command_for_real_accounts_never_imports_the_simulation():
    loaded = loaded_after(RUN)

    of_commands = {"match", "catalog", "package", "doctor", "validate_trail", "serve", "clock"}
    assert {f"scenarios.commands.{each}" for each in ("cli", *of_commands)} <= loaded
    assert loaded & {"moto", "freezegun", "scenarios.cloud.world"} == set()
