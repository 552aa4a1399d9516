"""What services write into their logs in a scenario, by the tables of `scenarios.service_logs`.

The services that write these lines are not simulated: a line comes as theirs would, some minutes after it
happened where AWS's does.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from scenarios.cloud.world import World
from scenarios.runner.scenario import Action
from scenarios.service_logs import ALB

LOAD_BALANCER_SECONDS = 300
_BALANCER = "app/shop/50dc6c495c0c9188"

Line = Callable[[World, datetime], str]


def visited(
    group: str,
    client: str,
    paths: Iterable[str],
    *,
    status: int = 200,
    times: int = 1,
    verb: str = "GET",
) -> Action:
    """Somebody asks for each of these paths, behind a load balancer that logs to a group; one a second."""
    asked = [path for path in paths for _ in range(times)]

    def line(path: str) -> Line:
        def written(world: World, at: datetime) -> str:
            bits = world.setting.random("elb").getrandbits(96)
            values = {
                "type": "https",
                "time": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",
                "elb": _BALANCER,
                "client:port": f"{client}:40001",
                "target:port": "10.0.0.5:80",
                "request_processing_time": 0.001,
                "target_processing_time": 0.02,
                "response_processing_time": 0.0,
                "elb_status_code": status,
                "target_status_code": status,
                "received_bytes": 210,
                "sent_bytes": 512,
                "request": f"{verb} https://shop.example:443{path} HTTP/1.1",
                "user_agent": "Mozilla/5.0",
                "ssl_cipher": "ECDHE-RSA-AES128-GCM-SHA256",
                "ssl_protocol": "TLSv1.2",
                "trace_id": f"Root=1-{int(at.timestamp()):08x}-{bits:024x}",
                "domain_name": "shop.example",
                "matched_rule_priority": 0,
                "request_creation_time": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",
                "actions_executed": "forward",
            }
            return ALB.write(values)

        return written

    words = f"{client} asks for {_some(asked)}, and is answered {status}"
    return _written(words, group, _BALANCER, [line(path) for path in asked], LOAD_BALANCER_SECONDS)


def _written(words: str, group: str, stream: str, lines: Sequence[Line], after: float) -> Action:
    def do(world: World) -> None:
        now = world.clock.now
        each = [
            (at, line(world, at))
            for number, line in enumerate(lines)
            for at in [now + timedelta(seconds=number % 60)]
        ]
        what = f"lines for {group}"
        world.clock.after(after, lambda: world.logs.write(world.deployment.home, group, stream, each), what)

    return Action(words, do)


def _some(things: Sequence[str]) -> str:
    return things[0] if len(things) == 1 else f"{things[0]} and {len(things) - 1} more"
