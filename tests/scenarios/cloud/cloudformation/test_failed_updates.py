"""From an update that failed: tried again, rolled back, and rolled back further."""

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.cloudformation.living import NAME, REFUSED, TOPIC, body, queue, stacks

__all__ = ["stacks"]
STAYS = {"DisableRollback": True}


def fails(stacks):
    """Its update has changed Queue and has not come to Later, and failed between them."""
    stacks.creates({"Queue": queue(), "Later": queue()})
    later = {**queue(70), "DependsOn": "Refused"}
    stacks.updates(
        {"Queue": queue(50), "Refused": {**REFUSED, "DependsOn": "Queue"}, "Later": later}, given=STAYS
    )
    assert (stacks.status(), stacks.timeout(), stacks.timeout("Later")) == ("UPDATE_FAILED", "50", "40")


@pytest.mark.slow
def test_it_is_rolled_back_on_request(stacks):
    fails(stacks)
    stacks.client().rollback_stack(StackName=NAME)
    stacks.world.run(60)

    assert (stacks.status(), stacks.timeout()) == ("UPDATE_ROLLBACK_COMPLETE", "40")


@pytest.mark.slow
def test_it_is_tried_again_with_another_template(stacks):
    fails(stacks)
    with pytest.raises(ClientError, match=r"non-terminal \[UPDATE_FAILED\] state.*disable-rollback"):
        stacks.updates({"Queue": queue(50), "Later": queue(70)})
    stacks.updates({"Queue": queue(50), "Later": queue(70)}, given=STAYS)

    assert (stacks.status(), stacks.timeout(), stacks.timeout("Later")) == ("UPDATE_COMPLETE", "50", "70")


@pytest.mark.slow
def test_a_second_try_that_fails_is_rolled_back_to_what_was_complete(stacks):
    fails(stacks)
    refused = {**REFUSED, "DependsOn": ["Queue", "New", "Later"]}
    stacks.updates({"Queue": queue(60), "New": TOPIC, "Later": queue(70), "Refused": refused}, given=STAYS)
    failed = stacks.status(), stacks.timeout(), stacks.timeout("Later")
    stacks.client().rollback_stack(StackName=NAME)
    stacks.world.run(60)

    assert failed == ("UPDATE_FAILED", "60", "70")
    assert (stacks.status(), stacks.timeout(), stacks.timeout("Later")) == (
        "UPDATE_ROLLBACK_COMPLETE",
        "40",
        "40",
    )
    assert set(stacks.there()) == {"Queue", "Later"}
    assert stacks.client("sns").list_topics()["Topics"] == []


@pytest.mark.slow
def test_what_two_tries_replaced_is_the_first_one_again(stacks):
    stacks.creates({"Queue": queue(QueueName="first")})
    refused = {**REFUSED, "DependsOn": "Queue"}
    for name in ("second", "third"):
        stacks.updates({"Queue": queue(QueueName=name), "Refused": refused}, given=STAYS)
    stacks.client().rollback_stack(StackName=NAME)
    stacks.world.run(60)

    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert [url.rsplit("/", 1)[-1] for url in stacks.client("sqs").list_queues()["QueueUrls"]] == ["first"]


@pytest.mark.slow
def test_a_creation_that_failed_goes_on_with_another_template_or_is_rolled_back(stacks):
    stacks.creates({"Queue": queue(), "Refused": {**REFUSED, "DependsOn": "Queue"}}, given=STAYS)
    failed = stacks.status()
    stacks.updates({"Queue": queue(90), "New": TOPIC}, given=STAYS)
    stacks.creates(
        {"Queue": queue(), "Refused": {**REFUSED, "DependsOn": "Queue"}}, name="other", given=STAYS
    )
    stacks.client().rollback_stack(StackName="other")
    stacks.world.run(60)

    assert failed == "CREATE_FAILED"
    assert (stacks.status(), stacks.timeout()) == ("UPDATE_COMPLETE", "90")
    assert stacks.status("other") == "ROLLBACK_COMPLETE"
    assert len(stacks.client("sqs").list_queues()["QueueUrls"]) == 1


@pytest.mark.slow
def test_a_stack_that_was_never_complete_has_nothing_to_go_back_to(stacks):
    refused = {**REFUSED, "DependsOn": "Queue"}
    stacks.creates({"Queue": queue(), "Refused": refused}, given=STAYS)
    stacks.updates({"Queue": queue(90), "Refused": refused}, given=STAYS)

    with pytest.raises(NotSimulated, match="never complete"):
        stacks.client().rollback_stack(StackName=NAME)


# ---- where the rollback fails -------------------------------------------------------------------


def rollback_fails(stacks):
    """Queue was deleted by hand, so it can't be what it was."""
    stacks.creates({"Other": queue(), "Queue": queue()})
    resources = {
        "Other": queue(50),
        "Queue": queue(50),
        "Refused": {**REFUSED, "DependsOn": ["Queue", "Other"]},
    }
    stacks.client().update_stack(StackName=NAME, TemplateBody=body(resources))
    while stacks.timeout() == "40":
        stacks.world.run(1)
    stacks.client("sqs").delete_queue(QueueUrl=stacks.there()["Queue"])
    stacks.world.run(120)
    assert stacks.status() == "UPDATE_ROLLBACK_FAILED"


@pytest.mark.slow
def test_a_rollback_goes_on_once_what_stood_in_its_way_is_mended(stacks):
    rollback_fails(stacks)
    name = stacks.there()["Queue"].rsplit("/", 1)[-1]
    stacks.client("sqs").create_queue(QueueName=name)
    stacks.client().continue_update_rollback(StackName=NAME)
    stacks.world.run(60)

    assert (stacks.status(), stacks.timeout(), stacks.timeout("Other")) == (
        "UPDATE_ROLLBACK_COMPLETE",
        "40",
        "40",
    )


@pytest.mark.slow
def test_or_without_that_resource(stacks):
    rollback_fails(stacks)
    with pytest.raises(ClientError, match="not Other"):
        stacks.client().continue_update_rollback(StackName=NAME, ResourcesToSkip=["Other"])
    stacks.client().continue_update_rollback(StackName=NAME, ResourcesToSkip=["Queue"])
    stacks.world.run(60)

    assert (stacks.status(), stacks.timeout("Other")) == ("UPDATE_ROLLBACK_COMPLETE", "40")


def test_only_a_rollback_that_failed_goes_on(stacks):
    stacks.creates({"Queue": queue()})

    with pytest.raises(ClientError, match="CREATE_COMPLETE"):
        stacks.client().continue_update_rollback(StackName=NAME)
    with pytest.raises(ClientError, match="CREATE_COMPLETE"):
        stacks.client().rollback_stack(StackName=NAME)
