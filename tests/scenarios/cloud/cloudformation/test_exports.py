"""What stacks export and import: values, and what is refused while somebody imports."""

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.cloudformation.living import TOPIC, queue, stacks

__all__ = ["stacks"]
TAKES = {
    "Told": {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Type": "String", "Value": {"Fn::ImportValue": {"Fn::Sub": "base-${What}"}}},
    }
}
WHAT = {"What": {"Type": "String", "Default": "queue"}}


def exported(value, name="base-queue"):
    return {"Out": {"Value": value, "Export": {"Name": name}, "Description": "where"}}


def base(stacks, value="one"):
    stacks.creates({"Queue": queue()}, name="base", Outputs=exported(value))


def takes(stacks):
    stacks.creates(TAKES, name="takes", Parameters=WHAT)


def test_a_value_is_imported_and_both_sides_are_listed(stacks):
    base(stacks)
    takes(stacks)
    parameter = stacks.there("takes")["Told"]

    assert stacks.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"] == "one"
    assert stacks.client().list_imports(ExportName="base-queue")["Imports"] == ["takes"]
    assert stacks.client().list_exports()["Exports"] == [
        {"ExportingStackId": stacks.found("base")["StackId"], "Name": "base-queue", "Value": "one"}
    ]
    assert stacks.found("base")["Outputs"] == [
        {"OutputKey": "Out", "OutputValue": "one", "Description": "where", "ExportName": "base-queue"}
    ]


def test_a_stack_that_others_import_from_is_not_deleted_before_they_are_gone(stacks):
    base(stacks)
    takes(stacks)
    stacks.client().delete_stack(StackName="base")
    stacks.world.run(60)
    refused = stacks.found("base")
    stacks.client().delete_stack(StackName="takes")
    stacks.world.run(60)
    stacks.client().delete_stack(StackName="base")
    stacks.world.run(60)

    assert refused["StackStatus"] == "CREATE_COMPLETE"
    why = "Delete canceled. Cannot delete export base-queue as it is in use by takes."
    assert refused["StackStatusReason"] == why
    assert stacks.client().describe_stacks()["Stacks"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("outputs", "why"),
    [
        pytest.param(
            exported("two"), "Cannot update export base-queue as it is in use by takes", id="changed"
        ),
        pytest.param({}, "Cannot delete export base-queue as it is in use by takes", id="dropped"),
        pytest.param(exported("one", "other"), "Cannot delete export base-queue", id="renamed"),
    ],
)
def test_an_update_that_changes_what_others_import_is_taken_back(stacks, outputs, why):
    base(stacks)
    takes(stacks)
    stacks.updates({"Queue": queue(), "New": TOPIC}, name="base", Outputs=outputs)

    assert stacks.status("base") == "UPDATE_ROLLBACK_COMPLETE"
    assert any(why in said for said in stacks.why("base"))
    assert set(stacks.there("base")) == {"Queue"}
    assert stacks.client().list_exports()["Exports"][0]["Value"] == "one"


def test_what_nobody_imports_any_more_may_change(stacks):
    base(stacks)
    takes(stacks)
    with pytest.raises(ClientError, match="Export 'other' is not imported by any stack"):
        stacks.client().list_imports(ExportName="other")
    own = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "own"}}
    stacks.updates({"Told": own}, name="takes")
    stacks.updates({"Queue": queue()}, name="base", Outputs=exported("two"))

    assert (stacks.status("takes"), stacks.status("base")) == ("UPDATE_COMPLETE", "UPDATE_COMPLETE")
    assert stacks.client().list_exports()["Exports"][0]["Value"] == "two"


def test_an_import_that_nobody_exports_fails_the_stack(stacks):
    takes(stacks)

    assert stacks.status("takes") == "ROLLBACK_COMPLETE"
    assert "No export named base-queue found. Rollback requested by user." in stacks.why("takes")


def test_an_update_that_imports_what_nobody_exports_is_taken_back(stacks):
    stacks.creates({"Topic": TOPIC}, name="takes", Parameters=WHAT)
    stacks.updates({"Topic": TOPIC, **TAKES}, name="takes", Parameters=WHAT)

    assert stacks.status("takes") == "UPDATE_ROLLBACK_COMPLETE"
    assert any("No export named base-queue found." in why for why in stacks.why("takes"))


@pytest.mark.slow
def test_two_stacks_do_not_export_the_same_name(stacks):
    base(stacks)
    stacks.creates({"Topic": TOPIC}, name="second", Outputs=exported("x"))

    assert stacks.status("second") == "ROLLBACK_COMPLETE"
    said = "Export with name base-queue is already exported by stack base."
    assert any(said in why for why in stacks.why("second"))


def test_the_name_of_an_import_is_known_before_anything_is_made(stacks):
    wrong = {
        "Topic": TOPIC,
        "Told": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Value": {"Fn::ImportValue": {"Ref": "Topic"}}},
        },
    }
    with pytest.raises(ClientError, match="Fn::ImportValue must not depend on any resources"):
        stacks.creates(wrong)
