"""A served world in this process: requests as they come in, without sockets and without threads."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field

from scenarios.cloud.deployment import Deployment
from scenarios.cloud.world import World
from scenarios.serve.desk import asked_of_aws
from scenarios.serve.messages import HttpRequest
from scenarios.serve.served import Plan, Served

JSON = "application/x-amz-json-1.0"


@dataclass
class Inside:
    """`said`: what it told the console."""

    served: Served
    said: list[str] = field(default_factory=list)

    def answer(self, service, method="POST", target="/", body=b"", key="ann", **headers):
        """What AWS answers; a poll that is held is told as such."""
        signature = (
            f"AWS4-HMAC-SHA256 Credential={key}/20260302/us-east-1/{service}/aws4_request, "
            "SignedHeaders=host, Signature=unread"
        )
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = HttpRequest(
            method=method,
            target=target,
            headers={"host": "127.0.0.1:4566", "authorization": signature, **named},
            body=body,
        )
        self.served.requests += 1
        self.served.catch_up()
        return asked_of_aws(self.served, request)

    def json(self, service, operation, **parameters):
        """What a service with a JSON protocol answers to an operation, which must be taken."""
        told = self.answer(
            service, body=json.dumps(parameters).encode(), content_type=JSON, x_amz_target=operation
        )
        assert told.status == 200, told.body
        return json.loads(told.body or b"{}")


@contextmanager
def inside(**plan):
    """An empty account whose time stands still."""
    deployment = Deployment(template="")
    said: list[str] = []
    with World(deployment) as world:
        served = Served(
            plan=Plan(deployment=deployment, begins=deployment.start, **{"speed": 0, **plan}),
            world=world,
            say=said.append,
        )
        yield Inside(served, said)
