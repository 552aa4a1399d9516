"""Sinks and links: who may link, what each account sees of them, and what is refused."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.oam.shared import shares
from tests.scenarios.cloud.oam.oam_worlds import (
    LOG_GROUP,
    METRIC,
    SOURCE,
    lets_link,
    link,
    linked,
    sink,
    source,
)
from tests.scenarios.cloud.small_worlds import admin, document, group, may, world


def code_of(call, *arguments, **parameters):
    """The error code with which a call is refused."""
    with pytest.raises(ClientError) as error:
        call(*arguments, **parameters)
    return error.value.response["Error"]["Code"]


def test_a_link_is_seen_from_both_of_its_ends():
    with world(group()) as cloud:
        other, arn = linked(cloud, Tags={"team": "ops"})
        oam, theirs = admin(cloud, "oam"), cloud.client(other, "oam")
        (central,) = oam.list_sinks()["Items"]

        (attached,) = oam.list_attached_links(SinkIdentifier=central["Arn"])["Items"]
        (listed,) = theirs.list_links()["Items"]
        shown = theirs.get_link(Identifier=arn, IncludeTags=True)

        assert central["Arn"] == f"arn:aws:oam:us-east-1:{ACCOUNT}:sink/{central['Id']}"
        assert arn == f"arn:aws:oam:us-east-1:{SOURCE}:link/{listed['Id']}"
        assert (attached["LinkArn"], attached["ResourceTypes"]) == (arn, [LOG_GROUP])
        assert (listed["Arn"], listed["SinkArn"]) == (arn, central["Arn"])
        assert (shown["LabelTemplate"], shown["Tags"]) == ("$AccountName", {"team": "ops"})
        assert theirs.list_sinks()["Items"] == oam.list_links()["Items"] == []


def test_a_sinks_policy_is_told_as_it_was_put():
    with world(group()) as cloud:
        policy = lets_link(SOURCE)
        made = sink(cloud, policy)

        told = admin(cloud, "oam").get_sink_policy(SinkIdentifier=made)

        assert (told["SinkArn"], json.loads(told["Policy"])) == (made, policy)


@pytest.mark.parametrize(
    ("policy", "types", "refused"),
    [
        pytest.param(lets_link(SOURCE), [LOG_GROUP, METRIC], False, id="a policy that names the account"),
        pytest.param(lets_link(SOURCE, types=[LOG_GROUP]), [LOG_GROUP], False, id="a type that it allows"),
        pytest.param(lets_link(SOURCE, types=[METRIC]), [LOG_GROUP], True, id="another type"),
        pytest.param(lets_link(SOURCE, types=[METRIC]), [METRIC, LOG_GROUP], True, id="one type too many"),
        pytest.param(lets_link("111111111111"), [LOG_GROUP], True, id="a policy for another account"),
        pytest.param(lets_link(SOURCE, action=["oam:UpdateLink"]), [LOG_GROUP], True, id="no new links"),
        pytest.param(None, [LOG_GROUP], True, id="no policy"),
    ],
)
def test_only_whom_the_sinks_policy_lets_in_may_link(policy, types, refused):
    with world(group()) as cloud:
        made, other = sink(cloud, policy), source(cloud)

        if refused:
            assert code_of(link, cloud, other, made, types) == "AccessDeniedException"
        else:
            assert link(cloud, other, made, types)["SinkArn"] == made


@pytest.mark.parametrize(
    ("actions", "refused"),
    [
        pytest.param(["oam:CreateLink", "logs:Link"], False, id="as the page says"),
        pytest.param(["oam:CreateLink"], True, id="without the service whose data is shared"),
        pytest.param(["logs:Link"], True, id="without the link itself"),
    ],
)
def test_who_links_needs_leave_of_its_own_account_too(actions, refused):
    with world(group()) as cloud:
        made = sink(cloud, lets_link(SOURCE))
        other = source(cloud, policies=(document(may(actions)),))

        if refused:
            assert code_of(link, cloud, other, made) == "AccessDeniedException"
        else:
            assert link(cloud, other, made)["SinkArn"] == made


def test_a_link_takes_other_types_as_far_as_the_sink_still_lets_it():
    with world(group()) as cloud:
        other = source(cloud)
        made = sink(cloud, lets_link(SOURCE, types=[LOG_GROUP]))
        arn = link(cloud, other, made)["Arn"]
        theirs = cloud.client(other, "oam")

        assert code_of(theirs.update_link, Identifier=arn, ResourceTypes=[METRIC]) == "AccessDeniedException"
        admin(cloud, "oam").put_sink_policy(SinkIdentifier=made, Policy=json.dumps(lets_link(SOURCE)))
        assert theirs.update_link(Identifier=arn, ResourceTypes=[METRIC])["ResourceTypes"] == [METRIC]


def test_a_second_sink_is_refused_and_one_with_links_stays_until_they_are_deleted():
    with world(group()) as cloud:
        other, arn = linked(cloud)
        oam, theirs = admin(cloud, "oam"), cloud.client(other, "oam")
        made = oam.list_sinks()["Items"][0]["Arn"]

        assert code_of(oam.create_sink, Name="second") == "ServiceQuotaExceededException"
        assert code_of(oam.delete_sink, Identifier=made) == "ConflictException"
        theirs.delete_link(Identifier=arn)
        oam.delete_sink(Identifier=made)
        assert oam.list_sinks()["Items"] == []


def test_a_second_link_to_a_sink_and_a_sixth_sink_are_refused():
    with world(group()) as cloud:
        other = source(cloud)
        sinks = []
        for number in range(6):
            owner = cloud.client(cloud.user(f"m{number}", account=f"{number}" * 12), "oam")
            sinks.append(owner.create_sink(Name="s")["Arn"])
            owner.put_sink_policy(SinkIdentifier=sinks[-1], Policy=json.dumps(lets_link(SOURCE)))
        for each in sinks[:5]:
            link(cloud, other, each)

        assert code_of(link, cloud, other, sinks[0]) == "ConflictException"
        assert code_of(link, cloud, other, sinks[5]) == "ServiceQuotaExceededException"


def filtered(text):
    return {"LinkConfiguration": {"LogGroupConfiguration": {"Filter": text}}}


@pytest.mark.parametrize(
    ("types", "more"),
    [
        pytest.param([LOG_GROUP], filtered("LogGroupName ~ 'a'"), id="a filter that is none"),
        pytest.param([METRIC], filtered("LogGroupName = 'a'"), id="a filter of what is not shared"),
        pytest.param(["AWS::EC2::Instance"], {}, id="a type that can't be shared"),
    ],
)
def test_a_link_that_makes_no_sense_is_refused(types, more):
    with world(group()) as cloud:
        made, other = sink(cloud, lets_link(SOURCE)), source(cloud)

        assert code_of(link, cloud, other, made, types, **more) == "InvalidParameterException"


def test_links_lead_to_sinks_of_other_accounts_in_the_same_region():
    with world(group(), regions=("us-east-1", "eu-west-1")) as cloud:
        made, other = sink(cloud, lets_link(SOURCE, ACCOUNT)), source(cloud)
        given = {"LabelTemplate": "x", "ResourceTypes": [LOG_GROUP], "SinkIdentifier": made}

        assert code_of(admin(cloud, "oam").create_link, **given) == "InvalidParameterException"
        elsewhere = cloud.client(other, "oam", "eu-west-1")
        assert code_of(elsewhere.create_link, **given) == "InvalidParameterException"


def test_a_policy_that_is_none_and_what_isnt_there_are_refused():
    with world(group()) as cloud:
        made, oam = sink(cloud), admin(cloud, "oam")
        put = {"SinkIdentifier": made, "Policy": '{"Statement": 1}'}

        assert code_of(oam.put_sink_policy, **put) == "InvalidParameterException"
        for method in (oam.get_link, oam.get_sink, oam.delete_link):
            assert code_of(method, Identifier=made + "0") == "ResourceNotFoundException"


def test_tags_of_links_are_not_simulated():
    with world(group()) as cloud, pytest.raises(NotSimulated, match="TagResource"):
        admin(cloud, "oam").tag_resource(ResourceArn=sink(cloud), Tags={"a": "b"})


@pytest.mark.parametrize(
    ("text", "among", "beside"),
    [
        pytest.param("LogGroupName = 'a'", ["a"], ["A", "ab"], id="equals"),
        pytest.param("LogGroupName != 'a'", ["b"], ["a"], id="differs"),
        pytest.param("LogGroupName LIKE '/aws/%'", ["/aws/", "/aws/x/y"], ["x/aws/"], id="like"),
        pytest.param("LogGroupName NOT LIKE '%.log'", ["a"], ["a.log"], id="unlike"),
        pytest.param("LogGroupName IN ('a', 'b')", ["a", "b"], ["c"], id="one of"),
        pytest.param("LogGroupName NOT IN ('a','b')", ["c"], ["a"], id="none of"),
        pytest.param("LogGroupName LIKE 'a%' AND LogGroupName != 'ab'", ["a"], ["ab", "b"], id="and"),
        pytest.param("LogGroupName = 'a' OR LogGroupName = 'b'", ["a", "b"], ["c"], id="or"),
        pytest.param("loggroupname like 'a.%'", ["a.b"], ["axb"], id="small letters, and a dot is a dot"),
    ],
)
def test_a_filter_says_which_groups_are_shared(text, among, beside):
    found = shares(text)

    assert [name for name in among if not found(name)] == []
    assert [name for name in beside if found(name)] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "LogGroupName",
        "Name = 'a'",
        "LogGroupName = a",
        "LogGroupName = 'a' AND",
        "LogGroupName = 'a' LogGroupName = 'b'",
        "LogGroupName IN ()",
        " OR ".join(["LogGroupName = 'a'"] * 6),
    ],
)
def test_what_is_no_filter_is_told(text):
    with pytest.raises(ValueError, match=r"^"):
        shares(text)
