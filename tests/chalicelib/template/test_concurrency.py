"""Concurrent runs that the stack keeps for its functions: none, unless a parameter says how many."""

from functools import partial
from types import MappingProxyType

import pytest

from chalicelib.template.functions import HEARTBEATS_AT_ONCE
from chalicelib.template.parameters import PARAMETERS, RESERVED
from chalicelib.triggers import OnQueue
from scenarios.cloud.world import World
from scenarios.doctor.asking import Asker
from scenarios.doctor.examine import examine
from scenarios.doctor.finding import Standing
from scenarios.packaging.sam import application
from scenarios.runner.run import deployment_of
from scenarios.runner.scenario import Scenario

HOME = "us-east-1"
EACH = 10


TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
# Somebody's function that was there before, and keeps most of what the account has.
SHOP = {
    "Resources": {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [TRUST]}},
        },
        "Shop": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"S3Bucket": "shop", "S3Key": "shop.zip"},
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Runtime": "python3.13",
                "ReservedConcurrentExecutions": 880,
            },
        },
    }
}


def scenario(number, before=MappingProxyType({})):
    parameters = ((RESERVED, str(number)), ("Operators", "arn:aws:iam::123456789012:user/alice"))
    return Scenario(
        name="a.b", title="", parameters=parameters, before=before, lasts="00:01", when=[], then=[]
    )


@pytest.fixture(scope="module")
def reserved():
    with World(deployment_of(scenario(EACH))) as world:
        yield world


def kept(world):
    """Each function's reserved concurrency, by its logical id."""
    client = world.client(world.user("alice"), "lambda")
    return {
        each.logical_id: client.get_function_concurrency(FunctionName=each.physical_id).get(
            "ReservedConcurrentExecutions"
        )
        for each in world.home.of_type("AWS::Lambda::Function")
    }


def unwatched(world):
    found = examine(Asker(partial(world.client, world.user("alice")), HOME), "trailwarden", world.clock.now)
    return [each for each in found if each.standing is Standing.UNWATCHED]


@pytest.mark.slow
def test_nothing_is_kept_unless_it_is_asked_for():
    [parameter] = [each for each in PARAMETERS if each.name == RESERVED]

    assert parameter.default == "0"
    with World(deployment_of(scenario(0))) as world:
        assert set(kept(world).values()) == {None}
        assert unwatched(world) == []

        # A limit that nobody deployed is told.
        name = world.home.resources["RootLogin"].physical_id
        client = world.client(world.user("alice"), "lambda")
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
        [found] = unwatched(world)

    assert found.what == "a function is limited to 1 runs at once, though as deployed nothing limits it"
    assert found.mend == f"aws lambda delete-function-concurrency --function-name {name} --region {HOME}"


@pytest.mark.slow
def test_an_account_keeps_a_hundred_for_its_other_functions():
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html."""
    words = (
        "Specified ReservedConcurrentExecutions for function decreases account's "
        r"UnreservedConcurrentExecution below its minimum value of \[100\]"
    )
    with pytest.raises(Exception, match=words), World(deployment_of(scenario(EACH, before=SHOP))):
        pass


# The last ones share a world, and there is one at a time.


@pytest.mark.slow
def test_each_function_keeps_as_many_and_the_heartbeat_one(reserved):
    found = kept(reserved)

    assert found.pop("Heartbeat") == HEARTBEATS_AT_ONCE
    assert len(found) > len(application().remediations)
    assert set(found.values()) == {EACH}
    assert unwatched(reserved) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "says"),
    [
        (0, "a function is paused: no concurrency is left to it"),
        (1, f"a function is limited to 1 runs at once, though as deployed {EACH} are kept for it"),
        (None, f"a function has none of the {EACH} runs that are kept for it"),
    ],
)
def test_doctor_says_what_is_kept_no_more_and_how_to_put_it_back(reserved, number, says):
    name = reserved.home.resources["RootLogin"].physical_id
    client = reserved.client(reserved.user("alice"), "lambda")
    if number is None:
        client.delete_function_concurrency(FunctionName=name)
    else:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=number)
    [found] = unwatched(reserved)

    assert found.what == says
    assert found.mend == (
        f"aws lambda put-function-concurrency --function-name {name} "
        f"--reserved-concurrent-executions {EACH} --region {HOME}"
    )
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=EACH)
    assert unwatched(reserved) == []


def test_no_choice_is_less_than_a_queue_may_hand_over_at_once():
    [parameter] = [each for each in PARAMETERS if each.name == RESERVED]
    at_once = [
        trigger.at_once
        for each in application().remediations
        for trigger in each.triggers
        if isinstance(trigger, OnQueue)
    ]

    assert min(int(each) for each in parameter.allowed if each != "0") >= max(at_once)
