"""Event history is asked one question after another, with a pause in between."""

import pytest

from chalicelib.evidence import event_history
from chalicelib.evidence.event_history import BETWEEN_SECONDS, EventHistory

A_SECOND = 2  # https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html


class Trail:
    """So many pages of LookupEvents; `log` has what was asked, and each pause."""

    def __init__(self, pages=1):
        self._pages = pages
        self.log = []

    def client(self, service, region):
        assert (service, region) == ("cloudtrail", "eu-west-1")
        return self

    def lookup_events(self, **asked):
        self.log.append(asked)
        number = int(asked.get("NextToken", "1"))
        more = {"NextToken": str(number + 1)} if number < self._pages else {}
        return {"Events": [number], **more}


@pytest.fixture
def trail(monkeypatch):
    trail = Trail(pages=3)
    monkeypatch.setattr(event_history.time, "sleep", trail.log.append)
    return trail


def test_there_is_a_pause_before_every_question_but_the_first(trail):
    history = EventHistory(trail, "eu-west-1")

    history.look_up(EndTime=1)
    history.look_up(EndTime=2)

    assert trail.log == [{"EndTime": 1}, BETWEEN_SECONDS, {"EndTime": 2}]
    assert BETWEEN_SECONDS * A_SECOND > 1


@pytest.mark.parametrize(("most", "read"), [(2, [1, 2]), (9, [1, 2, 3])])
def test_pages_are_questions_too_and_not_more_than_wanted(trail, most, read):
    pages = EventHistory(trail, "eu-west-1").pages(most, EndTime=1)

    assert [page["Events"] for page in pages] == [[each] for each in read]
    assert trail.log.count(BETWEEN_SECONDS) == len(read) - 1
