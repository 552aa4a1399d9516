"""Somebody guesses passwords: at a host's sshd, or at the console."""

from chalicelib.remediation import Outcome
from scenarios.runner.scenario import Action, Scenario, TimedAction, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor, Host
from scenarios.runner.words.checks import alert, heard_of, no_more_alerts_than, outcome
from scenarios.runner.words.existing_trail import EXISTING_TRAIL, PARAMETERS
from scenarios.runner.words.machines import WatchedHost

bastion = Host(name="bastion")
web = Host(name="web-1")
GUESSER = "203.0.113.99"


def guess(host: Host, user: str, pid: int, address: str = GUESSER) -> Action:
    """One guess at a host that takes passwords: two lines, one wrong password."""
    return host.logs(
        f"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={address}"
        f"  user={user}",
        f"Failed password for {user} from {address} port 40{pid % 1000:03d} ssh2",
        pid=pid,
        words=f"{host.name}: {address} guesses the password of {user}",
    )


def knock(host: Host, user: str, pid: int, address: str = GUESSER) -> Action:
    """One guess at a host that takes keys only: what an Amazon Linux image logs of it."""
    return host.logs(
        f"Invalid user {user} from {address} port 41{pid % 1000:03d}",
        f"Connection closed by invalid user {user} {address} port 41{pid % 1000:03d} [preauth]",
        pid=pid,
        words=f"{host.name}: {address} knocks as {user}",
    )


SCENARIO = Scenario(
    name="failed_login",
    title="Somebody guesses passwords over SSH, on two hosts",
    when=[
        at("00:00", guess(bastion, "root", 2101)),
        at("00:40", knock(bastion, "admin", 2102)),
        at("01:20", guess(web, "oracle", 877), bastion.logs("Server listening on :: port 22.", pid=1)),
        at("02:00", knock(web, "test", 878), guess(bastion, "ec2-user", 2110, "198.51.100.77")),
        at("02:40", guess(bastion, "root", 2103)),
        at("03:10", guess(bastion, "root", 2104)),
        at(
            "03:20", bastion.logs(f"Accepted publickey for ec2-user from {GUESSER} port 50022 ssh2", pid=2120)
        ),
    ],
    then=[
        until("02:39", no_more_alerts_than(0)),
        by(
            "02:58",
            alert("failed_login", "MEDIUM", GUESSER, "bastion", "web-1", "root", "oracle", "admin", "test"),
        ),
        at_the_end(no_more_alerts_than(1)),
    ],
)

SLOW = Scenario(
    name="failed_login.slow",
    title="Five guesses, but never five within the window, as the stack's parameters set it",
    lasts="40:00",
    parameters=(("FailedLoginThreshold", "4"), ("FailedLoginWindowSeconds", "300")),
    when=[
        at("00:00", knock(bastion, "a", 1)),
        at("02:00", knock(bastion, "b", 2)),
        at("04:00", knock(bastion, "c", 3)),
        at("06:00", knock(bastion, "d", 4)),
        at("20:00", knock(web, "a", 11), knock(web, "b", 12), knock(web, "c", 13)),
        at("24:00", knock(web, "d", 14)),
    ],
    then=[
        until("23:59", no_more_alerts_than(0)),
        by("24:30", alert("failed_login", "MEDIUM", GUESSER, "web-1")),
        at_the_end(no_more_alerts_than(1)),
    ],
)


def directory_login(user: str, pid: int) -> Action:
    """A login that pam's first module refuses and the directory's accepts."""
    told = f"logname= uid=0 euid=0 tty=ssh ruser= rhost={GUESSER}  user={user}"
    return web.logs(
        f"pam_unix(sshd:auth): authentication failure; {told}",
        f"pam_sss(sshd:auth): authentication success; {told}",
        f"Accepted password for {user} from {GUESSER} port 51{pid:03d} ssh2",
        pid=pid,
        words=f"web-1: {user} logs in from {GUESSER} with the directory's password",
    )


ONE_CONNECTION = Scenario(
    name="failed_login.one_connection",
    title="Users of a directory log in, and nobody failed; then six passwords are tried in one connection",
    lasts="10:00",
    when=[
        at("00:00", *(directory_login(f"user-{number}", number) for number in range(6))),
        at(
            "05:00",
            web.logs(
                f"Failed password for root from {GUESSER} port 52000 ssh2",
                f"message repeated 5 times: [ Failed password for root from {GUESSER} port 52000 ssh2]",
                f"error: maximum authentication attempts exceeded for root from {GUESSER} port 52000 ssh2 "
                "[preauth]",
                pid=52,
                words=f"web-1: {GUESSER} tries six passwords of root",
            ),
        ),
    ],
    then=[
        until("04:59", no_more_alerts_than(0)),
        by("05:30", alert("failed_login", "MEDIUM", "6 failed SSH logins", GUESSER, "web-1", "root")),
        at_the_end(no_more_alerts_than(1)),
    ],
)

alice = Actor(name="alice", address="198.51.100.4")
stranger = Actor(name="nobody-here", address="203.0.113.200")


def _wrong(actor: Actor, *times: str) -> tuple[TimedAction, ...]:
    return tuple(timed for when in times for timed in at(when, actor.signs_in(mfa=False, succeeds=False)))


CONSOLE = Scenario(
    name="failed_login.console",
    title="Somebody guesses console passwords; the alarm only counts, the alert says who",
    lasts="30:00",
    when=[
        _wrong(stranger, "00:00", "00:20"),
        at("00:30", alice.signs_in(mfa=True)),
        _wrong(alice, "00:40"),
    ],
    then=[
        by(
            "20:00",
            alert("failed_login", "MEDIUM", "203.0.113.200", "nobody-here", "198.51.100.4", "alice"),
            outcome("failed_login", Outcome.TOLD),
        ),
        at_the_end(no_more_alerts_than(1)),
    ],
)

TWICE = Scenario(
    name="failed_login.twice",
    title="Two failed sign-ins stay below the threshold of three; one more raises the alarm",
    lasts="30:00",
    parameters=(("ConsoleFailuresThreshold", "3"),),
    when=[_wrong(alice, "00:00", "00:20"), at("00:40", alice.signs_in(mfa=True))],
    then=[at_the_end(no_more_alerts_than(0))],
)

EXISTING = Scenario(
    name="failed_login.existing_trail",
    title="Console passwords are guessed; the trail was there before the stack",
    before=EXISTING_TRAIL,
    parameters=PARAMETERS,
    lasts="30:00",
    when=_wrong(stranger, "00:00", "00:20", "00:40"),
    then=[
        by("20:00", alert("failed_login", "MEDIUM", "203.0.113.200", "nobody-here")),
        at_the_end(no_more_alerts_than(1)),
    ],
)

gate = WatchedHost(name="gate-1")


def _gate_is_tried(user: str, pid: int) -> Action:
    return gate.logs(
        f"Failed password for {user} from {GUESSER} port 40{pid} ssh2",
        pid=pid,
        words=f"is tried by {GUESSER} as {user}",
    )


AGENT = Scenario(
    name="failed_login.agent",
    title="Passwords are guessed on a host before it has its agent, and its log is rotated: no line is lost",
    lasts="30:00",
    given=(gate.there(),),
    when=[
        at("00:10", _gate_is_tried("root", 101), _gate_is_tried("admin", 102)),
        at("00:40", _gate_is_tried("oracle", 103)),
        at("05:00", _gate_is_tried("root", 104), gate.rotates()),
        at("06:00", _gate_is_tried("postgres", 105)),
    ],
    then=[
        until("05:59", no_more_alerts_than(0)),
        by(
            "06:20", alert("failed_login", "MEDIUM", GUESSER, "gate-1", "root", "admin", "oracle", "postgres")
        ),
        at_the_end(no_more_alerts_than(1)),
    ],
)

ADDRESSES = tuple(f"198.18.0.{number}" for number in range(1, 16))
FORGED = Scenario(
    name="failed_login.forged",
    title="Fifteen addresses guess at one host at once, or a log says so: a few alerts, then the count",
    lasts="01:10:00",
    when=[
        at(
            f"00:{10 * number:02}",
            bastion.logs(
                *(f"Invalid user admin from {address} port 41000" for address in ADDRESSES),
                pid=700 + number,
                words=f"bastion logs a guess from each of {len(ADDRESSES)} addresses",
            ),
        )
        for number in range(5)
    ],
    then=[
        by("01:30", heard_of("failed_login", "MEDIUM", "198.18.0.1", "bastion")),
        at_the_end(
            heard_of("failed_login", "MEDIUM", "Counted", subject="not sent one by one"),
            no_more_alerts_than(6),
        ),
    ],
)

SCENARIOS = (SCENARIO, SLOW, ONE_CONNECTION, AGENT, CONSOLE, TWICE, EXISTING, FORGED)
