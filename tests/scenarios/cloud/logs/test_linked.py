"""What a monitoring account reads of a source account's log groups, and what stays closed to it."""

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.logs.log_worlds import HOST, NOW, write
from tests.scenarios.cloud.logs.test_queries import SECOND, answered, rows
from tests.scenarios.cloud.oam.oam_worlds import METRIC, SOURCE, linked, source
from tests.scenarios.cloud.small_worlds import admin, document, group, may, world

THEIRS = f"arn:aws:logs:us-east-1:{SOURCE}:log-group:/their/app"
TIMES = {"startTime": SECOND - 60, "endTime": SECOND + 3600}
FILTER = {"LinkConfiguration": {"LogGroupConfiguration": {"Filter": "LogGroupName LIKE '/our/%'"}}}


def write_there(cloud, other, *lines, name="/their/app"):
    """Lines in a new log group of another account."""
    logs = cloud.client(other, "logs")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    events = [{"timestamp": NOW, "message": line} for line in lines]
    logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=events)


def asked(cloud, text="fields @message, @log", by=None, **parameters):
    logs = cloud.client(by, "logs") if by else admin(cloud, "logs")
    return logs.start_query(queryString=text, **TIMES, **parameters)["queryId"]


def logs_read(cloud, *arguments, **parameters):
    """Which log groups a query's rows came from."""
    return {row["@log"] for row in rows(answered(cloud, asked(cloud, *arguments, **parameters)))}


def code_of(cloud, *arguments, **parameters):
    with pytest.raises(ClientError) as error:
        asked(cloud, *arguments, **parameters)
    return error.value.response["Error"]["Code"]


def test_one_query_reads_groups_of_both_accounts():
    with world(group()) as cloud:
        write(cloud, "ours")
        other, _ = linked(cloud)
        write_there(cloud, other, "theirs")

        found = answered(cloud, asked(cloud, logGroupIdentifiers=[HOST, THEIRS]))

        assert {row["@message"]: row["@log"] for row in rows(found)} == {
            "ours": f"{ACCOUNT}:{HOST}",
            "theirs": f"{SOURCE}:/their/app",
        }
        assert found["statistics"]["logGroupsScanned"] == 2


def test_a_row_of_another_account_leads_back_to_its_event():
    with world(group()) as cloud:
        other, _ = linked(cloud)
        write_there(cloud, other, '{"who": "ann"}')
        row = answered(cloud, asked(cloud, logGroupIdentifiers=[THEIRS]))["results"][0]

        record = admin(cloud, "logs").get_log_record(logRecordPointer=row[-1]["value"])["logRecord"]

        assert (record["@log"], record["who"]) == (f"{SOURCE}:/their/app", "ann")


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"types": [METRIC]}, id="a link that shares metrics"),
        pytest.param(FILTER, id="a filter that leaves the group out"),
    ],
)
def test_what_a_link_doesnt_share_is_closed(more):
    with world(group()) as cloud:
        other, _ = linked(cloud, **more)
        write_there(cloud, other, "theirs")

        assert code_of(cloud, logGroupIdentifiers=[THEIRS]) == "AccessDeniedException"


def test_without_a_link_or_after_its_deletion_the_group_is_closed():
    with world(group()) as cloud:
        other, arn = linked(cloud)
        write_there(cloud, other, "theirs")
        cloud.client(other, "oam").delete_link(Identifier=arn)

        assert code_of(cloud, logGroupIdentifiers=[THEIRS]) == "AccessDeniedException"


def test_a_link_leads_one_way():
    with world(group()) as cloud:
        write(cloud, "ours")
        other, _ = linked(cloud)
        ours = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{HOST}"

        assert code_of(cloud, by=other, logGroupIdentifiers=[ours]) == "AccessDeniedException"


def test_who_reads_by_a_link_needs_leave_at_home_and_gets_no_more_than_reading():
    only_ours = document(may("logs:StartQuery", f"arn:aws:logs:*:{ACCOUNT}:*"))
    with world(group()) as cloud:
        other, _ = linked(cloud)
        write_there(cloud, other, "theirs")
        bob = cloud.user("bob", policies=(only_ours,))

        assert code_of(cloud, by=bob, logGroupIdentifiers=[THEIRS]) == "AccessDeniedException"
        with pytest.raises(ClientError, match="AccessDenied"):
            admin(cloud, "logs").tag_resource(resourceArn=THEIRS, tags={"a": "b"})


def test_a_group_that_isnt_there_is_named_with_its_account():
    with world(group()) as cloud:
        linked(cloud)

        with pytest.raises(ClientError, match=f"'/their/app' does not exist for account ID '{SOURCE}'"):
            asked(cloud, logGroupIdentifiers=[THEIRS])


@pytest.mark.parametrize(
    ("source_of", "expected"),
    [
        pytest.param("", {f"{ACCOUNT}:{HOST}", f"{SOURCE}:/their/app"}, id="every account"),
        pytest.param(f"accountIdentifiers: ['{SOURCE}']", {f"{SOURCE}:/their/app"}, id="one account"),
        pytest.param("namePrefix: ['/their']", {f"{SOURCE}:/their/app"}, id="a prefix"),
    ],
)
def test_source_takes_groups_of_linked_accounts(source_of, expected):
    with world(group()) as cloud:
        write(cloud, "ours")
        other, _ = linked(cloud)
        write_there(cloud, other, "theirs")

        assert logs_read(cloud, f"SOURCE logGroups({source_of}) | fields @log") == expected


def test_source_refuses_an_account_that_is_not_linked():
    with world(group()) as cloud:
        text = "SOURCE logGroups(accountIdentifiers: ['111111111111']) | fields @log"

        assert code_of(cloud, text) == "InvalidParameterException"


def test_each_account_has_its_own_queries():
    with world(group()) as cloud:
        other, _ = linked(cloud)
        query = asked(cloud, logGroupName=HOST)
        theirs = cloud.client(other, "logs")

        assert theirs.describe_queries()["queries"] == []
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            theirs.get_query_results(queryId=query)


def test_events_of_another_account_are_filtered_and_read_by_arn():
    with world(group()) as cloud:
        other, _ = linked(cloud)
        write_there(cloud, other, "one", "two")
        logs = admin(cloud, "logs")

        found = logs.filter_log_events(logGroupIdentifier=THEIRS, filterPattern="two")["events"]
        read = logs.get_log_events(logGroupIdentifier=THEIRS, logStreamName="s", startFromHead=True)

        assert [each["message"] for each in found] == ["two"]
        assert [each["message"] for each in read["events"]] == ["one", "two"]
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            logs.filter_log_events(logGroupName="/their/app")


def test_what_is_not_simulated_of_other_accounts_is_loud():
    with world(group()) as cloud:
        with pytest.raises(NotSimulated, match="linked accounts"):
            admin(cloud, "logs").describe_log_groups(includeLinkedAccounts=True)
        other = source(cloud)
        write_there(cloud, other, "a line")
        theirs = cloud.client(other, "logs")
        theirs.put_metric_filter(
            logGroupName="/their/app",
            filterName="f",
            filterPattern="",
            metricTransformations=[{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}],
        )
        event = {"timestamp": NOW, "message": "another"}
        with pytest.raises(NotSimulated, match="metric filters of another account"):
            theirs.put_log_events(logGroupName="/their/app", logStreamName="s", logEvents=[event])
