"""What functions send over HTTP goes to the simulated web: an endpoint that somebody speaks for, or nothing.

A function's own libraries send it: http.client, urllib, urllib3, requests. The answer takes its time, and the
function's time with it. An address for which nobody said what it answers is NotSimulated.
"""

from scenarios.cloud.functions.service import CALL_SECONDS, Functions
from scenarios.cloud.kernel.http_client import Received, Sent, connections
from scenarios.cloud.kernel.web import NO_CONNECTION, WebRequest
from scenarios.cloud.setting import Setting


class WebClient:
    """Sends what the function that runs now asks."""

    def __init__(self, setting: Setting, functions: Functions) -> None:
        self._setting = setting
        self._functions = functions
        setting.laws.meanwhile(connections(self._ask, whether=lambda: functions.running is not None))

    def _ask(self, sent: Sent) -> Received:
        running, clock = self._functions.running, self._setting.clock
        assert running is not None  # it was looked at when the connection was made
        clock.pass_time(CALL_SECONDS)
        request = WebRequest(
            at=clock.now,
            by=running.arn,
            method=sent.method,
            url=sent.url,
            headers=sent.headers,
            body=sent.body.decode("utf-8", "replace"),
        )
        answer = self._setting.web.ask(request)
        if answer.status == NO_CONNECTION:
            raise ConnectionRefusedError(111, f"nothing answers at {request.place}")
        if sent.patience is not None and answer.seconds > sent.patience:
            clock.pass_time(sent.patience)
            raise TimeoutError(f"{request.place} did not answer within {sent.patience} s")
        clock.pass_time(answer.seconds)
        return Received(status=answer.status, headers=answer.headers, body=answer.body.encode())
