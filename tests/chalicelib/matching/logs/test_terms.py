"""Unstructured terms: which messages match, and which do not."""

import pytest

from chalicelib.matching.logs.pattern import LogPattern

SSHD = "Mar  3 10:15:01 ip-10-0-0-5 sshd[2100]: Failed password for root from 203.0.113.7 port 40122 ssh2"

SHOULD_MATCH = [
    pytest.param("Failed", SSHD, id="one term"),
    pytest.param("ailed", SSHD, id="part of a word"),
    pytest.param("root Failed", SSHD, id="two terms, in any order"),
    pytest.param("Failed\tpassword\n for", SSHD, id="blanks of any kind between terms"),
    pytest.param('"Failed password"', SSHD, id="phrase"),
    pytest.param('"sshd[2100]:"', SSHD, id="phrase with punctuation"),
    pytest.param("?Accepted ?Failed", SSHD, id="one of two optional terms"),
    pytest.param('?"Accepted publickey" ?"Failed password"', SSHD, id="one of two optional phrases"),
    pytest.param("?Accepted ?closed Failed", SSHD, id="optional terms count for nothing beside a plain one"),
    pytest.param("?Accepted -publickey", SSHD, id="optional terms count for nothing beside an excluded one"),
    pytest.param("Failed -admin", SSHD, id="excluded term is absent"),
    pytest.param("-admin", SSHD, id="only an excluded term"),
    pytest.param('-"invalid user"', SSHD, id="only an excluded phrase"),
    pytest.param("", SSHD, id="empty pattern"),
    pytest.param(" \t", SSHD, id="blank pattern"),
    pytest.param('""', SSHD, id="empty phrase"),
    pytest.param('" "', "oneword", id="quoted blank matches also where no blank is"),
    pytest.param('" "', "", id="quoted blank and empty message"),
    pytest.param("", "", id="empty pattern and empty message"),
    pytest.param("AND", "this AND that", id="AND is a term like any other"),
    pytest.param(r'"{\"level\":\"error\"}"', '{"level":"error"}', id="escaped quotes in a phrase"),
    pytest.param(r'"C:\\Temp"', r"C:\Temp", id="escaped backslash in a phrase"),
    pytest.param(r'"C:\Xemp"', r"C:\Xemp", id="backslash that escapes nothing"),
    pytest.param(r'"caf\u00e9"', "café", id="escape by number"),
    pytest.param('"Zugriff verweigert: Schlüssel"', "E: Zugriff verweigert: Schlüssel 7", id="other letters"),
    pytest.param("%sshd\\[\\d+\\]%", SSHD, id="regex"),
    pytest.param("Failed %root|admin%", SSHD, id="regex beside a term"),
    pytest.param("?Accepted ?%port \\d+%", SSHD, id="optional regex"),
    pytest.param("Failed -%admin|guest%", SSHD, id="excluded regex is absent"),
    pytest.param("%a% %e% %i% %o%", SSHD, id="no limit on regexes among terms"),
]

SHOULD_NOT_MATCH = [
    pytest.param("failed", SSHD, id="case counts"),
    pytest.param("Failed admin", SSHD, id="one of two terms is absent"),
    pytest.param('"password Failed"', SSHD, id="phrase in another order"),
    pytest.param('"Mar 3"', SSHD, id="phrase with one blank where the message has two"),
    pytest.param("?Accepted ?closed", SSHD, id="no optional term is there"),
    pytest.param("?Failed admin", SSHD, id="an optional term does not save an absent one"),
    pytest.param("?Failed -root", SSHD, id="an optional term does not save an excluded one"),
    pytest.param("Failed -root", SSHD, id="excluded term is there"),
    pytest.param('Failed -"for root"', SSHD, id="excluded phrase is there"),
    pytest.param("Failed -%r..t%", SSHD, id="excluded regex is there"),
    pytest.param("Failed", "", id="empty message"),
]


@pytest.mark.parametrize(("pattern", "message"), SHOULD_MATCH)
def test_a_message_with_the_terms_matches(pattern, message):
    assert LogPattern(pattern).matches(message)


@pytest.mark.parametrize(("pattern", "message"), SHOULD_NOT_MATCH)
def test_a_message_without_the_terms_does_not_match(pattern, message):
    assert not LogPattern(pattern).matches(message)


def test_terms_extract_nothing():
    pattern = LogPattern("Failed")

    assert pattern.language == "terms"
    assert pattern.selectors == ()
    assert pattern.fields(SSHD) == {}
