"""What AWS says, or that there is no such thing, or why nobody said."""

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from scenarios.doctor.asking import Asker
from scenarios.doctor.facts import Missing, Queue, Unknown
from scenarios.doctor.stack_reader import read_stack


class Service:
    """A client that answers, or raises what it was given; and remembers nothing."""

    def __init__(self, **answers) -> None:
        self._answers = answers

    def __getattr__(self, operation):
        answer = self._answers[operation]

        def call(**_):
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def get_paginator(self, operation):
        return type("Pages", (), {"paginate": lambda _, **given: self._answers[operation]})()


def refused(code, message="no"):
    return ClientError({"Error": {"Code": code, "Message": message}}, "Op")


@pytest.mark.parametrize(
    ("answer", "fact"),
    [
        pytest.param({"a": 1}, {"a": 1}, id="an answer"),
        pytest.param(refused("ResourceNotFoundException"), Missing(), id="not there"),
        pytest.param(refused("NoSuchBucketPolicy"), Missing(), id="not configured"),
        pytest.param(
            refused("ValidationError", "Stack with id x does not exist"), Missing(), id="no such stack"
        ),
        pytest.param(refused("ValidationError"), Unknown("s op: no"), id="another validation error"),
        pytest.param(refused("AccessDenied", ""), Unknown("s op: AccessDenied"), id="denied without words"),
        pytest.param(
            NoCredentialsError(), Unknown("s op: Unable to locate credentials"), id="no credentials"
        ),
    ],
)
def test_what_an_answer_comes_to(answer, fact):
    asked = []
    asker = Asker(lambda *_: Service(op=answer), "eu-west-1", asked.append)

    assert asker.ask("s", "op") == fact
    assert asked == ["s op"]


def test_pages_come_as_one_list():
    pages = [{"Rules": [1, 2]}, {}, {"Rules": [3]}]

    assert Asker(lambda *_: Service(op=pages), "eu-west-1").pages("s", "op", "Rules") == [1, 2, 3]


def test_a_queue_that_a_function_reads_is_no_dead_letter_queue():
    kinds = {
        "Jobs": "AWS::SQS::Queue",
        "Dead": "AWS::SQS::Queue",
        "Reads": "AWS::Lambda::EventSourceMapping",
    }
    listed = [
        {"LogicalResourceId": name, "PhysicalResourceId": f"id-{name}", "ResourceType": kind}
        for name, kind in kinds.items()
    ]
    reads = {"Properties": {"EventSourceArn": {"Fn::GetAtt": ["Jobs", "Arn"]}}}
    service = Service(
        describe_stacks={"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]},
        list_stack_resources=[{"StackResourceSummaries": listed}],
        get_template={"TemplateBody": {"Resources": {"Reads": reads}}},
        get_event_source_mapping={"State": "Enabled"},
        get_queue_attributes={"Attributes": {"ApproximateNumberOfMessages": "3"}},
    )
    facts, _ = read_stack(Asker(lambda *_: service, "eu-west-1"), "trailwarden", "123456789012")

    assert facts.queues == (Queue(url="id-Dead", waiting=3),)
    assert [each.state for each in facts.event_sources] == ["Enabled"]


def test_a_template_that_is_not_json_could_not_be_read():
    service = Service(
        describe_stacks={"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]},
        list_stack_resources=[],
        get_template={"TemplateBody": "Resources:\n  A: !Ref B\n"},
    )
    facts, _ = read_stack(Asker(lambda *_: service, "eu-west-1"), "trailwarden", "123456789012")

    assert facts.unread == (Unknown("the template is not JSON, as `trailwarden package` writes it"),)
