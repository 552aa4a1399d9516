"""Tests stand where the house has what they test: folder by folder, and no room without any."""

import pytest

from tests.project import PROJECT

# Rooms without a folder of tests of their own, and where their tests are.
_TABLES = "tests/scenarios/cloud/authorization/test_actions.py"  # walks what each service may be asked
TESTED_ELSEWHERE = {
    "chalicelib/remediations/instance_state": "tests/chalicelib/remediations/test_hosts.py",
    "scenarios/cloud/apigatewaymanagementapi": "tests/scenarios/cloud/apigateway/test_web_sockets.py",
    "scenarios/cloud/apigatewayv2": "tests/scenarios/cloud/apigateway/test_requests.py",
    "scenarios/cloud/cloudformation/resources": "tests/scenarios/cloud/cloudformation/test_provision*.py",
    "scenarios/cloud/glue": "tests/scenarios/cloud/athena/test_executions.py",
    "scenarios/cloud/guardduty": _TABLES,
    "scenarios/cloud/iotdata": "tests/scenarios/cloud/iot/test_rules.py",
    "scenarios/cloud/kinesis": "tests/scenarios/cloud/cloudformation/test_provision_streams.py",
    "scenarios/cloud/organizations": _TABLES,
    "scenarios/cloud/rds": _TABLES,
    "scenarios/queries/sql/expressions": "tests/scenarios/queries/sql/test_battery.py",
    "scenarios/queries/sql/functions": "tests/scenarios/queries/sql/test_battery.py",
}


def folders(top):
    """The folders below `top` that hold Python, by their path from it."""
    return {
        path.parent.relative_to(PROJECT / top).as_posix()
        for path in (PROJECT / top).rglob("*.py")
        if "__pycache__" not in path.parts
    }


def rooms(top):
    """The packages below `top` with code of their own: more than an empty `__init__.py`."""
    return sorted(
        folder
        for folder in folders(top)
        if any(path.name != "__init__.py" for path in (PROJECT / top / folder).glob("*.py"))
    )


@pytest.mark.parametrize("top", ["chalicelib", "scenarios"])
def test_each_folder_of_tests_has_its_room(top):
    assert folders(f"tests/{top}") - folders(top) == set()


def complaint(room):
    """What is wrong with where a room's tests are; nothing where all is well."""
    tests = any((PROJECT / "tests" / room).glob("**/test_*.py"))
    if room not in TESTED_ELSEWHERE:
        there = f"tests/{room} has no test; add one, or say in TESTED_ELSEWHERE where they are"
        return "" if tests else there
    if tests:
        return f"{room} has tests now: take it out of TESTED_ELSEWHERE"
    return "" if any(PROJECT.glob(TESTED_ELSEWHERE[room])) else f"nothing is at {TESTED_ELSEWHERE[room]}"


@pytest.mark.slow
def test_each_room_has_tests_or_says_where_they_are():
    all_rooms = [f"{top}/{each}" for top in ("chalicelib", "scenarios") for each in rooms(top)]

    assert [complaint(room) for room in all_rooms if complaint(room)] == []
