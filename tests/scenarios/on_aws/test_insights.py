"""Logs Insights of a whole account, by the command's own engine: its price first, groups, regions, ends."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from scenarios.on_aws.answers import NoAnswer
from scenarios.on_aws.insights import GIGABYTE, Insights, dollars, regions_of
from tests.scenarios.cloud.logs.log_worlds import HOST, write
from tests.scenarios.cloud.small_worlds import HOME, admin, group, world

ARN = f"arn:aws:logs:{HOME}:{ACCOUNT}:log-group:{HOST}"
LINES = ('{"user": "ann", "ms": 20}', '{"user": "bob", "ms": 7}')


def asking(cloud, text, *groups, regions=(HOME,), **more):
    now = cloud.clock.now
    return Insights(
        clients=lambda service, region: admin(cloud, service, region),
        text=text,
        groups=groups,
        regions=regions,
        since=now - timedelta(hours=1),
        until=now + timedelta(minutes=5),
        wait=cloud.run,
        **more,
    )


@pytest.fixture(scope="module")
def two_groups():
    """A group with lines here, and one of the same name elsewhere."""
    with world(group(), regions=(HOME, "eu-west-1")) as cloud:
        write(cloud, *LINES)
        elsewhere = admin(cloud, "logs", "eu-west-1")
        elsewhere.create_log_group(logGroupName=HOST)
        cloud.logs.write("eu-west-1", HOST, "i-9", [(cloud.clock.now, '{"user": "eve", "ms": 1}')])
        cloud.run(60)
        yield cloud


@pytest.mark.parametrize("named", [HOST, ARN, f"{ARN}:*"])
def test_a_group_is_named_by_its_name_or_its_arn(two_groups, named):
    found = asking(two_groups, "stats sum(ms) as total by user | sort total desc", named).ask()

    assert (found.names, found.rows) == (["user", "total"], [["ann", "20"], ["bob", "7"]])
    assert found.words.startswith("2 events scanned (")


def test_several_regions_are_asked_and_their_rows_say_which(two_groups):
    asked = asking(two_groups, "fields user | sort user asc", HOST, regions=(HOME, "eu-west-1"))

    assert asked.ask().rows == [[HOME, "ann"], [HOME, "bob"], ["eu-west-1", "eve"]]
    assert asked.ask().names == ["@region", "user"]


def test_what_a_row_lacks_is_none_and_a_limit_is_passed_on(two_groups):
    found = asking(two_groups, "fields user, nothing | sort user desc", HOST, limit=1).ask()

    assert (found.names, found.rows) == (["user"], [["bob"]])


class Sparse:
    """AWS's client of Logs: of a query's answer, what the first row lacks comes with the second."""

    def start_query(self, **_):
        return {"queryId": "q"}

    def get_query_results(self, **_):
        rows = [{"ms": "1", "@ptr": "p"}, {"user": "ann", "ms": "2", "@ptr": "q"}]
        results = [[{"field": name, "value": value} for name, value in row.items()] for row in rows]
        return {"status": "Complete", "results": results}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("fields user, ms", ["user", "ms"]),
        ("SOURCE 'g' | fields user, ms", ["user", "ms"]),
        ("fields user, ms | pattern @message", ["ms", "user"]),  # only AWS reads it
    ],
)
def test_columns_stand_as_the_query_names_them(text, names):
    now = datetime(2026, 3, 1, tzinfo=UTC)
    asked = Insights(
        clients=lambda *_: Sparse(), text=text, groups=(HOST,), regions=(HOME,), since=now, until=now
    )

    found = asked.ask()

    assert found.names == names
    assert [row[names.index("user")] for row in found.rows] == [None, "ann"]


def test_the_price_follows_from_what_came_in(two_groups):
    estimate = asking(two_groups, "fields user", HOST, regions=(HOME, "eu-west-1")).estimate()

    assert estimate.bytes == sum(len(line) + 26 for line in (*LINES, '{"user": "eve", "ms": 1}'))
    assert "in 2 log groups of 2 regions: about $0.00000 at $0.005 a GB" in estimate.words
    assert asking(two_groups, "fields user").estimate().bytes is None
    assert dollars(200 * GIGABYTE) == pytest.approx(1.0)


def test_a_malformed_query_says_where(two_groups):
    with pytest.raises(NoAnswer, match="MalformedQueryException") as error:
        asking(two_groups, "fields user | nonsense", HOST).ask()

    assert error.value.start == 14


def test_when_one_region_fails_what_runs_in_others_is_stopped(two_groups):
    asked = asking(two_groups, "fields @message", HOST, regions=("eu-west-1", "us-west-2"))

    with pytest.raises(NoAnswer):
        asked.ask()

    states = [each["status"] for each in admin(two_groups, "logs", "eu-west-1").describe_queries()["queries"]]
    assert states[0] == "Cancelled"


def test_ctrl_c_stops_the_query(two_groups):
    def interrupt(_seconds):
        raise KeyboardInterrupt

    asked = asking(two_groups, "fields @message", HOST)
    asked = Insights(**{name: getattr(asked, name) for name in asked.__slots__} | {"wait": interrupt})

    with pytest.raises(KeyboardInterrupt):
        asked.ask()

    assert admin(two_groups, "logs").describe_queries()["queries"][0]["status"] == "Cancelled"


class Scripted:
    """Logs that answer with these pages of results, and metrics that are denied."""

    def __init__(self, *pages):
        self.pages = list(pages)

    def start_query(self, **_given):
        return {"queryId": "q"}

    def get_query_results(self, **_given):
        return self.pages.pop(0)

    def stop_query(self, **_given):
        raise ClientError({"Error": {"Code": "InvalidParameterException"}}, "StopQuery")  # it has ended

    def get_paginator(self, operation):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)


def scripted(*pages):
    client = Scripted(*pages)
    now = datetime(2026, 3, 2, tzinfo=UTC)
    return Insights(
        clients=lambda _service, _region: client,
        text="fields a",
        groups=("g",),
        regions=(HOME,),
        since=now,
        until=now,
        wait=lambda _seconds: None,
    )


def test_every_page_of_an_answer_is_fetched():
    page = {"status": "Complete", "results": [[{"field": "a", "value": "1"}]], "statistics": {}}

    assert scripted({"status": "Running", "results": []}, page | {"nextToken": "t"}, page).ask().rows == [
        ["1"],
        ["1"],
    ]


@pytest.mark.parametrize("status", ["Failed", "Timeout", "Cancelled"])
def test_a_query_that_does_not_complete_has_no_answer(status):
    with pytest.raises(NoAnswer, match=f"in {HOME} the query ended as {status}"):
        scripted({"status": status, "results": []}).ask()


def test_a_price_that_may_not_be_looked_up_is_said_to_be_unknown():
    estimate = scripted().estimate()

    assert estimate.bytes is None
    assert "could not be looked up" in estimate.words
    assert "AccessDenied" in estimate.words


def test_arns_say_where_to_ask():
    other = "arn:aws:logs:eu-west-1:111122223333:log-group:g"

    assert list(regions_of(["g", other], ["us-east-1"])) == ["us-east-1", "eu-west-1"]
