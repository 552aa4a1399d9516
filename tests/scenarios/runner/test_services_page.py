"""The guide's table of services is the manifests' words, and stays so."""

from scenarios.cloud.service import Service
from scenarios.cloud.services import SERVICES
from scenarios.runner.services_page import PAGE, page, services_table


def test_the_guide_says_what_the_manifests_say():
    text = PAGE.read_text()

    assert text == page(text), "python -m scenarios.runner.services_page writes it anew"


def test_a_service_is_a_row_of_what_it_does_and_does_not():
    rows = services_table([Service(name="b", simulated="this", missing="that"), Service(name="a")])

    assert rows.splitlines() == ["| service | does | does not |", "|---|---|---|", "| `b` | this | that |"]


def test_a_service_whose_calls_are_judged_says_what_is_simulated_and_what_is_not():
    judged = [each for each in SERVICES if each.permissions is not None]

    assert [each.name for each in judged if not (each.simulated and each.missing)] == []
