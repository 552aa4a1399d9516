import contextlib
import json
import logging
import os
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import boto3
import botocore.config
import botocore.retries.standard
import botocore.session
import pytest

from scenarios.cloud.deployment import START, Deployment, OneChange
from scenarios.cloud.kernel.errors import InvalidTemplate, WorldError
from scenarios.cloud.kernel.faults import PROFILES, Crash, Faults
from scenarios.cloud.world import World
from scenarios.runner.library import named
from scenarios.runner.run import deployment_of, run
from tests.scenarios.cloud.functions.function_worlds import LOOK, code, function, outcomes, sends
from tests.scenarios.cloud.functions.function_worlds import world as function_world
from tests.scenarios.cloud.small_worlds import ACCOUNT, HOME, admin, noted, queue, topic, world

STANDING = {**queue(by=""), **topic()}
SOME_FUNCTION = SimpleNamespace(
    arn="arn:aws:lambda:us-east-1:123456789012:function:f",
    attempts_begun=1,
    number=1,
    calls=0,
    waited_for=False,
    queued=False,
)


def machine():
    """What a world might change of the machine it runs on."""
    return {
        "boto3's way": botocore.client.BaseClient._make_api_call,
        "default session": boto3.DEFAULT_SESSION,
        "environment": dict(os.environ),
        "import hooks": list(sys.meta_path),
        "loaders": botocore.session.create_loader,
        "logging": list(logging.getLogger().handlers),
        "modules": {
            name: id(module)
            for name, module in sys.modules.items()
            if name.split(".")[0] in {"app", "chalicelib"}
        },
        "random": random.getstate(),
        "randomness": (os.urandom, random._urandom, random.Random.seed, "seed" in vars(random.Random)),
        "retries": botocore.retries.standard.RetryHandler.__init__.__defaults__,
        "socket": (socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto, socket.getaddrinfo),
        "socket's own": sorted(vars(socket.socket)),
        "streams": (sys.stdout, sys.stderr),
        "threads": (threading.Thread.start, threading.active_count()),
        "time": (time.sleep, time.time, time.monotonic, time.perf_counter, datetime),
        "zone": (time.tzname, time.timezone, time.localtime(0).tm_hour),
    }


def changed(before):
    after = machine()
    return [name for name in before if before[name] != after[name]]


# ---- entering and leaving -----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["Asia/Kathmandu", None], ids=["a zone", "no zone"])
def test_a_world_leaves_the_machine_as_it_was(tmp_path, zone, monkeypatch):
    if zone:
        monkeypatch.setenv("TZ", zone)
    else:
        monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setenv("AWS_PROFILE", "of-whoever-runs-this")
    time.tzset()
    code(
        tmp_path,
        "import os, random\n\ndef look(event, context): return [random.random(), os.environ.clear()]",
    )
    before = machine()

    with function_world(tmp_path) as each:
        sends(each)
        assert len(outcomes(each)) == 1

    assert changed(before) == []
    monkeypatch.undo()
    time.tzset()


@pytest.mark.slow
def test_a_world_that_breaks_leaves_the_machine_as_it_was():
    before = machine()
    with contextlib.suppress(ZeroDivisionError), world(STANDING) as each:
        each.clock.after(1, lambda: 1 / 0)
        each.run(10)

    assert changed(before) == []
    with world(STANDING):  # and another can be entered
        pass


@pytest.mark.slow
def test_a_stack_that_cannot_stand_leaves_the_machine_as_it_was():
    before = machine()
    with pytest.raises(InvalidTemplate), world({"One": {"Type": "AWS::No::Such"}}):
        pass

    assert changed(before) == []
    with world(STANDING):
        pass


def test_two_worlds_at_once_are_refused():
    with world(STANDING), pytest.raises(WorldError, match="a world already"), world(STANDING):
        pass


def test_the_first_of_two_goes_on():
    with world(STANDING) as first:
        with contextlib.suppress(WorldError), world(STANDING):
            pass
        first.run(5)

        assert datetime.now(UTC) == START + timedelta(seconds=5)


def test_a_world_is_entered_once():
    each = world(STANDING)
    with each:
        pass

    with pytest.raises(WorldError, match="over"), each:
        pass


def test_every_world_begins_where_its_deployment_says():
    start = datetime(2032, 2, 29, 23, 59, tzinfo=UTC)
    with world(STANDING, start=start) as each:
        assert each.clock.now == datetime.now(UTC) == start


@pytest.mark.slow
def test_what_happened_in_one_world_is_unknown_in_the_next():
    with world(STANDING) as each:
        admin(each, "sqs").create_queue(QueueName="Made")
    with world(STANDING) as each:
        urls = admin(each, "sqs").list_queues()["QueueUrls"]

    assert [url.rpartition("/")[2] for url in urls] == ["Heard"]


# ---- nothing of the machine shows inside --------------------------------------------------------


def test_settings_of_whoever_runs_this_do_not_count(monkeypatch, tmp_path):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[default]\nregion = ap-south-1\n")
    for name, value in {
        "HOME": str(tmp_path),
        "AWS_PROFILE": "nobody",
        "AWS_ENDPOINT_URL": "http://localhost:1",
        "AWS_REGION": "ap-south-1",
    }.items():
        monkeypatch.setenv(name, value)
    with world(STANDING, seed=4711) as each:
        stranger = each.user("never-seen-before")
        assert each.client(stranger, "sqs").list_queues()["QueueUrls"]
        assert boto3.Session().region_name is None


def test_the_zone_is_utc_wherever_this_runs(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    with world(STANDING):
        local = (time.timezone, time.localtime().tm_hour, datetime.now().astimezone().utcoffset())

    assert local == (0, START.hour, timedelta())
    monkeypatch.undo()
    time.tzset()


# ---- no threads, no sockets, no waiting ---------------------------------------------------------


def test_a_thread_of_another_thread_s_is_none_of_the_world_s():
    """A server that runs a scenario in one thread goes on taking requests in others."""
    inside, ended, errors = threading.Event(), threading.Event(), []

    def serve():
        inside.wait(10)
        try:
            other = threading.Thread(target=str)
            other.start()
            other.join(10)
        except WorldError as error:
            errors.append(error)
        ended.set()

    threading.Thread(target=serve).start()
    with world(STANDING):
        inside.set()
        assert ended.wait(10)

    assert errors == []


REACHING = {
    "connect": lambda: socket.socket().connect(("192.0.2.1", 80)),
    "connect_ex": lambda: socket.socket().connect_ex(("192.0.2.1", 80)),
    "create_connection": lambda: socket.create_connection(("192.0.2.1", 80)),
    "sendto": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("192.0.2.1", 53)),
    "getaddrinfo": lambda: socket.getaddrinfo("example.com", 443),
    "urlopen": lambda: urllib.request.urlopen("http://192.0.2.1/"),
}


@pytest.mark.parametrize("reach", REACHING.values(), ids=REACHING)
def test_a_socket_is_refused(reach):
    with world(STANDING), pytest.raises(WorldError, match="inside a world"):
        reach()


def test_sleeping_moves_the_clock_and_takes_no_time():
    began = time.clock_gettime(time.CLOCK_MONOTONIC)
    with world(STANDING) as each:
        time.sleep(3600)

        assert each.clock.now == START + timedelta(hours=1)
    assert time.clock_gettime(time.CLOCK_MONOTONIC) - began < 60


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_a_client_waits_on_the_clock_of_the_world_it_is_used_in(mode):
    """Clients outlive worlds: making one takes longer than a scenario."""
    made = []
    for _ in range(2):
        with world(STANDING) as each, pytest.MonkeyPatch.context() as patch:
            key = each.user("alice").access_key_id
            session = boto3.Session(key, each.identity.secret_of(key), region_name=HOME)
            config = botocore.config.Config(retries={"mode": mode, "max_attempts": 2})
            made = made or [session.client("sqs", config=config)]
            patch.setattr(each.throttles._setting, "faults", PROFILES["throttled"])
            patch.setattr(type(each.functions), "running", SOME_FUNCTION)
            for _ in range(3):
                made[0].list_queues()

            assert each.clock.now > START


def test_botocores_own_waiting_for_a_poll_is_on_the_clock_of_the_world_it_happens_in():
    made = []
    for _ in range(2):
        with world(STANDING) as each:
            made = made or [botocore.retries.standard.RetryHandler(None, None, None)]
            made[0]._sleep(7)

            assert each.clock.now == START + timedelta(seconds=7)


# ---- nothing random -----------------------------------------------------------------------------

DRAWS = {
    "os.urandom": lambda: os.urandom(8),
    "random.random": random.random,
    "random.Random": lambda: random.Random().random(),
    "random.SystemRandom": lambda: random.SystemRandom().random(),
    "secrets": secrets.token_hex,
    "tempfile": lambda: next(tempfile._RandomNameSequence()),
    "uuid4": uuid.uuid4,
}


@pytest.mark.slow
@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_whatever_draws_at_random_draws_from_the_seed(draw):
    drawn = {}
    for seed, when in ((1, "a"), (1, "b"), (2, "c")):
        with world(STANDING, seed=seed):
            drawn[when] = [draw() for _ in range(3)]

    assert drawn["a"] == drawn["b"]
    assert drawn["a"] != drawn["c"]
    assert len(set(drawn["a"])) == 3


def test_randomness_outside_goes_on_as_if_nothing_had_happened():
    random.seed(7)
    expected = [random.random() for _ in range(2)]
    random.seed(7)
    first = random.random()
    with world(STANDING):
        random.random()

    assert [first, random.random()] == expected
    assert random.Random(7).random() == expected[0]


def test_streams_of_one_name_do_not_shift_others():
    with world(STANDING) as each:
        calm = [each.setting.random("a").random() for _ in range(3)]
    with world(STANDING) as each:
        mixed = []
        for _ in range(3):
            each.setting.random("b").random()
            mixed.append(each.setting.random("a").random())

    assert mixed == calm


def test_uuids_of_the_laws_are_uuids_and_differ():
    with world(STANDING) as each:
        drawn = [each.setting.new_uuid("x") for _ in range(100)]

    assert len(set(drawn)) == 100
    assert all(uuid.UUID(text).version == 4 and str(uuid.UUID(text)) == text for text in drawn)


# ---- what stands in it --------------------------------------------------------------------------


def test_spokes_stand_in_their_regions():
    spoke = {"Far": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "HomeRegion"}}}}
    with world(STANDING, spoke=spoke, regions=(HOME, "eu-west-1", "ap-southeast-2")) as each:
        assert set(each.stacks) == {HOME, "eu-west-1", "ap-southeast-2"}
        assert each.home is each.stacks[HOME]
        for region in ("eu-west-1", "ap-southeast-2"):
            [url] = admin(each, "sqs", region).list_queues()["QueueUrls"]
            assert url.endswith(f"/{HOME}")


@pytest.mark.slow
@pytest.mark.parametrize("resource", ["Ledger", "RootLoginRole", "RootLoginTrigger1", "AlertTopicPolicy"])
def test_a_stack_that_differs_in_one_resource_is_the_one_that_is_made_whole(resource):
    """What stands before that resource is made first, and kept."""
    (scenario,) = named(["root_login.elsewhere"])
    whole = deployment_of(scenario)
    template = json.loads(whole.template)
    template["Resources"][resource].setdefault("Metadata", {})["Changed"] = True
    changed = replace(whole, template=json.dumps(template))
    in_two_steps = replace(changed, change=OneChange(of=whole.template, resource=resource))

    found = []
    for each in (changed, in_two_steps):
        report = run(scenario, deployment=each, before_leaving=lambda made: found.append(made.stacks))
        found.append(sorted(f"{moment.at} {moment.words}" for moment in report.timeline))
        assert report.passed

    assert found[:2] == found[2:]
    assert list(found[0][HOME].resources) == list(found[2][HOME].resources)


def test_what_a_change_says_no_longer_stands_as_it_was():
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "before"}}
    told = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::GetAtt": ["Q", "QueueName"]}}}
    template = {"Resources": {"Q": queue, "T": told, "Other": {"Type": "AWS::SQS::Queue"}}}
    of = json.dumps(template)
    queue["Properties"]["QueueName"] = "after"

    with World(Deployment(template=json.dumps(template), change=OneChange(of=of, resource="Q"))) as each:
        assert each.home.resources["Q"].physical_id.endswith("/after")
        assert each.home.resources["T"].properties["DisplayName"] == "after"
        names = [url.rpartition("/")[2] for url in admin(each, "sqs").list_queues()["QueueUrls"]]

    assert "after" in names
    assert "before" not in names
    assert len(names) == 2


def test_a_stack_takes_its_parameters():
    named = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Name"}}}
    template = json.dumps({"Parameters": {"Name": {"Type": "String"}}, "Resources": {"Q": named}})

    with World(Deployment(template=template, parameters=(("Name", "given"),))) as each:
        assert each.home.resources["Q"].attributes["QueueName"] == "given"


def test_root_and_users_are_who_they_say():
    with world(STANDING) as each:
        assert each.root().arn == f"arn:aws:iam::{ACCOUNT}:root"
        assert each.user("alice").arn == f"arn:aws:iam::{ACCOUNT}:user/alice"
        key = each.root().access_key_id
        secret = each.identity.secret_of(key)
        assert each.identity.caller(key, each.clock.now, secret=secret) == each.root()


def test_a_client_signs_as_its_caller():
    heard = []
    with world(STANDING) as each:
        each.calls.after_everything(lambda call: heard.append(call.caller.name))
        for name in ("alice", "bob"):
            each.client(each.user(name), "sqs").list_queues()

    assert heard == ["alice", "bob"]


def test_a_function_without_a_log_group_of_its_own_writes_to_its_default(tmp_path):
    code(tmp_path, "def look(event, context): return context.log_group_name")
    given = function(LoggingConfig={"LogFormat": "Text"})
    with function_world(tmp_path, given) as each:
        sends(each, arn=LOOK)

        assert outcomes(each) == ["/aws/lambda/look"]
        assert noted(each, "lost") == []


def test_profiles_are_known_by_their_names():
    assert set(PROFILES) >= {"none", "duplicates", "late", "throttled", "crash-before", "crash-after", "cold"}
    assert all(profile.name == name for name, profile in PROFILES.items())
    assert not issubclass(Crash, Exception)


@pytest.mark.slow
def test_a_world_needs_no_credentials_no_home_and_no_network(tmp_path):
    """As on a build machine that knows nothing: an empty environment."""
    script = (
        "import sys; sys.path[:0] = ['.']\n"
        "from tests.scenarios.cloud.small_worlds import world, queue, admin\n"
        "with world(queue(by='')) as each: print(admin(each, 'sqs').list_queues()['QueueUrls'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "Heard" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("apart", "same"), [(True, True), (False, False)])
def test_in_a_walk_an_actions_ids_do_not_go_by_what_was_drawn_before(apart, same):
    def group_made(before):
        with world(topic(), faults=Faults(name="walk", draws_apart=apart)) as there:
            ec2 = admin(there, "ec2")
            ec2.describe_vpcs()  # moto makes the default VPC when EC2 is first asked
            for number in range(before):
                ec2.create_security_group(GroupName=f"before-{number}", Description="before")
            there.begin_action(3)
            return ec2.create_security_group(GroupName="web", Description="web")["GroupId"]

    assert (group_made(0) == group_made(2)) == same
