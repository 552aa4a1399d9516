"""Answers page by page."""

import pytest

from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.paging import of_alarms, of_logs

FIVE = list("abcde")


@pytest.mark.parametrize(
    ("asked", "page", "token"),
    [
        pytest.param({}, "abc", "3", id="as many as there may be"),
        pytest.param({"limit": 2}, "ab", "2", id="fewer"),
        pytest.param({"limit": 9}, "abc", "3", id="never more"),
        pytest.param({"nextToken": "3"}, "de", None, id="the rest"),
        pytest.param({"limit": 2, "nextToken": "3"}, "de", None, id="a page that ends with the last"),
        pytest.param({"nextToken": "5"}, "", None, id="nothing more"),
    ],
)
def test_a_page_and_the_token_of_the_next(asked, page, token):
    found, more = of_logs(3).page(FIVE, asked)

    assert "".join(found) == page
    assert more == ({"nextToken": token} if token else {})


def test_what_is_given_unasked_may_be_less_than_what_may_be_asked_for():
    alarms = of_alarms(default=2)

    assert alarms.page(FIVE, {}) == (["a", "b"], {"NextToken": "2"})
    assert alarms.page(FIVE, {"MaxRecords": 100}) == (FIVE, {})


@pytest.mark.parametrize(
    ("paging", "token", "code"),
    [
        pytest.param(of_logs(3), {"nextToken": "page two"}, "InvalidParameterException", id="logs"),
        pytest.param(of_alarms(3), {"NextToken": "-1"}, "InvalidNextToken", id="alarms"),
    ],
)
def test_a_token_that_was_never_given_is_refused(paging, token, code):
    with pytest.raises(Refused) as refused:
        paging.page(FIVE, token)

    assert refused.value.code == code
