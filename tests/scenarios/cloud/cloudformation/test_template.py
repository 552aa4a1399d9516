import copy
import json
import os
import subprocess
import sys

import pytest

from scenarios.cloud.cloudformation import transform
from scenarios.cloud.cloudformation.template import Template
from scenarios.cloud.cloudformation.transform import translate
from scenarios.cloud.kernel.arns import partition_of
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.kernel.stack import Resource
from tests.scenarios.cloud.kernel.kept_folder import kept_in

REGION = "eu-west-1"
FUNCTION = {
    "Type": "AWS::Serverless::Function",
    "Properties": {
        "Runtime": "python3.12",
        "Handler": "app.look",
        "CodeUri": "./deployment.zip",
        "Role": {"Fn::GetAtt": ["LookRole", "Arn"]},
    },
}


def template(resources=None, *, parameters=None, region=REGION, **sections):
    document = {"Resources": resources or {"Queue": {"Type": "AWS::SQS::Queue"}}, **sections}
    return Template(
        document,
        region=region,
        account="123456789012",
        stack_name="watch",
        stack_id="arn:aws:cloudformation:eu-west-1:123456789012:stack/watch/1",
        parameters=parameters or {},
    )


def made(logical_id, ref, **attributes):
    return Resource(logical_id=logical_id, type="T", physical_id=ref, attributes=attributes, properties={})


def resolved(value, *, parameters=None, **sections):
    resources = {"Queue": {"Type": "AWS::SQS::Queue"}, "Q2": {"Type": "AWS::SQS::Queue"}}
    declared = template(resources, parameters=parameters, **sections)
    existing = {"Queue": made("Queue", "the-queue", Arn="arn:of:queue"), "Q2": made("Q2", "second")}
    return declared.intrinsics.resolve(value, "Here", existing)


# --- the SAM transform


def test_what_the_transform_made_is_kept_for_its_region_and_makes_it_needless(tmp_path, monkeypatch):
    properties = {key: value for key, value in FUNCTION["Properties"].items() if key != "Role"}
    sam = {"Resources": {"Look": {**FUNCTION, "Properties": properties | {"Tracing": "Active"}}}}
    regions = (REGION, "cn-north-1")
    with kept_in(tmp_path):
        made = [json.dumps(translate(sam, region=region)) for region in regions]
    monkeypatch.setattr(transform, "_transform", None)
    with kept_in(tmp_path):
        again = [json.dumps(translate(sam, region=region)) for region in regions]

    assert again == made
    assert made[0] != made[1]


def test_a_template_that_json_cannot_tell_is_translated_anew(tmp_path):
    sam = {"Transform": "AWS::Serverless-2016-10-31", "Metadata": {7: "a"}, "Resources": {"Look": FUNCTION}}
    with kept_in(tmp_path / "cache"):
        assert translate(sam, region=REGION)["Metadata"] == {"7": "a"}

    assert not (tmp_path / "cache").exists()


def test_a_function_with_events_becomes_rule_permission_and_function():
    sam = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "Look": {
                **FUNCTION,
                "Properties": FUNCTION["Properties"]
                | {
                    "Events": {
                        "On": {"Type": "EventBridgeRule", "Properties": {"Pattern": {"source": ["x"]}}}
                    }
                },
            }
        },
    }

    plain = translate(sam, region=REGION)

    assert {name: one["Type"] for name, one in plain["Resources"].items()} == {
        "Look": "AWS::Lambda::Function",
        "LookOn": "AWS::Events::Rule",
        "LookOnPermission": "AWS::Lambda::Permission",
    }
    assert "Transform" not in plain


def test_translating_leaves_the_sam_template_as_it_was():
    sam = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Look": FUNCTION}}
    before = copy.deepcopy(sam)

    translate(sam, region=REGION)

    assert sam == before


def test_local_code_is_given_an_address_as_packaging_does():
    sam = {"Resources": {"Look": FUNCTION}}

    plain = translate(sam, region=REGION)

    assert plain["Resources"]["Look"]["Properties"]["Code"]["S3Key"] == "deployment.zip"


@pytest.mark.parametrize(
    ("region", "policy"),
    [
        pytest.param("eu-west-1", "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess", id="aws"),
        pytest.param("cn-north-1", "arn:aws-cn:iam::aws:policy/AWSXRayDaemonWriteAccess", id="China"),
    ],
)
def test_a_role_that_sam_makes_lies_in_the_region_s_partition(region, policy):
    properties = {key: value for key, value in FUNCTION["Properties"].items() if key != "Role"}
    sam = {"Resources": {"Look": {**FUNCTION, "Properties": properties | {"Tracing": "Active"}}}}

    plain = translate(sam, region=region)

    arns = plain["Resources"]["LookRole"]["Properties"]["ManagedPolicyArns"]
    assert arns[0].startswith(policy.rsplit("/", 1)[0])


@pytest.mark.parametrize(
    ("sam", "says"),
    [
        pytest.param({}, "'Resources' section is required", id="nothing in it"),
        pytest.param({"Resources": {"Look": "x"}}, "a resource is an object", id="a resource that is text"),
        pytest.param(
            {"Resources": {"Look": {"Type": "AWS::Serverless::Function", "Properties": {"Handler": 1}}}},
            "Look",
            id="a function without code",
        ),
        pytest.param(
            {"Resources": {"Look": {**FUNCTION, "Properties": FUNCTION["Properties"] | {"Memory": 1}}}},
            "Memory",
            id="a property SAM does not know",
        ),
    ],
)
def test_what_the_transform_refuses_is_told_in_its_words(sam, says):
    with pytest.raises(InvalidTemplate, match=says):
        translate(sam, region=REGION)


def test_an_application_from_the_repository_is_not_fetched():
    with pytest.raises(NotSimulated, match="Nested"):
        translate({"Resources": {"Nested": {"Type": "AWS::Serverless::Application"}}}, region=REGION)


@pytest.mark.slow
def test_the_transform_needs_neither_credentials_nor_a_region_nor_models_of_what_is_not_there():
    """A fresh process, since botocore and the transform both keep what they found out."""
    code = """
import sys
from scenarios.cloud.cloudformation.transform import translate

def translated(kind, **properties):
    one = {"Type": f"AWS::Serverless::{kind}", "Properties": properties}
    return translate({"Resources": {"T": one}}, region="eu-west-1")["Resources"]["T"]["Type"]

print(translated("SimpleTable"))
models = sys.modules["samtranslator.internal.schema_source.aws_serverless_function"]
print("Properties" in vars(models))
try:
    translated("Function", CodeUri="s3://b/k", Handler="a.b", CapacityProviderConfig={"A": 1})
except ValueError as refused:
    print("Arn" in str(refused), "Properties" in vars(models))
"""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}

    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )

    assert (run.stdout, run.stderr) == ("AWS::DynamoDB::Table\nFalse\nTrue True\n", "")


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-northwest-1", "aws-cn"), ("us-gov-east-1", "aws-us-gov")],
)
def test_a_region_lies_in_a_partition(region, partition):
    assert partition_of(region) == partition


# --- functions

MAPPINGS = {"ByRegion": {"eu-west-1": {"days": 30, "names": ["a", "b"]}}}
CONDITIONS = {"Yes": {"Fn::Equals": ["1", "1"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}}

RESOLVES = [
    pytest.param({"Ref": "Queue"}, "the-queue", id="Ref of a resource"),
    pytest.param({"Ref": "Name"}, "given", id="Ref of a parameter"),
    pytest.param({"Ref": "AWS::Region"}, "eu-west-1", id="region"),
    pytest.param({"Ref": "AWS::AccountId"}, "123456789012", id="account"),
    pytest.param({"Ref": "AWS::Partition"}, "aws", id="partition"),
    pytest.param({"Ref": "AWS::StackName"}, "watch", id="stack name"),
    pytest.param({"Ref": "AWS::URLSuffix"}, "amazonaws.com", id="URL suffix"),
    pytest.param({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}, id="NoValue drops a property"),
    pytest.param([{"Ref": "AWS::NoValue"}, 1], [1], id="NoValue drops an item"),
    pytest.param({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:of:queue", id="GetAtt as a list"),
    pytest.param({"Fn::GetAtt": "Queue.Arn"}, "arn:of:queue", id="GetAtt as text"),
    pytest.param(
        {"Fn::Sub": "${Queue}/${Queue.Arn}/${AWS::Region}"}, "the-queue/arn:of:queue/eu-west-1", id="Sub"
    ),
    pytest.param({"Fn::Sub": "${!Queue} $x ${Name}"}, "${Queue} $x given", id="Sub with a literal"),
    pytest.param(
        {"Fn::Sub": ["${A}-${Name}", {"A": {"Ref": "Queue"}}]}, "the-queue-given", id="Sub with names"
    ),
    pytest.param({"Fn::Sub": ["${Queue}", {"Queue": "mine"}]}, "mine", id="Sub's own names come first"),
    pytest.param({"Fn::Join": [":", ["a", {"Ref": "Name"}, 3]]}, "a:given:3", id="Join"),
    pytest.param({"Fn::Join": [",", {"Ref": "Names"}]}, "x,y", id="Join of a list parameter"),
    pytest.param({"Fn::Select": ["1", ["a", "b"]]}, "b", id="Select"),
    pytest.param({"Fn::Select": [0, {"Fn::Split": ["/", "a/b"]}]}, "a", id="Select of a Split"),
    pytest.param({"Fn::FindInMap": ["ByRegion", {"Ref": "AWS::Region"}, "days"]}, 30, id="FindInMap"),
    pytest.param({"Fn::FindInMap": ["ByRegion", "eu-west-1", "names"]}, ["a", "b"], id="FindInMap of a list"),
    pytest.param({"Fn::If": ["Yes", "a", "b"]}, "a", id="If, true"),
    pytest.param({"Fn::If": ["No", "a", {"Ref": "Name"}]}, "given", id="If, false"),
    pytest.param({"x": [{"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}]}, {"x": []}, id="If, nothing"),
    pytest.param(
        {"Condition": {"Bool": {"x": "true"}}}, {"Condition": {"Bool": {"x": "true"}}}, id="a policy's own"
    ),
    pytest.param({"$ref": "#/definitions/Empty"}, {"$ref": "#/definitions/Empty"}, id="OpenAPI's $ref"),
]


@pytest.mark.parametrize(("value", "expected"), RESOLVES)
def test_a_function_resolves(value, expected):
    parameters = {"Name": {"Type": "String"}, "Names": {"Type": "CommaDelimitedList", "Default": "x, y"}}
    sections = {"Parameters": parameters, "Mappings": MAPPINGS, "Conditions": CONDITIONS}

    assert resolved(value, parameters={"Name": "given"}, **sections) == expected


REFUSED = [
    pytest.param({"Ref": "Nobody"}, "Nobody", id="Ref to nothing"),
    pytest.param({"Ref": ["Queue"]}, "Ref takes a name", id="Ref of a list"),
    pytest.param(
        {"Fn::GetAtt": ["Queue", "Colour"]}, "Queue has no attribute Colour; known are: Arn", id="GetAtt"
    ),
    pytest.param({"Fn::GetAtt": ["Queue"]}, "Fn::GetAtt takes", id="GetAtt of one"),
    pytest.param({"Fn::Sub": "${Nobody.Arn}"}, "Nobody", id="Sub of nothing"),
    pytest.param({"Fn::Sub": ["x"]}, "Fn::Sub takes", id="Sub of one"),
    pytest.param({"Fn::Join": [":", "abc"]}, "Fn::Join takes", id="Join of text"),
    pytest.param({"Fn::Join": [":", [["a"]]]}, "cannot become part", id="Join of lists"),
    pytest.param({"Fn::Select": [2, ["a", "b"]]}, "cannot select item 2", id="Select beyond the end"),
    pytest.param({"Fn::Split": ["", "a"]}, "Fn::Split takes", id="Split at nothing"),
    pytest.param(
        {"Fn::FindInMap": ["ByRegion", "mars-1", "days"]}, "ByRegion::mars-1::days", id="no such key"
    ),
    pytest.param({"Fn::If": ["Perhaps", 1, 2]}, "no condition 'Perhaps'", id="If of no condition"),
    pytest.param({"Fn::If": ["Yes", 1]}, "Fn::If takes a list of 3", id="If of two"),
    pytest.param({"Fn::Equals": ["a", "a"]}, "belongs in the Conditions", id="logic outside of conditions"),
    pytest.param({"Fn::Subst": "x"}, "no function Fn::Subst", id="a typo"),
    pytest.param({"Fn::Sub": "x", "Ref": "Queue"}, "must stand alone", id="two functions merged"),
    pytest.param({"Ref": "Queue", "a": 1}, "Ref must stand alone, not beside a", id="a function beside data"),
]


@pytest.mark.parametrize(("value", "says"), REFUSED)
def test_a_function_that_makes_no_sense_is_refused(value, says):
    with pytest.raises(InvalidTemplate, match=says) as refused:
        resolved({"Deep": [value]}, Mappings=MAPPINGS, Conditions=CONDITIONS)

    assert refused.value.where == "Here.Deep[0]"


@pytest.mark.parametrize("function", ["Fn::Cidr", "Fn::Transform", "Fn::ForEach::Loop"])
def test_a_function_that_we_lack_is_not_simulated(function):
    with pytest.raises(NotSimulated, match=function):
        resolved({function: "x"})


# --- parameters

SPEC = {"Type": "String", "AllowedValues": ["dev", "prod"], "ConstraintDescription": "a stage"}
GIVEN = [
    pytest.param({"Type": "String", "Default": "d"}, {}, "d", id="default"),
    pytest.param({"Type": "String", "Default": "d"}, {"P": "g"}, "g", id="given wins"),
    pytest.param({"Type": "Number", "Default": 5}, {}, "5", id="a number is text"),
    pytest.param({"Type": "CommaDelimitedList"}, {"P": "a, b"}, ["a", "b"], id="list"),
    pytest.param({"Type": "CommaDelimitedList", "Default": ""}, {}, [], id="empty list"),
    pytest.param({"Type": "List<Number>"}, {"P": "1,2"}, ["1", "2"], id="numbers"),
    pytest.param({"Type": "String", "AllowedPattern": "[a-z]+"}, {"P": "abc"}, "abc", id="pattern"),
]
NOT_ALLOWED = [
    pytest.param({"Type": "String"}, {}, "must have a value", id="missing"),
    pytest.param(SPEC, {"P": "test"}, r"'test' is not one of .* \(a stage\)", id="not among the values"),
    pytest.param(
        {"Type": "String", "AllowedPattern": "[a-z]+"}, {"P": "abc1"}, "pattern", id="not the pattern"
    ),
    pytest.param({"Type": "Number"}, {"P": "five"}, "not a number", id="not a number"),
    pytest.param({"Type": "Number", "MinValue": 3}, {"P": "2"}, "less than 3", id="too small"),
    pytest.param({"Type": "Number", "MaxValue": 3}, {"P": "4"}, "more than 3", id="too great"),
    pytest.param({"Type": "String", "MinLength": 3}, {"P": "ab"}, "shorter", id="too short"),
    pytest.param({"Type": "String", "MaxLength": 1}, {"P": "ab"}, "longer", id="too long"),
    pytest.param({"Type": "List<Number>"}, {"P": "1,b"}, "'b' is not a number", id="a list's item"),
    pytest.param({"Type": "Text"}, {"P": "x"}, "'Text' is not a parameter type", id="no such type"),
    pytest.param({"Type": "String", "Defualt": "x"}, {"P": "x"}, "property 'Defualt'", id="a typo"),
]


@pytest.mark.parametrize(("spec", "given", "value"), GIVEN)
def test_a_parameter_has_the_value_it_was_given_or_its_default(spec, given, value):
    assert resolved({"Ref": "P"}, parameters=given, Parameters={"P": spec}) == value


@pytest.mark.parametrize(("spec", "given", "says"), NOT_ALLOWED)
def test_a_parameter_that_is_not_allowed_is_refused_by_name(spec, given, says):
    with pytest.raises(InvalidTemplate, match=says) as refused:
        template(Parameters={"P": spec}, parameters=given)

    assert refused.value.where == "Parameters.P"


def test_a_parameter_that_the_template_does_not_have_is_refused():
    with pytest.raises(InvalidTemplate, match="Stage do not exist"):
        template(parameters={"Stage": "dev"})


# --- conditions

TRUE, FALSE = {"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        pytest.param(TRUE, True, id="equal"),
        pytest.param(FALSE, False, id="not equal"),
        pytest.param({"Fn::Equals": [{"Ref": "Stage"}, "dev"]}, True, id="of a parameter"),
        pytest.param({"Fn::Not": [TRUE]}, False, id="not"),
        pytest.param({"Fn::And": [TRUE, FALSE]}, False, id="and"),
        pytest.param({"Fn::Or": [TRUE, FALSE]}, True, id="or"),
        pytest.param({"Condition": "Other"}, True, id="another condition"),
    ],
)
def test_a_resource_is_there_when_its_condition_holds(condition, holds):
    resources = {
        "Always": {"Type": "AWS::SQS::Queue"},
        "Sometimes": {"Type": "AWS::SQS::Queue", "Condition": "C"},
    }

    declared = template(
        resources,
        Parameters={"Stage": {"Type": "String", "Default": "dev"}},
        Conditions={"C": condition, "Other": TRUE},
    )

    assert ("Sometimes" in declared.resources) is holds


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        pytest.param({"C": {"Condition": "C"}}, "Circular", id="itself"),
        pytest.param({"C": {"Fn::Equals": [1]}}, "a list of 2", id="one to compare"),
        pytest.param({"C": True}, "is not a condition", id="no function"),
        pytest.param({"D": TRUE}, "no condition 'C'", id="a name nobody has"),
        pytest.param(
            {"C": {"Fn::Equals": [{"Ref": "Q"}, 1]}}, "none can be referred to here", id="a resource"
        ),
    ],
)
def test_a_condition_that_cannot_be_decided_is_refused(conditions, says):
    with pytest.raises(InvalidTemplate, match=says):
        template({"Q": {"Type": "AWS::SQS::Queue", "Condition": "C"}}, Conditions=conditions)


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param({"Properties": {"QueueName": {"Ref": "Off"}}}, id="Ref"),
        pytest.param({"Properties": {"QueueName": {"Fn::GetAtt": ["Off", "Arn"]}}}, id="GetAtt"),
        pytest.param({"Properties": {"QueueName": {"Fn::Sub": "${Off.Arn}"}}}, id="Sub"),
        pytest.param({"Properties": {"QueueName": {"Fn::Join": ["", [{"Ref": "Off"}]]}}}, id="within Join"),
        pytest.param({"DependsOn": "Off"}, id="DependsOn"),
        pytest.param({"Metadata": {"x": {"Ref": "Off"}}}, id="Metadata"),
    ],
)
def test_a_reference_to_what_a_condition_switched_off_is_refused(extra):
    resources = {
        "Off": {"Type": "AWS::SQS::Queue", "Condition": "Never"},
        "On": {"Type": "AWS::SQS::Queue", **extra},
    }

    with pytest.raises(InvalidTemplate, match=r"dependencies \[Off\]: its condition does not hold"):
        template(resources, Conditions={"Never": FALSE})


def test_a_branch_that_is_not_taken_may_refer_to_what_is_switched_off():
    choice = {"Fn::If": ["Never", {"Ref": "Off"}, "fixed"]}
    resources = {
        "Off": {"Type": "AWS::SQS::Queue", "Condition": "Never"},
        "On": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": choice}},
    }

    assert template(resources, Conditions={"Never": FALSE}).resources["On"].needs == ()


# --- order


def order_of(resources, late=frozenset()):
    return [one.logical_id for one in template(resources).in_order(late)]


def test_resources_come_after_those_they_name():
    resources = {
        "A": {"Type": "T", "Properties": {"x": {"Fn::Sub": "${D.Arn}"}}},
        "B": {"Type": "T", "DependsOn": ["A"]},
        "C": {"Type": "T", "Properties": {"x": [{"Ref": "B"}]}},
        "D": {"Type": "T"},
    }

    assert order_of(resources) == ["D", "A", "B", "C"]


def test_what_nobody_waits_for_comes_last_when_it_is_late():
    resources = {"Grant": {"Type": "G"}, "User": {"Type": "T"}, "Waits": {"Type": "T", "DependsOn": "Grant"}}

    assert order_of(resources, late=frozenset({"G"})) == ["User", "Grant", "Waits"]


def test_the_order_does_not_hang_on_the_template_s():
    resources = {"B": {"Type": "T"}, "A": {"Type": "T"}, "C": {"Type": "T", "DependsOn": "B"}}

    assert order_of(resources) == order_of(dict(reversed(resources.items())))


def test_a_circle_is_refused_and_named():
    resources = {
        "A": {"Type": "T", "Properties": {"x": {"Ref": "B"}}},
        "B": {"Type": "T", "Properties": {"x": {"Fn::GetAtt": ["C", "Arn"]}}},
        "C": {"Type": "T", "DependsOn": "B"},
        "Free": {"Type": "T"},
    }

    with pytest.raises(InvalidTemplate, match="B -> C -> B"):
        order_of(resources)


# --- the document

MALFORMED = [
    pytest.param({"Resources": {}}, "At least one Resources member", id="no resources"),
    pytest.param({"Resources": {"a-b": {"Type": "T"}}}, "letters and digits", id="a logical id"),
    pytest.param({"Resources": {"A": {}}}, "with a Type", id="no type"),
    pytest.param(
        {"Resources": {"A": {"Type": "T", "Propertys": {}}}}, "A.Propertys", id="a typo in an attribute"
    ),
    pytest.param(
        {"Resources": {"A": {"Type": "T", "Properties": []}}}, "are an object", id="a list of properties"
    ),
    pytest.param(
        {"Resources": {"A": {"Type": "T", "DependsOn": {"Ref": "B"}}}}, "DependsOn is", id="DependsOn"
    ),
    pytest.param(
        {"Resources": {"A": {"Type": "T"}}, "Resource": {}}, "no such section", id="a typo in a section"
    ),
    pytest.param({"Resources": {"A": {"Type": "T"}}, "Outputs": []}, "is an object", id="a list of outputs"),
    pytest.param(
        {"Resources": {"A": {"Type": "T"}}, "AWSTemplateFormatVersion": "2020-01-01"},
        "2010-09-09",
        id="version",
    ),
]


@pytest.mark.parametrize(("document", "says"), MALFORMED)
def test_a_malformed_document_is_refused(document, says):
    with pytest.raises(InvalidTemplate, match=says):
        Template(document, region=REGION, account="1", stack_name="s", stack_id="i", parameters={})


@pytest.mark.parametrize("section", ["Transform", "Hooks"])
def test_a_section_that_we_lack_is_not_simulated(section):
    with pytest.raises(NotSimulated, match=section):
        template(**{section: {}})


def test_outputs_are_resolved_where_their_condition_holds():
    outputs = {
        "Url": {"Value": {"Fn::Sub": "https://${Queue}"}},
        "Off": {"Value": "x", "Condition": "No"},
    }
    declared = template(Outputs=outputs, Conditions=CONDITIONS)

    assert declared.outputs({"Queue": made("Queue", "q")}) == {"Url": "https://q"}


@pytest.mark.parametrize(
    ("output", "says"),
    [
        pytest.param({"Description": "x"}, "has a Value", id="no value"),
        pytest.param({"Value": ["x"]}, "is a string", id="a list"),
        pytest.param({"Value": "x", "Exports": {}}, "Outputs.O.Exports", id="a typo"),
        pytest.param({"Value": {"Ref": "Nobody"}}, "Nobody", id="a reference to nothing"),
    ],
)
def test_an_output_that_makes_no_sense_is_refused(output, says):
    with pytest.raises(InvalidTemplate, match=says):
        template(Outputs={"O": output}).outputs({"Queue": made("Queue", "q")})
