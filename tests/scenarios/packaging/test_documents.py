"""README's tables are the catalogue's words, and stay so."""

import json
from dataclasses import replace

import pytest

from chalicelib.catalog import CATALOG
from chalicelib.remediation import Plan
from chalicelib.stack import Parameter
from scenarios.packaging.documents import DOCUMENTS, UnknownSection, documents, renewed, sections
from scenarios.packaging.sam import CONFIG, application, generated
from tests.chalicelib.runtime.house import Remedy
from tests.project import PROJECT

BAR = Parameter(name="Pattern", default="a|b", description="What | counts.")
ONE = replace(Remedy(Plan.nothing()).remediation, parameters=(BAR,))


def test_a_remediation_is_a_row_in_its_own_words():
    assert sections([ONE])["remediations"].splitlines() == [
        "| remediation | wakes on | what happens |",
        "|---|---|---|",
        "| `remedy` | something | reports it |",
    ]


def test_a_parameter_is_a_row_with_its_default_and_what_it_does():
    rows = sections([ONE])["parameters"].splitlines()

    assert r"| `Pattern` | `a\|b` | What \| counts. |" in rows
    assert rows[2].startswith("| `AlertEmail` | (empty) | Where alerts go")


def test_who_can_act_has_a_row_for_its_mode():
    rows = sections(CATALOG)["parameters"]

    assert "| `TableDeletedMode` | `observe` | How far table_deleted may go" in rows
    assert "RootLoginMode" not in rows


def test_what_stands_between_the_comments_is_written_anew_and_nothing_else():
    begin, end = "<!-- generated: tables -->\n", "<!-- end of tables -->\n"
    text = f"Before.\n{begin}old\n{end}Between.\n{begin}{end}After.\n"

    new = renewed(text, {"tables": "new\n"}, "README.md")

    assert new == f"Before.\n{begin}new\n{end}Between.\n{begin}new\n{end}After.\n"
    assert renewed(new, {"tables": "new\n"}, "README.md") == new


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<!-- generated: tables -->\nold\n", id="without an end"),
        pytest.param("<!-- generated: chairs -->\n<!-- end of chairs -->\n", id="nobody writes it"),
    ],
)
def test_a_section_that_cannot_be_written_is_told_with_its_document(text):
    with pytest.raises(UnknownSection, match=r"guide\.md: the section '(tables|chairs)' .* one of tables"):
        renewed(text, {"tables": "new\n"}, "guide.md")


def test_a_section_is_written_wherever_it_stands_and_a_document_may_be_absent(tmp_path):
    (tmp_path / "docs").mkdir()
    guide = tmp_path / "docs" / "deploying.md"
    guide.write_text("<!-- generated: parameters -->\n<!-- end of parameters -->\n")

    written = documents(tmp_path, sections([ONE]))

    assert list(written) == [guide]
    assert "| `Pattern` |" in written[guide]


@pytest.mark.slow
def test_every_section_stands_in_one_document():
    texts = [(PROJECT / name).read_text() for name in DOCUMENTS if (PROJECT / name).exists()]

    for name in sections(CATALOG):
        assert sum(text.count(f"<!-- generated: {name} -->\n") for text in texts) == 1, name


@pytest.mark.slow
def test_chalices_configuration_lists_each_function_with_its_policy_and_keeps_the_rest():
    by_hand, made = json.loads(CONFIG.read_text()), json.loads(generated()[CONFIG])

    app = application()
    names = [*(each.name for each in (*app.remediations, *app.config_rules)), "heartbeat"]
    assert made["lambda_functions"] == {name: {"iam_policy_file": f"policies/{name}.json"} for name in names}
    assert made["stages"] == by_hand["stages"]
