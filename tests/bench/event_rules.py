"""How many events a second the event rules match, beside moto's matcher: `python tests/bench/event_rules.py`.

One process, one thread. Events are CloudTrail's, as EventBridge delivers them, and as uneven as a real
trail: a few calls of a few services make up most of it. Rules are written as people write them: a source, a
few event names, and up to three conditions on who, from where, with what result; they are spread evenly. Each
batch of events is matched once and was never seen before; the figure is the median batch, in processor time,
so that neighbours on the machine count less.

- as they come: users, addresses and accounts repeat as in a real account;
- all unique: every user, address and id is new, so that nothing remembered about them helps;
- sign-ins: every event matches the one rule that is in every set, so that none is done after a look;
- more calls: all unique, and with ten times the rules there are ten times the calls that rules and events are
  about, so that an event matches as many rules as it does with a thousand.

`x one rule` is the cost beside one rule's, `ratio` beside moto's on the same events. `matched` is how many
rules an event matches: but for the last kind the rules ask for the same few thousand calls however many they
are, so that ten times the rules are ten times the matches, and of each call several rules are left that only
its conditions tell apart. The last kind and the sign-ins show the cost of the number of rules alone.
"""

import argparse
import gc
import importlib.util
import json
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

from moto.events.models import EventPattern as MotoPattern

from chalicelib.matching import EventRules

SIZES = (1, 10, 100, 1_000, 10_000)
BATCHES = 6  # the first one warms up
AT_HAND = 100  # events that are parsed at a time
SAME_CALLS = 1_000  # rules; with more of them, "more calls" has more calls
MOTO_SECONDS = 0.5  # moto takes minutes for what takes us a second, so it gets this long for each figure

CONSOLE_LOGIN = {
    "source": ["aws.signin"],
    "detail-type": ["AWS Console Sign In via CloudTrail"],
    "detail": {"eventName": ["ConsoleLogin"], "responseElements": {"ConsoleLogin": ["Success"]}},
}
SERVICES = (
    *(
        "ec2",
        "iam",
        "s3",
        "kms",
        "lambda",
        "rds",
        "sts",
        "cloudtrail",
        "config",
        "guardduty",
        "logs",
        "events",
    ),
    *("sns", "sqs", "dynamodb", "ecs", "eks", "ecr", "route53", "cloudfront", "acm", "secretsmanager", "ssm"),
    *("organizations", "backup", "redshift"),
)
VERBS = ("Create", "Delete", "Update", "Put", "Attach", "Detach", "Modify", "Disable", "Enable", "Get")
NOUNS = (
    *(
        "User",
        "Role",
        "Policy",
        "Bucket",
        "Key",
        "Trail",
        "Function",
        "Instance",
        "SecurityGroup",
        "Snapshot",
    ),
    *("Image", "Subnet", "Route", "Gateway", "Table", "Cluster", "Alias", "Grant", "Rule", "Detector"),
)
Event = dict[str, Any]
Pattern = dict[str, Any]


def make_rules(count: int, seed: int = 1, *, kinds: int = 1) -> dict[str, Pattern]:
    """Return so many rules by name, the console sign-in first. `kinds`: how many there are of each call."""
    dice = random.Random(seed)
    return {"rule-0": CONSOLE_LOGIN} | {
        f"rule-{number}": make_rule(dice, kinds) for number in range(1, count)
    }


def make_rule(dice: random.Random, kinds: int) -> Pattern:
    """Return a rule for some API calls, narrowed by up to three conditions."""
    service = dice.choice(SERVICES)
    names = [
        dice.choice(VERBS) + dice.choice(NOUNS) + which_kind(dice, kinds) for _ in range(dice.randint(1, 5))
    ]
    detail: Pattern = {"eventSource": [f"{service}.amazonaws.com"], "eventName": names}
    octet = dice.randint(0, 255)
    conditions: list[Pattern] = [
        {"errorCode": [{"exists": False}]},
        {"errorCode": ["AccessDenied", {"wildcard": "*UnauthorizedOperation*"}]},
        {"readOnly": [False]},
        {"awsRegion": [{"anything-but": ["us-east-1", "eu-west-1"]}]},
        {"sourceIPAddress": [{"cidr": f"10.{octet}.0.0/16"}]},
        {"sourceIPAddress": [{"anything-but": {"suffix": ".amazonaws.com"}}]},
        {"userIdentity": {"type": ["Root", "IAMUser"]}},
        {"userIdentity": {"arn": [{"prefix": f"arn:aws:iam::1234567890{octet % 100:02}:"}]}},
        {"userIdentity": {"accountId": [f"1234567890{dice.randint(10, 99)}"]}},
        {"userAgent": [{"equals-ignore-case": "Console.amazonaws.com"}]},
    ]
    for condition in dice.sample(conditions, dice.randint(0, 3)):
        detail = merged(detail, condition)
    return {"source": [f"aws.{service}"], "detail-type": ["AWS API Call via CloudTrail"], "detail": detail}


def which_kind(dice: random.Random, kinds: int) -> str:
    """Return what tells calls of one name apart; nothing where there is one kind."""
    return "" if kinds == 1 else str(dice.randrange(kinds))


def merged(one: Pattern, other: Pattern) -> Pattern:
    """Return both patterns' fields."""
    return {
        key: merged(one[key], other[key])
        if isinstance(one.get(key), dict) and key in other
        else other.get(key, one.get(key))
        for key in {**one, **other}
    }


def make_event(dice: random.Random, *, unique: bool, sign_ins: float = 0.05, kinds: int = 1) -> Event:
    """Return an API call or, as often as told, a console sign-in; a unique one repeats no user or address."""
    sign_in = dice.random() < sign_ins
    service = "signin" if sign_in else uneven(dice, SERVICES)
    call = uneven(dice, VERBS) + uneven(dice, NOUNS)
    name = "ConsoleLogin" if sign_in else call + which_kind(dice, kinds)
    user = dice.getrandbits(64) if unique else dice.randint(1, 40)
    address = ".".join(str(dice.randint(0, 255)) for _ in range(3)) if unique else f"{user % 20}.0.{user}"
    account = f"1234567890{dice.randint(10, 99)}"
    detail: Event = {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": dice.choice(["Root", "IAMUser", "AssumedRole", "AssumedRole"]),
            "principalId": f"AIDA{user:016X}",
            "arn": f"arn:aws:iam::{account}:user/user-{user}",
            "accountId": account,
            "accessKeyId": f"AKIA{user:016X}",
            "userName": f"user-{user}",
        },
        "eventTime": "2031-05-01T12:00:00Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": dice.choice(["us-east-1", "eu-west-1", "eu-central-1", "ap-south-1"]),
        "sourceIPAddress": f"10.{address}" if dice.random() < 0.8 else f"{service}.amazonaws.com",
        "userAgent": dice.choice(["console.amazonaws.com", "aws-cli/2.15.30 Python/3.11.8", "Boto3/1.34.69"]),
        "requestParameters": None
        if sign_in
        else {"name": f"thing-{user}", "tags": [{"key": "a", "value": "b"}]},
        "responseElements": {"ConsoleLogin": "Success"}
        if sign_in
        else {"requestId": f"{dice.getrandbits(64):x}"},
        "requestID": f"{dice.getrandbits(128):032x}",
        "eventID": f"{dice.getrandbits(128):032x}",
        "readOnly": name.startswith("Get"),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
    }
    if dice.random() < 0.1:
        detail |= {"errorCode": "Client.UnauthorizedOperation", "errorMessage": "You are not authorized."}
    return {
        "version": "0",
        "id": f"{dice.getrandbits(128):032x}",
        "detail-type": "AWS Console Sign In via CloudTrail" if sign_in else "AWS API Call via CloudTrail",
        "source": f"aws.{service}",
        "account": account,
        "time": "2031-05-01T12:00:00Z",
        "region": detail["awsRegion"],
        "resources": [],
        "detail": detail,
    }


def uneven(dice: random.Random, words: Sequence[str]) -> str:
    """Return one of the words, the second half as often as the first, the third a third as often."""
    return dice.choices(words, [1 / (place + 1) for place in range(len(words))])[0]


def make_batches(size: int, *, unique: bool, sign_ins: float, kinds: int = 1) -> list[list[str]]:
    """Return batches of so many events each, as JSON."""
    dice = random.Random(2)
    return [
        [json.dumps(make_event(dice, unique=unique, sign_ins=sign_ins, kinds=kinds)) for _ in range(size)]
        for _ in range(BATCHES)
    ]


def events_a_second(ask: Callable[[Any], object], batches: Sequence[Sequence[str]], *, parsed: bool) -> float:
    """Return the rate of the median batch, each matched once, after the first has warmed up.

    Events are parsed (if at all) shortly before they are matched, as they are where events come in, but the
    parsing isn't counted.
    """
    rates = []
    gc.disable()
    for batch in batches:
        seconds = 0.0
        for start in range(0, len(batch), AT_HAND):
            events = [json.loads(text) if parsed else text for text in batch[start : start + AT_HAND]]
            begun = time.process_time()
            for event in events:
                ask(event)
            seconds += time.process_time() - begun
        rates.append(len(batch) / seconds)
    gc.enable()
    return statistics.median(rates[1:])


def events_a_second_of_a_slow_one(ask: Callable[[Any], object], events: Sequence[Any]) -> float:
    """Return the rate at which as many events pass as there is time for."""
    start = time.process_time()
    done = 0
    for event in events:
        ask(event)
        done += 1
        if time.process_time() - start > MOTO_SECONDS:
            break
    return done / (time.process_time() - start)


def moto_matcher(rules: dict[str, Pattern]) -> Callable[[Event], set[str]]:
    """Return what moto does with an event: ask each rule."""
    patterns = {name: MotoPattern(json.dumps(rule), rule) for name, rule in rules.items()}
    return lambda event: {name for name, pattern in patterns.items() if pattern.matches_event(event)}


def build_cost(rules: dict[str, Pattern]) -> tuple[float, float]:
    """Return the seconds it takes to build the index, and its megabytes."""
    start = time.process_time()
    EventRules(rules)
    seconds = time.process_time() - start
    tracemalloc.start()
    kept = EventRules(rules)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return seconds, size / 2**20


def matches_an_event(rules: dict[str, Pattern], events: Sequence[str]) -> float:
    """Return how many rules an event matches, on the average."""
    index = EventRules(rules)
    return statistics.mean(len(index.matching(event)) for event in events)


HEADING = (
    f"{'rules':>6}  {'events':<13}{'matched':>9}{'mapping':>11}{'x one rule':>12}"
    f"{'text':>11}{'x one rule':>12}{'moto':>9}{'ratio':>10}{'build s':>9}{'MiB':>7}"
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="events a second by number of rules, beside moto's matcher")
    parser.add_argument("--events", type=int, default=4_000, help="how many in each batch (4000)")
    options = parser.parse_args()
    kinds = {
        "as they come": make_batches(options.events, unique=False, sign_ins=0.05),
        "all unique": make_batches(options.events, unique=True, sign_ins=0.05),
        "sign-ins": make_batches(options.events, unique=True, sign_ins=1.0),
    }
    say(f"events a second, the median of {BATCHES - 1} batches of {options.events:,}")
    say(HEADING)
    with_one_rule: dict[str, tuple[float, float]] = {}
    for size in SIZES:
        rules, more = make_rules(size), max(1, size // SAME_CALLS)
        cases = [(kind, rules, batches) for kind, batches in kinds.items()]
        if more > 1:
            spread = make_batches(options.events, unique=True, sign_ins=0.05, kinds=more)
            cases.append(("more calls", make_rules(size, kinds=more), spread))
        for kind, rules, batches in cases:
            build_seconds, mib = build_cost(rules)
            moto = moto_matcher(rules)
            check(rules, moto, [json.loads(event) for event in batches[0][:5]])
            matched = matches_an_event(rules, batches[0])
            mapping = events_a_second(EventRules(rules).matching, batches, parsed=True)
            text = events_a_second(EventRules(rules).matching, batches, parsed=False)
            peer = events_a_second_of_a_slow_one(moto, [json.loads(event) for event in batches[0][:100]])
            one_mapping, one_text = with_one_rule.setdefault(kind, (mapping, text))
            say(
                f"{size:>6,}  {kind:<13}{matched:>9.2f}{mapping:>11,.0f}{one_mapping / mapping:>12.2f}"
                f"{text:>11,.0f}{one_text / text:>12.2f}{peer:>9,.0f}{mapping / peer:>9,.0f}x"
                f"{build_seconds:>9.3f}{mib:>7.1f}"
            )
    if importlib.util.find_spec("localstack") is None:
        say("LocalStack's engine is not installed here, so it is not measured.")


def check(rules: dict[str, Pattern], moto: Callable[[Event], set[str]], events: list[Event]) -> None:
    """Stop when the two don't answer alike: then the figures would compare different things."""
    index = EventRules(rules)
    for event in events:
        assert index.matching(event) == moto(event), event


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
