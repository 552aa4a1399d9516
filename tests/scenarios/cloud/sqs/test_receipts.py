"""What ReceiveMessage refuses, in SQS's words, said once."""

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.small_worlds import admin, queue, world


@pytest.mark.parametrize(
    ("given", "range_of_it"),
    [({"MaxNumberOfMessages": 11}, "1 and 10"), ({"WaitTimeSeconds": 21}, "0 and 20")],
)
def test_too_many_messages_and_too_long_a_wait_are_refused(given, range_of_it):
    ((name, value),) = given.items()
    with world(queue()) as each:
        url = each.home.resources["Heard"].physical_id
        with pytest.raises(ClientError) as caught:
            admin(each, "sqs").receive_message(QueueUrl=url, **given)

    assert caught.value.response["Error"] == {
        "Code": "InvalidParameterValue",
        "Message": f"Value {value} for parameter {name} is invalid. "
        f"Reason: Must be between {range_of_it}, if provided.",
    }
