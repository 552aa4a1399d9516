"""Who does things in a scenario: real boto3 calls under that identity, sign-ins, lines in a host's log."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, UnknownServiceError

from scenarios.cloud.authorization.identity import ADMINISTRATOR
from scenarios.cloud.cloudtrail.records.sign_in import console_sign_in
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action
from scenarios.runner.words.spelling import did_you_mean

# A line is complete after five seconds, and waits for five more: the CloudWatch agent's force_flush_interval.
AGENT_FLUSH_SECONDS = 10
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody with an identity in the account; an administrator unless `policies` say otherwise.

    `name` "root" is the account's root user.
    """

    name: str
    address: str = "198.51.100.20"
    policies: tuple[Mapping[str, Any], ...] = (ADMINISTRATOR,)

    def caller(self, world: World) -> Caller:
        """The identity, known to this world."""
        if self.name == "root":
            return world.identity.enrol(replace(world.root(), source_ip=self.address))
        return world.user(self.name, policies=self.policies, source_ip=self.address)

    def calls(
        self,
        service: str,
        operation: str,
        *,
        region: str = "",
        refused: str = "",
        words: str = "",
        **parameters: Any,
    ) -> Action:
        """A boto3 call, `operation` being boto3's method name.

        `refused`: the error code AWS answers with; a call that should be refused and isn't fails the run, and
        so does one that should work and doesn't.
        """

        def do(world: World) -> None:
            method = _method(_client(world, self.caller(world), service, region), operation)
            with refused_by(refused, f"{self.name} was to be refused {service}.{operation}, and was not"):
                method(**parameters)

        told = words or f"calls {service} {operation.replace('_', ' ')}{_told(parameters)}"
        return Action(f"{self.name} {told}{', and is refused' if refused else ''}", do)

    def signs_in(self, *, mfa: bool, succeeds: bool = True, region: str | None = None) -> Action:
        """Sign in to the console."""

        def do(world: World) -> None:
            world.trail.deliver(
                console_sign_in(
                    replace(self.caller(world), user_agent=BROWSER),
                    moment=world.clock.now,
                    event_id=world.setting.new_uuid("cloudtrail.event"),
                    succeeded=succeeds,
                    mfa_used=mfa,
                    region=region,
                )
            )

        how = "signs in to the console" if succeeds else "fails to sign in to the console"
        return Action(f"{self.name} {how} from {self.address} {'with' if mfa else 'without'} MFA", do)

    def does(self, words: str, do: Any) -> Action:
        """Anything else: `do(world, caller)`."""
        return Action(f"{self.name} {words}", lambda world: do(world, self.caller(world)))


def _method(client: Any, operation: str) -> Any:
    """A method of a boto3 client; ValueError, with one that is spelled alike, where there is none."""
    try:
        return getattr(client, operation)
    except AttributeError as error:
        service = client.meta.service_model.service_name
        offer = did_you_mean(operation, client.meta.method_to_api_mapping)
        raise ValueError(_with(f"boto3's client of {service} has no method {operation!r}", offer)) from error


def _client(world: World, caller: Caller, service: str, region: str) -> Any:
    """A boto3 client; ValueError where boto3 has no such service."""
    try:
        return world.client(caller, service, region)
    except UnknownServiceError as error:
        offer = did_you_mean(service, str(error.kwargs["known_service_names"]).split(", "))
        raise ValueError(_with(f"boto3 has no service {service!r}", offer)) from error


def _with(sentence: str, offer: str) -> str:
    return f"{sentence}; {offer}" if offer else sentence


@contextmanager
def refused_by(code: str, otherwise: str) -> Iterator[None]:
    """A call that AWS refuses with this code, or for "" answers; AssertionError where none is refused."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise
    else:
        if code:
            raise AssertionError(otherwise)


def _told(parameters: Mapping[str, Any]) -> str:
    plain = [str(value) for value in parameters.values() if isinstance(value, str)]
    return f" {', '.join(plain)}" if plain else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A machine whose agent tails /var/log/secure into the stack's log group."""

    name: str

    def logs(self, *lines: str, pid: int, words: str = "", program: str = "sshd") -> Action:
        """Lines in syslog's form, as the host writes them now; the agent sends them when it flushes."""

        def do(world: World) -> None:
            now = world.clock.now
            self._ship(world, now, syslog(now, self.name, program, pid, lines))

        return Action(words or f"{self.name} logs: {lines[0]}" + (" ..." if len(lines) > 1 else ""), do)

    def _ship(self, world: World, now: datetime, lines: list[str]) -> None:
        # The log group's name, as the agent's configuration must have it.
        group = f"{world.home.name}/secure"

        def flush() -> None:
            world.logs.write(
                world.deployment.home,
                group,
                f"i-{self.name}",
                [(now.replace(microsecond=0), line) for line in lines],
            )

        world.clock.after(AGENT_FLUSH_SECONDS, flush, "the agent flushes")


def syslog(moment: datetime, host: str, program: str, pid: int, lines: Iterable[str]) -> list[str]:
    """Lines as syslog writes them, `Mar  3 10:15:01 web-1 sshd[21]: ...`: no year, a blank pads the day."""
    moment = moment.astimezone(UTC)
    prefix = f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S} {host} {program}[{pid}]:"
    return [f"{prefix} {line}" for line in lines]


def arrives(words: str, event: Mapping[str, Any], *, region: str = "") -> Action:
    """An event put on the default bus unchanged: one that AWS sends and no actor here can cause."""
    return Action(words, lambda world: world.eventbridge.emit(region or world.deployment.home, event))
