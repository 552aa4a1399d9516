"""Logs Insights in the simulated AWS: a query's life, its answer, and what is refused."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.paging import of_logs
from scenarios.cloud.logs import queries
from tests.scenarios.cloud.logs.log_worlds import HOST, NOW, write
from tests.scenarios.cloud.small_worlds import admin, document, group, may, trail, world

SECOND = NOW // 1000
LINES = ('{"user": "ann", "ms": 20}', '{"user": "bob", "ms": 7}', '{"user": "ann", "ms": 40}')


def started(cloud, text, **parameters):
    given = {"logGroupName": HOST, "startTime": SECOND - 60, "endTime": SECOND + 3600} | parameters
    return admin(cloud, "logs").start_query(queryString=text, **given)["queryId"]


def answered(cloud, query):
    """Poll, as a script does, until the query has ended."""
    logs = admin(cloud, "logs")
    while (found := logs.get_query_results(queryId=query))["status"] in ("Scheduled", "Running"):
        cloud.run(1)
    return found


def rows(found):
    return [
        {each["field"]: each["value"] for each in row if each["field"] != "@ptr"} for row in found["results"]
    ]


def refused(cloud, code, **parameters):
    with pytest.raises(ClientError) as error:
        started(cloud, parameters.pop("text", "fields @message"), **parameters)
    assert error.value.response["Error"]["Code"] == code
    return error.value.response


@pytest.mark.slow
def test_a_query_is_scheduled_runs_and_is_complete():
    with world(group()) as cloud:
        write(cloud, *LINES)
        query = started(cloud, "filter ms > 7 | stats sum(ms) as total by user")
        logs = admin(cloud, "logs")

        states = [logs.get_query_results(queryId=query)["status"]]
        for _ in range(40):
            cloud.run(0.1)
            states.append(logs.get_query_results(queryId=query)["status"])

        assert list(dict.fromkeys(states)) == ["Scheduled", "Running", "Complete"]
        found = logs.get_query_results(queryId=query)
        assert rows(found) == [{"user": "ann", "total": "60"}]
        assert found["queryLanguage"] == "CWLI"
        assert found["statistics"] == {
            "recordsMatched": 2.0,
            "recordsScanned": 3.0,
            "estimatedRecordsSkipped": 0.0,
            "bytesScanned": float(sum(map(len, LINES))),
            "estimatedBytesSkipped": 0.0,
            "logGroupsScanned": 1.0,
        }


def test_a_query_that_still_runs_shows_a_part_of_its_rows():
    with world(group()) as cloud:
        write(cloud, *"abcd")
        query = started(cloud, "fields @message")
        logs = admin(cloud, "logs")

        while (found := logs.get_query_results(queryId=query))["status"] != "Running":
            cloud.run(0.05)

        assert len(rows(found)) == 2
        assert len(rows(answered(cloud, query))) == 4


def test_a_row_leads_back_to_its_event():
    with world(group()) as cloud:
        write(cloud, "a line")
        logs = admin(cloud, "logs")
        row = answered(cloud, started(cloud, "fields @message"))["results"][0]

        record = logs.get_log_record(logRecordPointer=row[-1]["value"])["logRecord"]

        assert [each["field"] for each in row] == ["@message", "@ptr"]
        assert record["@message"] == "a line"
        assert record["@log"] == f"{ACCOUNT}:{HOST}"
        write(cloud, '{"user": {"name": "ann"}, "@id": 7, "ok": true, "gone": null}')
        row = answered(cloud, started(cloud, "filter user.name = 'ann'"))["results"][0]
        record = logs.get_log_record(logRecordPointer=row[-1]["value"])["logRecord"]
        assert {name: value for name, value in record.items() if name[:1] != "@" or name[:2] == "@@"} == {
            "user.name": "ann",
            "@@id": "7",
            "ok": "1",
        }
        with pytest.raises(ClientError, match="logRecordPointer is invalid"):
            logs.get_log_record(logRecordPointer="nonsense")


@pytest.mark.slow
def test_time_is_asked_for_in_seconds_and_both_ends_count():
    with world(group()) as cloud:
        write(cloud, "first")
        cloud.run(2)
        write(cloud, "second")

        def found(start, end):
            return [
                row["@message"]
                for row in rows(
                    answered(cloud, started(cloud, "fields @message", startTime=start, endTime=end))
                )
            ]

        assert found(SECOND, SECOND) == ["first"]
        assert found(SECOND + 1, SECOND + 2) == ["second"]
        assert found(SECOND, SECOND + 2) == ["second", "first"]


@pytest.mark.slow
def test_what_retention_has_taken_is_not_found():
    with world(group()) as cloud:
        admin(cloud, "logs").put_retention_policy(logGroupName=HOST, retentionInDays=1)
        write(cloud, "old")
        cloud.run(86_400)
        write(cloud, "new")
        cloud.run(60)

        assert rows(answered(cloud, started(cloud, "fields @message", endTime=SECOND + 100_000))) == [
            {"@message": "new"}
        ]


@pytest.mark.slow
def test_several_groups_are_asked_at_once():
    with world(group()) as cloud:
        logs = admin(cloud, "logs")
        logs.create_log_group(logGroupName="other")
        cloud.logs.write("us-east-1", "other", "s", [(cloud.clock.now, "there")])
        write(cloud, "here")
        arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:other"
        given = {"queryString": "stats count(*) as n by @log | sort @log asc"}
        times = {"startTime": SECOND - 1, "endTime": SECOND + 60}

        expected = [
            {"@log": f"{ACCOUNT}:{HOST}", "n": "1"},
            {"@log": f"{ACCOUNT}:other", "n": "1"},
        ]
        for named in (
            {"logGroupNames": [HOST, "other"]},
            {"logGroupIdentifiers": [HOST, arn]},
            {"queryString": f"SOURCE logGroups(namePrefix: ['/host', 'oth']) | {given['queryString']}"},
        ):
            query = logs.start_query(**times, **given | named)["queryId"]
            assert rows(answered(cloud, query)) == expected


@pytest.mark.slow
def test_a_join_reads_another_group():
    with world(group()) as cloud:
        admin(cloud, "logs").create_log_group(logGroupName="other")
        cloud.logs.write("us-east-1", "other", "s", [(cloud.clock.now, '{"user": "ann", "team": "red"}')])
        write(cloud, *LINES)
        text = (
            "join left=a right=b where a.user=b.user (SOURCE 'other') | fields a.ms, b.team | sort a.ms asc"
        )

        assert rows(answered(cloud, started(cloud, text))) == [
            {"a.ms": "20", "b.team": "red"},
            {"a.ms": "40", "b.team": "red"},
        ]
        assert refused(cloud, "ResourceNotFoundException", text=text.replace("'other'", "'nowhere'"))


def test_ten_thousand_rows_are_a_page(monkeypatch):
    monkeypatch.setattr(queries, "RESULTS", of_logs(2, "maxItems"))
    with world(group()) as cloud:
        for each in "abc":
            write(cloud, each)
            cloud.run(1)
        query = started(cloud, "fields @message")
        first = answered(cloud, query)

        second = admin(cloud, "logs").get_query_results(queryId=query, nextToken=first["nextToken"])

        assert [row["@message"] for row in rows(first) + rows(second)] == ["c", "b", "a"]
        assert "nextToken" not in second


def test_the_limit_of_the_call_counts_too():
    with world(group()) as cloud:
        write(cloud, *"abc")

        assert len(rows(answered(cloud, started(cloud, "fields @message", limit=2)))) == 2


# ---- its end -------------------------------------------------------------------------------------


def test_a_query_can_be_stopped_while_it_runs():
    with world(group()) as cloud:
        write(cloud, "a")
        logs = admin(cloud, "logs")
        query = started(cloud, "fields @message")

        assert logs.stop_query(queryId=query)["success"] is True
        cloud.run(60)

        assert logs.get_query_results(queryId=query)["status"] == "Cancelled"
        assert logs.get_query_results(queryId=query)["results"] == []
        with pytest.raises(ClientError, match=r"InvalidParameterException.*is not running"):
            logs.stop_query(queryId=query)


def test_a_query_that_would_take_an_hour_times_out(monkeypatch):
    monkeypatch.setattr(queries, "BYTES_A_SECOND", 0.0001)
    with world(group()) as cloud:
        write(cloud, "a" * 10)
        query = started(cloud, "fields @message")
        cloud.run(3605)

        assert admin(cloud, "logs").get_query_results(queryId=query)["status"] == "Timeout"


def test_a_query_that_meets_a_limit_fails(monkeypatch):
    monkeypatch.setattr("scenarios.queries.insights.pipeline.MOST_JOINED_KEYS", 0)
    with world(group()) as cloud:
        write(cloud, '{"k": 1}')
        query = started(cloud, f"join left=a right=b where a.k=b.k (SOURCE '{HOST}')")

        assert answered(cloud, query)["status"] == "Failed"


@pytest.mark.slow
def test_an_answer_is_kept_for_seven_days():
    with world(group()) as cloud:
        query = started(cloud, "fields @message")
        logs = admin(cloud, "logs")
        cloud.run(6 * 86_400)
        assert logs.get_query_results(queryId=query)["status"] == "Complete"
        cloud.run(86_401)

        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            logs.get_query_results(queryId=query)
        assert logs.describe_queries()["queries"] == []


# ---- what is refused -----------------------------------------------------------------------------


def test_a_malformed_text_is_refused_with_its_place():
    with world(group()) as cloud:
        response = refused(cloud, "MalformedQueryException", text="fields @message | bogus x")

        assert response["Error"]["Message"] == "unexpected symbol found bogus"
        assert response["queryCompileError"] == {
            "location": {"startCharOffset": 18, "endCharOffset": 22},
            "message": "unexpected symbol found bogus",
        }


def test_an_alias_that_the_events_have_is_refused_at_once():
    with world(group()) as cloud:
        write(cloud, *LINES)

        response = refused(cloud, "MalformedQueryException", text='parse @message \'r":"*"\' as user')

        assert "Ephemeral field is already defined: user ([" in response["Error"]["Message"]


@pytest.mark.slow
def test_a_time_before_the_group_or_after_its_retention_is_refused():
    with world(group()) as cloud:
        admin(cloud, "logs").put_retention_policy(logGroupName=HOST, retentionInDays=1)
        words = "Query's end date and time is either before the log groups creation time"

        before = refused(cloud, "MalformedQueryException", startTime=0, endTime=1)
        cloud.run(3 * 86_400)
        gone = refused(cloud, "MalformedQueryException", startTime=SECOND, endTime=SECOND + 86_400)

        assert before["Error"]["Message"].startswith(words)
        assert gone["Error"]["Message"].startswith(words)


@pytest.mark.parametrize(
    ("code", "parameters"),
    [
        pytest.param("ResourceNotFoundException", {"logGroupName": "nowhere"}, id="no such group"),
        pytest.param("InvalidParameterException", {"logGroupNames": [HOST]}, id="two ways of naming groups"),
        pytest.param(
            "InvalidParameterException", {"text": f"SOURCE '{HOST}' | fields a"}, id="SOURCE beside"
        ),
        pytest.param("InvalidParameterException", {"endTime": SECOND - 100}, id="end before start"),
        pytest.param("MalformedQueryException", {"text": "# nothing"}, id="no command"),
    ],
)
def test_what_a_start_refuses(code, parameters):
    with world(group()) as cloud:
        refused(cloud, code, **parameters)


def test_what_only_begins_as_an_arn_is_no_group():
    with world(group()) as cloud:
        times = {"startTime": SECOND - 1, "endTime": SECOND + 60}
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            admin(cloud, "logs").start_query(
                queryString="fields @message", logGroupIdentifiers=["arn:aws"], **times
            )


def test_a_missing_group_is_named_with_the_account():
    with world(group()) as cloud:
        response = refused(cloud, "ResourceNotFoundException", logGroupName="nowhere")

        words = f"Log group 'nowhere' does not exist for account ID '{ACCOUNT}'"
        assert response["Error"]["Message"] == words


def test_more_queries_at_once_than_an_account_may_have_are_refused(monkeypatch):
    monkeypatch.setattr(queries, "MOST_AT_ONCE", 2)
    with world(group()) as cloud:
        first = started(cloud, "fields @message")
        started(cloud, "fields @message")

        response = refused(cloud, "LimitExceededException")
        answered(cloud, first)

        assert "concurrency limit of [2] reached" in response["Error"]["Message"]
        assert started(cloud, "fields @message")


def test_what_is_not_simulated_is_loud():
    with world(group()) as cloud:
        with pytest.raises(NotSimulated, match="the command pattern"):
            started(cloud, "pattern @message")
        with pytest.raises(NotSimulated, match="StartQuery in SQL"):
            started(cloud, "SELECT 1", queryLanguage="SQL")


def test_who_may_not_query_a_group_is_denied():
    policy = document(may("logs:StartQuery", f"arn:aws:logs:*:*:log-group:{HOST}:*"))
    times = {"startTime": SECOND - 1, "endTime": SECOND + 60}
    other = "join left=a right=b where a.k=b.k (SOURCE 'other')"
    with world(group()) as cloud:
        admin(cloud, "logs").create_log_group(logGroupName="other")
        logs = cloud.client(cloud.user("bob", policies=(policy,)), "logs")

        assert logs.start_query(logGroupName=HOST, queryString="fields a", **times)["queryId"]
        for name, text in (("other", "fields a"), (HOST, other)):
            with pytest.raises(ClientError, match="AccessDenied"):
                logs.start_query(logGroupName=name, queryString=text, **times)


@pytest.mark.slow
def test_a_query_is_recorded_as_reading():
    with world({**group(), **trail()}) as cloud:
        started(cloud, "fields @message")
        cloud.run(900)

        (found,) = [
            json.loads(each["CloudTrailEvent"])
            for each in admin(cloud, "cloudtrail").lookup_events(
                LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "StartQuery"}]
            )["Events"]
        ]

        assert found["eventSource"] == "logs.amazonaws.com"
        assert found["readOnly"] is True
        assert found["requestParameters"]["queryString"] == "fields @message"


# ---- what is known of queries --------------------------------------------------------------------


def test_queries_are_described_with_their_source_and_times():
    """Recorded by others on AWS: milliseconds, and the end's second counts whole."""
    with world(group()) as cloud:
        query = started(cloud, "fields @message", startTime=SECOND, endTime=SECOND + 100)
        logs = admin(cloud, "logs")

        described = logs.describe_queries(logGroupName=HOST)["queries"][0]

        end = SECOND + 100
        assert described["queryString"] == (
            f'SOURCE "{HOST}" START={SECOND}000 END={end}999 | fields @message'
        )
        assert (described["queryId"], described["status"]) == (query, "Scheduled")
        answered(cloud, query)
        assert logs.describe_queries(status="Complete")["queries"][0]["queryId"] == query
        assert logs.describe_queries(status="Running")["queries"] == []
        assert logs.describe_queries(queryLanguage="CWLI")["queries"] != []
        assert logs.describe_queries(queryLanguage="PPL")["queries"] == []
        assert logs.describe_queries(logGroupName="other")["queries"] == []


def test_definitions_are_saved_replaced_found_and_deleted():
    with world(group()) as cloud:
        logs = admin(cloud, "logs")
        saved = logs.put_query_definition(name="a/b", queryString="fields {{x}}", logGroupNames=[HOST])
        logs.put_query_definition(name="c", queryString="fields b")

        logs.put_query_definition(
            name="a/d", queryString="fields c", queryDefinitionId=saved["queryDefinitionId"]
        )

        (found,) = logs.describe_query_definitions(queryDefinitionNamePrefix="a/")["queryDefinitions"]
        assert (found["name"], found["queryString"]) == ("a/d", "fields c")
        assert "logGroupNames" not in found  # a put replaces everything
        assert logs.delete_query_definition(queryDefinitionId=found["queryDefinitionId"])["success"]
        assert [each["name"] for each in logs.describe_query_definitions()["queryDefinitions"]] == ["c"]
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            logs.delete_query_definition(queryDefinitionId=found["queryDefinitionId"])
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            logs.put_query_definition(name="e", queryString="x", queryDefinitionId="gone")


def test_a_token_makes_one_definition():
    with world(group()) as cloud:
        logs = admin(cloud, "logs")
        given = {"name": "a", "queryString": "fields a", "clientToken": "t" * 36}

        assert logs.put_query_definition(**given) == logs.put_query_definition(**given) | {
            "ResponseMetadata": logs.put_query_definition(**given)["ResponseMetadata"]
        }
        assert len(logs.describe_query_definitions()["queryDefinitions"]) == 1


def test_a_template_saves_a_query_with_its_parameters():
    properties = {
        "Name": "mine/what",
        "QueryString": 'filter user = "{{who}}"',
        "LogGroupNames": [HOST],
        "Parameters": [{"Name": "who", "DefaultValue": "ann", "Description": "a user"}],
    }
    with world({"Saved": {"Type": "AWS::Logs::QueryDefinition", "Properties": properties}}) as cloud:
        (found,) = admin(cloud, "logs").describe_query_definitions()["queryDefinitions"]

        assert found["queryDefinitionId"] == cloud.home.resources["Saved"].physical_id
        assert (found["name"], found["queryString"]) == ("mine/what", 'filter user = "{{who}}"')
        assert found["logGroupNames"] == [HOST]
        assert found["parameters"] == [{"name": "who", "defaultValue": "ann", "description": "a user"}]
