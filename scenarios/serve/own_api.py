"""The REST API of the stack itself, on the same port: `http://127.0.0.1:4566/prod/findings`.

A signature for `execute-api` says that it is meant; without one, a path below the stage does.
"""

import json
from typing import Any

from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.world import World
from scenarios.serve.callers import Callers
from scenarios.serve.messages import HttpAnswer, HttpRequest
from scenarios.serve.signed import Signed

_OF_API = ("accept", "content-type")
STAGE = "AWS::ApiGateway::Stage"


class OwnApi:
    """What API Gateway does in front of the stack's function."""

    def __init__(self, world: World, callers: Callers) -> None:
        self._world = world
        self._callers = callers

    def is_meant(self, request: HttpRequest) -> bool:
        """Whether an unsigned request is for the API."""
        return request.parts[0] in self._stages()

    def answer(self, request: HttpRequest, said: Signed | None) -> HttpAnswer:
        """Hand a request to the API's function, as whoever signed it."""
        stages = self._stages()
        if not stages:
            raise NotSimulated("execute-api", "a request where no stack has a REST API")
        path = request.path
        if request.parts[0] in stages:
            path = "/" + path.lstrip("/").partition("/")[2]
        caller = None if said is None else self._caller(request, said)
        headers = {name.title(): value for name, value in request.headers.items() if name in _OF_API}
        told = self._world.api.request(
            caller, request.method, path, body=_body(request), query=request.asked, headers=headers
        )
        return HttpAnswer(status=told.status, headers=dict(told.headers), body=told.body.encode())

    def _stages(self) -> list[str]:
        return [stage.physical_id for stack in self._world.standing for stage in stack.of_type(STAGE)]

    def _caller(self, request: HttpRequest, said: Signed) -> Caller | None:
        return self._callers.known(said, request.peer, request.headers.get("user-agent", ""))


def _body(request: HttpRequest) -> Any:
    """The body's JSON, as API Gateway's event is made of it here."""
    if not request.body:
        return None
    try:
        return json.loads(request.body)
    except ValueError:
        return request.body.decode("utf-8", "replace")
