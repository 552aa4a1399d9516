"""What a log group answers about an alarm; what keeps us from reading it is a sentence, not an error."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.errors import MayPass
from chalicelib.evidence.log_events import MOST_PAGES, LogEvents, Search, unread

MOMENT = datetime(2026, 3, 2, 3, 5, tzinfo=UTC)
SEARCH = Search(group="shop/web", pattern="x", since=MOMENT, until=MOMENT)


class Group:
    """A log group that answers these pages, and then with this error."""

    def __init__(self, pages, error=None):
        self.pages, self.error = pages, error

    def get_paginator(self, operation):
        assert operation == "filter_log_events"
        return self

    def paginate(self, **asked):
        yield from self.pages
        if self.error:
            raise self.error


def refused(code, message):
    return ClientError({"Error": {"Code": code, "Message": message}}, "FilterLogEvents")


def read(pages, error=None):
    reading = LogEvents(Group(pages, error), SEARCH)
    return list(reading), reading


def test_everything_is_read_page_after_page():
    events, reading = read([{"events": [1, 2]}, {}, {"events": [3]}])

    assert events == [1, 2, 3]
    assert (reading.more, reading.could_not_read) == (False, None)


def test_a_group_without_end_is_read_to_the_fiftieth_page():
    events, reading = read([{"events": [number]} for number in range(MOST_PAGES + 1)])

    assert len(events) == MOST_PAGES
    assert reading.more


UNREADABLE = [
    pytest.param(
        refused("ResourceNotFoundException", "The specified log group does not exist."),
        "there is no log group shop/web",
        id="gone",
    ),
    pytest.param(
        refused("AccessDeniedException", "User: x is not authorized to perform: logs:FilterLogEvents"),
        "not allowed to read the log group shop/web "
        "(FilterLogEvents: User: x is not authorized to perform: logs:FilterLogEvents)",
        id="not allowed",
    ),
    pytest.param(
        refused("InvalidParameterException", "Invalid filter pattern"),
        "reading the log group shop/web: An error occurred (InvalidParameterException) when calling the "
        "FilterLogEvents operation: Invalid filter pattern",
        id="anything else that doesn't pass",
    ),
]
PASSING = [
    pytest.param(refused("ThrottlingException", "Rate exceeded"), id="throttled"),
    pytest.param(
        refused("ServiceUnavailableException", "The service cannot complete the request."), id="AWS's own"
    ),
    pytest.param(EndpointConnectionError(endpoint_url="https://logs"), id="AWS out of reach"),
]


@pytest.mark.parametrize(("error", "words"), UNREADABLE)
def test_what_keeps_us_from_reading_is_told_after_what_was_read(error, words):
    events, reading = read([{"events": [1]}], error)

    assert events == [1]
    assert str(reading.could_not_read) == words
    assert reading.more


@pytest.mark.parametrize("error", PASSING)
def test_what_may_pass_rises_so_that_the_log_is_read_again(error):
    with pytest.raises(MayPass):
        read([{"events": [1]}], error)


def test_what_is_no_error_of_awss_rises():
    with pytest.raises(ZeroDivisionError):
        read([], ZeroDivisionError())


def test_what_could_not_be_read_stands_in_place_of_what_is_missing_or_beside_what_was_found():
    assert unread("Who", "too busy", after_some=False) == ("Who", "could not be read: too busy")
    assert unread("Who", "too busy", after_some=True) == ("Not all", "the rest could not be read: too busy")
