"""Traffic between addresses: security groups and network ACLs decide, and each interface on the way sees it.

What is sent arrives: routes, gateways and address translation are not simulated. A connection to a public
address of an interface reaches it, and its flow log shows the private one, as AWS's does.

Sources: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html,
https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-limitations.html
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from scenarios.cloud.ec2.firewalls import TCP, UDP, Asking
from scenarios.cloud.ec2.flow_logs import FlowLogs
from scenarios.cloud.ec2.flow_records import Seen
from scenarios.cloud.ec2.interfaces import Interface, Network, network_of
from scenarios.cloud.kernel.errors import WorldError
from scenarios.cloud.setting import Setting

SYN, SYN_ACK, FIN = 2, 18, 1
_EPHEMERAL: Final = (32768, 60999)  # Linux's own range
# What a flow log leaves out: metadata, time, Windows activation, DHCP, Amazon's DNS and the VPC's router.
_UNSEEN_ADDRESSES: Final = ("169.254.169.254", "169.254.169.123", "169.254.169.250", "169.254.169.251")
_DHCP: Final = (67, 68)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What somebody sends, from an address to a port of another; one of them is an interface of the account.

    `protocol`: its number. `packets`, `bytes`: what goes there, and `answered`, `answer_bytes` what comes
    back where it arrives. A `source_port` of 0 is one of the client's choice.
    """

    source: str
    target: str
    port: int
    protocol: int = TCP
    source_port: int = 0
    packets: int = 1
    bytes: int = 60
    answered: int = 1
    answer_bytes: int = 60


class Traffic:
    """Everything that is sent in the account."""

    def __init__(self, setting: Setting, flow_logs: FlowLogs) -> None:
        self._setting = setting
        self._flow_logs = flow_logs

    def send(self, region: str, connections: Iterable[Connection]) -> list[bool]:
        """Send them, all now; tells of each whether it arrived.

        Raises WorldError where neither end is an interface of the account.
        """
        network = network_of(self._setting, region)
        return [self._send(region, network, each) for each in connections]

    def _send(self, region: str, network: Network, connection: Connection) -> bool:
        ends = network.at(connection.source), network.at(connection.target)
        source, target = ends
        if source is None and target is None:
            words = f"neither {connection.source} nor {connection.target} is an interface of the account"
            raise WorldError(words)
        low, high = _EPHEMERAL
        port = connection.source_port or self._setting.random("ec2.ports").randint(low, high)
        trip = _Trip(connection, port, *ends)
        if source is not None and not self._passes(region, network, trip, source, egress=True):
            return False
        if target is not None and not self._passes(region, network, trip, target, egress=False):
            return False
        if connection.answered:
            back = trip.back()
            for end, egress in ((target, True), (source, False)):
                if end is not None and not self._passes(region, network, back, end, egress=egress):
                    break
        return True

    def _passes(self, region: str, network: Network, trip: "_Trip", at: Interface, *, egress: bool) -> bool:
        """Whether an interface lets it pass; its flow logs see it either way."""
        asking = trip.asking(egress=egress)
        lets = trip.is_answer or network.groups_let(at, asking, egress=egress)
        if lets and not trip.within_a_subnet:
            lets = network.acl_lets(at, asking, egress=egress)
        if not _left_out(network, at, trip):
            self._flow_logs.saw(region, at, trip.seen(at, egress=egress, lets=lets))
        return lets


@dataclass(frozen=True, slots=True)
class _Trip:
    """One direction of a connection. `source` and `target` are the interfaces at its ends, if any."""

    connection: Connection
    port: int
    source: Interface | None
    target: Interface | None
    is_answer: bool = False

    def back(self) -> "_Trip":
        return _Trip(self.connection, self.port, self.source, self.target, is_answer=True)

    @property
    def within_a_subnet(self) -> bool:
        return (
            self.source is not None and self.target is not None and self.source.subnet == self.target.subnet
        )

    @property
    def ends(self) -> tuple[str, str]:
        """The addresses of the packets: from, to."""
        there, back = self.connection.source, self.connection.target
        return (back, there) if self.is_answer else (there, back)

    @property
    def ports(self) -> tuple[int, int]:
        """The ports of the packets: from, to. Only TCP and UDP have any."""
        if self.connection.protocol not in (TCP, UDP):
            return 0, 0
        return (self.connection.port, self.port) if self.is_answer else (self.port, self.connection.port)

    def asking(self, *, egress: bool) -> Asking:
        """What an interface's rules are asked: the other side, and the port that the packets go to."""
        away = self.target if egress != self.is_answer else self.source
        return Asking(
            address=self.ends[1] if egress else self.ends[0],
            port=self.ports[1],
            protocol=self.connection.protocol,
            groups=away.groups if away is not None else frozenset(),
        )

    def seen(self, at: Interface, *, egress: bool, lets: bool) -> Seen:
        """What an interface's flow logs see: of its own addresses the primary one."""
        one, other = self.ends
        syn = SYN_ACK if self.is_answer else SYN
        complete = lets and self.connection.answered
        packets, size = (
            (self.connection.answered, self.connection.answer_bytes)
            if self.is_answer
            else (self.connection.packets, self.connection.bytes)
        )
        return Seen(
            source=at.address if egress else one,
            target=other if egress else at.address,
            packet_source=one,
            packet_target=other,
            source_port=self.ports[0],
            target_port=self.ports[1],
            protocol=self.connection.protocol,
            packets=packets,
            bytes=size,
            flags=(syn | (FIN if complete else 0)) if self.connection.protocol == TCP else 0,
            accepted=lets,
            egress=egress,
        )


def _left_out(network: Network, at: Interface, trip: _Trip) -> bool:
    """Whether no flow log shows it."""
    other = trip.ends[1] if trip.ends[0] in at.addresses else trip.ends[0]
    if other in _UNSEEN_ADDRESSES or network.is_reserved(at, other):
        return True
    return trip.connection.protocol == UDP and trip.connection.port in _DHCP
