"""The Amazon States Language: what goes through states, and what of a definition is refused."""

import json

import pytest

from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.stepfunctions.definitions import InvalidDefinition, read
from scenarios.cloud.stepfunctions.errors import StateError
from scenarios.cloud.stepfunctions.intrinsics import evaluate
from tests.scenarios.cloud.small_worlds import admin, refusal
from tests.scenarios.cloud.stepfunctions.machine_worlds import flow, machine, only, outcome, standing

PASS = {"Type": "Pass"}

# ---- input and output -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "given", "output"),
    [
        pytest.param({}, {"a": 1}, {"a": 1}, id="as it is"),
        pytest.param({"Result": [1]}, {"a": 1}, [1], id="Result"),
        pytest.param(
            {"Result": 2, "ResultPath": "$.b.c"}, {"a": 1}, {"a": 1, "b": {"c": 2}}, id="ResultPath"
        ),
        pytest.param({"Result": 2, "ResultPath": None}, {"a": 1}, {"a": 1}, id="no result"),
        pytest.param({"InputPath": "$.a"}, {"a": {"b": 1}}, {"b": 1}, id="InputPath"),
        pytest.param({"InputPath": None}, {"a": 1}, {}, id="no input"),
        pytest.param({"OutputPath": "$.a"}, {"a": 1}, 1, id="OutputPath"),
        pytest.param(
            {"Parameters": {"x": 1, "y.$": "$.a", "z": [{"n.$": "$$.State.Name"}]}},
            {"a": 5},
            {"x": 1, "y": 5, "z": [{"n": "Only"}]},
            id="Parameters with paths and the context",
        ),
        pytest.param(
            {"Parameters": {"x.$": "States.Format('{} of {}', $.a, $$.StateMachine.Name)"}},
            {"a": 5},
            {"x": "5 of flow"},
            id="an intrinsic function",
        ),
        pytest.param(
            {"Parameters": {"x.$": "$.b"}}, {"a": 1}, "States.ParameterPathFailure", id="nothing there"
        ),
        pytest.param({"OutputPath": "$.b"}, {"a": 1}, "States.Runtime", id="no output there"),
    ],
)
def test_a_pass_state_lets_through(state, given, output):
    assert outcome(only(Type="Pass", **state), given) == output


@pytest.mark.slow
def test_the_example_of_the_guide_puts_results_beside_the_input():
    """https://docs.aws.amazon.com/step-functions/latest/dg/state-pass.html."""
    definition = only(
        Type="Pass", Result={"x-datum": 0.381018, "y-datum": 622.2269926397355}, ResultPath="$.coords"
    )

    assert outcome(definition, {"georefOf": "Home"}) == {
        "georefOf": "Home",
        "coords": {"x-datum": 0.381018, "y-datum": 622.2269926397355},
    }


# ---- choices --------------------------------------------------------------------------------------


def choice(rule, default="No"):
    states = {"Ask": {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}]}}
    if default:
        states["Ask"]["Default"] = default
        states["No"] = {"Type": "Pass", "Result": "no", "End": True}
    return flow(**states, Yes={"Type": "Pass", "Result": "yes", "End": True})


def var(name="$.v", **rule):
    return {"Variable": name, **rule}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "value", "said"),
    [
        (var(StringEquals="a"), "a", "yes"),
        (var(StringEquals="a"), 1, "no"),
        (var(StringLessThan="b"), "a", "yes"),
        (var(StringMatches="log-*.txt"), "log-7.txt", "yes"),
        (var(StringMatches="log-\\*.txt"), "log-7.txt", "no"),
        (var(NumericEquals=1), 1.0, "yes"),
        (var(NumericGreaterThanEquals=2), 2, "yes"),
        (var(NumericLessThan=2), True, "no"),
        (var(NumericGreaterThanPath="$.w"), 4, "yes"),
        (var(BooleanEquals=True), True, "yes"),
        (var(TimestampGreaterThan="2026-01-01T00:00:00Z"), "2026-02-01T00:00:00+01:00", "yes"),
        (var(TimestampLessThan="2026-01-01T00:00:00Z"), "soon", "no"),
        (var(IsNull=True), None, "yes"),
        (var(IsString=False), 1, "yes"),
        (var("$.x", IsPresent=False), 1, "yes"),
        (var("$.x", StringEquals="a"), 1, "States.Runtime"),
        ({"Not": var(IsNumeric=True)}, "a", "yes"),
        ({"And": [var(IsNumeric=True), var(NumericGreaterThan=3)]}, 4, "yes"),
        ({"Or": [var(NumericEquals=3), var(NumericEquals=4)]}, 5, "no"),
    ],
)
def test_a_choice_leads_where_its_rule_says(rule, value, said):
    assert outcome(choice(rule), {"v": value, "w": 3}) == said


@pytest.mark.slow
def test_without_a_rule_that_holds_and_without_a_default_the_execution_fails():
    assert outcome(choice(var(StringEquals="a"), default=""), {"v": "b"}) == "States.NoChoiceMatched"


# ---- intrinsic functions --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("States.Array(1, 'a', $.x)", [1, "a", [1, 2, 2]]),
        ("States.ArrayPartition($.x, 2)", [[1, 2], [2]]),
        ("States.ArrayContains($.x, 2)", True),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayGetItem($.x, 1)", 2),
        ("States.ArrayLength($.x)", 3),
        ("States.ArrayUnique($.x)", [1, 2]),
        ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", "Data to encode"),
        ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        (
            "States.JsonMerge(States.StringToJson('{\"a\":1}'), States.StringToJson('{\"b\":2}'), false)",
            {"a": 1, "b": 2},
        ),
        ("States.JsonToString($.x)", "[1,2,2]"),
        ("States.MathAdd(111, -1)", 110),
        ("States.StringSplit('This.is+a,test=string', '.+,=')", ["This", "is", "a", "test", "string"]),
        ("States.Format('a \\{\\} {}', 'b\\'c')", "a {} b'c"),
        ("States.Format('{}', States.Array(true, null))", "[true,null]"),
    ],
)
def test_an_intrinsic_function_comes_to(call, value):
    """https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html has most of these."""
    assert evaluate(call, lambda path: {"$.x": [1, 2, 2]}[path]) == value


@pytest.mark.parametrize(
    "call",
    ["States.MathAdd('a', 1)", "States.ArrayGetItem($.x, 9)", "States.Format('{}')", "States.Hash('a', 'X')"],
)
def test_arguments_that_a_function_does_not_take_fail_the_state(call):
    with pytest.raises(StateError, match=r"States\.IntrinsicFailure"):
        evaluate(call, lambda _: [1])


# ---- definitions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        ({}, "StartAt"),
        ({"StartAt": "A", "States": {}}, "at least one state"),
        ({"StartAt": "B", "States": {"A": {**PASS, "End": True}}}, "Missing 'StartAt' target: B"),
        ({"StartAt": "A", "States": {"A": {"Type": "Passes", "End": True}}}, "'Type'"),
        ({"StartAt": "A", "States": {"A": PASS}}, r"\[Next, End\]"),
        ({"StartAt": "A", "States": {"A": {**PASS, "Next": "B"}}}, "Missing 'Next' target: B"),
        (flow(A={**PASS, "End": True}, B={**PASS, "End": True}), "'B' is not reachable"),
        (only(Type="Pass", Colour="red"), "Field 'Colour' is not supported"),
        (only(Type="Pass", InputPath="a"), "valid JSONPath"),
        (only(Type="Pass", ResultPath="$.a[*]"), "Reference Path"),
        (only(Type="Pass", Parameters={"a.$": "b"}), "JSONPath or intrinsic"),
        (only(Type="Pass", Parameters={"a.$": "States.Nothing()"}), "valid JSONPath"),
        (only(Type="Wait"), "Exactly one of"),
        (only(Type="Task"), r"\[Resource\]"),
        (only(Type="Task", Resource="look"), "INVALID_RESOURCE"),
        (only(Type="Parallel"), r"\[Branches\]"),
        (only(Type="Task", Resource="arn:aws:states:::sqs:sendMessage", Retry=[{}]), "ErrorEquals"),
        (
            only(
                Type="Task",
                Resource="arn:aws:states:::sqs:sendMessage",
                Retry=[{"ErrorEquals": ["States.ALL", "a"]}],
            ),
            "must appear alone",
        ),
    ],
)
def test_what_is_no_machine_is_refused(definition, why):
    with pytest.raises(InvalidDefinition, match=why):
        read(json.dumps(definition))


@pytest.mark.slow
def test_both_doors_refuse_it_in_their_own_way():
    bad = only(Type="Wait")
    with standing(only(Type="Pass")) as each:
        given = {
            "name": "bad",
            "definition": json.dumps(bad),
            "roleArn": "arn:aws:iam::123456789012:role/flows",
        }
        assert refusal(admin(each, "stepfunctions").create_state_machine, **given) == "InvalidDefinition"
    with pytest.raises(InvalidTemplate, match="Exactly one of"), standing(bad):
        pass


@pytest.mark.parametrize(
    ("definition", "what"),
    [
        ({**only(Type="Pass"), "QueryLanguage": "JSONata"}, "JSONata"),
        (only(Type="Pass", Assign={"a": 1}), "variables"),
        (
            only(
                Type="Map",
                ItemProcessor={**only(Type="Pass"), "ProcessorConfig": {"Mode": "DISTRIBUTED"}},
            ),
            "distributed",
        ),
    ],
)
def test_what_is_not_simulated_of_the_language_says_so(definition, what):
    with pytest.raises(NotSimulated, match=what):
        read(json.dumps(definition))


@pytest.mark.slow
@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:::ecs:runTask.sync",
        "arn:aws:states:::glue:startJobRun",
        "arn:aws:states:us-east-1:123456789012:activity:wait",
    ],
)
def test_a_task_that_is_not_simulated_says_so(resource):
    with pytest.raises(NotSimulated, match=resource.rpartition(":")[2]):
        outcome(only(Type="Task", Resource=resource))


@pytest.mark.slow
def test_substitutions_fill_the_definition():
    definition = only(Type="Pass", Result="${What}")
    properties = {"DefinitionSubstitutions": {"What": "stone"}}
    with standing(definition, **properties) as each:
        found = admin(each, "stepfunctions").describe_state_machine(
            stateMachineArn=each.home.resources["Flow"].physical_id
        )
    assert json.loads(found["definition"])["States"]["Only"]["Result"] == "stone"
    assert machine(definition)["Flow"]["Type"] == "AWS::StepFunctions::StateMachine"
