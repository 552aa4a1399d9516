"""Links of README and docs lead somewhere, every page is linked, and files that pages name are there."""

import re

import pytest

from tests.project import PROJECT

PAGES = {
    path.relative_to(PROJECT).as_posix(): path
    for path in (PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md")))
}
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_NAMED = re.compile(r"`((?:app\.py|(?:chalicelib|scenarios|tests|docs|\.chalice|\.ci)/)[\w./]*)`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# The guide's own remediation, and names that stand for the reader's.
_STANDS_FOR = ("NAME", "port_opened")


def anchors(text):
    """What GitHub makes of the headings: https://docs.github.com/en/get-started/writing-on-github."""
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in _HEADING.findall(text)}


@pytest.mark.parametrize("page", PAGES)
def test_a_link_leads_to_a_file_and_a_heading_in_it(page):
    for file, heading in _LINK.findall(PAGES[page].read_text()):
        target = PAGES[page].parent / file if file else PAGES[page]
        assert target.exists(), f"{page} links to {file}"
        assert not heading or heading in anchors(target.read_text()), f"{page} links to {file}#{heading}"


def test_the_picture_of_the_house_has_every_room():
    picture = PAGES["docs/architecture.md"].read_text().partition("## The way of an event")[0]
    rooms = [*PROJECT.glob("scenarios/*/__init__.py"), *PROJECT.glob("chalicelib/*/__init__.py")]

    assert [each.parent.name for each in rooms if f"{each.parent.name}/" not in picture] == []


@pytest.mark.parametrize("start", ["README.md", "docs/index.md"])
def test_every_page_is_linked(start):
    linked = {
        (PAGES[start].parent / file).resolve().relative_to(PROJECT.resolve()).as_posix()
        for file, _ in _LINK.findall(PAGES[start].read_text())
    }

    assert set(PAGES) - linked - {start} == set()


@pytest.mark.parametrize("page", [each for each in PAGES if each != "docs/changelog.md"])  # it names what was
def test_a_file_named_on_a_page_is_there(page):
    named = _NAMED.findall(PAGES[page].read_text())

    assert [
        each
        for each in named
        if not (PROJECT / each).exists() and not any(name in each for name in _STANDS_FOR)
    ] == []
