"""Flow logs of Global Accelerator: what passes an accelerator, in files of five minutes in a bucket.

A record is of one flow, one direction and at most one minute. No accelerator can be made by a call; a
scenario puts one there, its endpoint in a VPC with the client's address preserved (version 2.0 of the
record). AWS's log delivery writes the files, where the bucket's policy lets it. Files come within an hour; a
window in which nobody connected has none.

Unconfirmed: AWS's page has an id of the flow log in the scheme of a file's name and none in its example; we
follow the example. That `globalaccelerator_source_*` are dashes where the client's address is preserved, and
that the region in a key is us-west-2, where the service's API is, are by the example too.

Sources: https://docs.aws.amazon.com/global-accelerator/latest/dg/monitoring-global-accelerator.flow-logs.html
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from scenarios.cloud.kernel.errors import WorldError
from scenarios.cloud.service_logs_delivery import Windows, folder_in, put_file
from scenarios.cloud.setting import Setting
from scenarios.service_logs import GLOBAL_ACCELERATOR

REGION: Final = "us-west-2"
WINDOW: Final = 300
CAPTURE: Final = 60
LATE_SECONDS: Final = (60.0, 3600.0)
_TCP: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """An accelerator, and where its flow log goes.

    `id`: as in its ARN; `address`: one of its two; `endpoint`, `vpc`, `region`: the endpoint's private
    address, its VPC and where that is; `bucket`: "" for no flow log.
    """

    id: str
    address: str
    endpoint: str
    vpc: str
    region: str
    bucket: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """One connection of a client through an accelerator: bytes to the endpoint and back."""

    client: str
    client_port: int
    port: int
    sent: int
    received: int


class FlowLogs:
    """Every accelerator of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._accelerators: dict[str, Accelerator] = {}
        self._files = Windows[str](
            setting, "globalaccelerator.flow_logs", WINDOW, LATE_SECONDS, self._deliver
        )

    def put(self, accelerator: Accelerator) -> None:
        """It stands from now on."""
        self._accelerators[accelerator.id] = accelerator

    def passed(self, accelerator_id: str, connections: Iterable[Passing]) -> None:
        """These connections pass an accelerator, now; raises WorldError where there is none of this id."""
        accelerator = self._accelerators.get(accelerator_id)
        if accelerator is None:
            raise WorldError(f"there is no accelerator {accelerator_id}")
        if not accelerator.bucket:
            return
        now = self._setting.clock.now
        for each in connections:
            for direction, size in (("INGRESS", each.sent), ("EGRESS", each.received)):
                line = GLOBAL_ACCELERATOR.write(self._values(accelerator, each, direction, size))
                self._files.add(accelerator_id, now, line)

    def _values(
        self, accelerator: Accelerator, connection: Passing, direction: str, size: int
    ) -> dict[str, Any]:
        moment = int(self._setting.clock.now.timestamp())
        start = moment - moment % CAPTURE
        return {
            "version": "2.0",
            "aws_account_id": self._setting.account,
            "accelerator_id": accelerator.id,
            "client_ip": connection.client,
            "client_port": connection.client_port,
            "accelerator_ip": accelerator.address,
            "accelerator_port": connection.port,
            "endpoint_ip": accelerator.endpoint,
            "endpoint_port": connection.port,
            "protocol": _TCP,
            "ip_address_type": "IPv4",
            "packets": 1 + size // 1400,
            "bytes": size,
            "start_time": start,
            "end_time": start + CAPTURE,
            "action": "ACCEPT",
            "log_status": "OK",
            "endpoint_region": accelerator.region,
            "globalaccelerator_region": "FRA6",
            "direction": direction,
            "vpc_id": accelerator.vpc,
        }

    def _deliver(self, accelerator_id: str, start: datetime, lines: Sequence[str]) -> None:
        accelerator, account = self._accelerators[accelerator_id], self._setting.account
        end = start + timedelta(seconds=WINDOW)
        tail = f"{self._setting.random('globalaccelerator.names').getrandbits(28):07x}"
        key = (
            f"{folder_in(f'{accelerator.bucket}/{accelerator.prefix}', account)}globalaccelerator/{REGION}/"
            f"{end:%Y/%m/%d}/{account}_globalaccelerator_{accelerator.id}_{end:%Y%m%dT%H%MZ}_{tail}.log.gz"
        )
        refusal = put_file(self._setting, REGION, key, [*GLOBAL_ACCELERATOR.head(), *lines])
        self._setting.note_lost(len(lines), f"records of {accelerator_id} for {accelerator.bucket}", refusal)


def register(setting: Setting) -> None:
    """The laws of Global Accelerator."""
    setting.laws.add(FlowLogs(setting))
