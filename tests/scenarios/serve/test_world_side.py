"""What is beside AWS's API: the clock, the inbox, the timeline, the page, and who may ask."""

import json
import socket
import subprocess
import threading
import time
import urllib.request

import pytest
from click.testing import CliRunner

from scenarios.commands.cli import main
from scenarios.people.api import url_of_stack
from tests.chalicelib.http.test_finding_page import CHROMIUM, measured
from tests.processes import COMMAND, ended
from tests.sample import sample
from tests.scenarios.serve.browser import browser
from tests.scenarios.serve.serving import served


@pytest.fixture(scope="module")
def frozen():
    """Trailwarden's own stack; time stands still."""
    with served(
        "--frozen", "--start", "2026-03-02T03:00:00", "--parameter", "AlertEmail=me@example.com"
    ) as endpoint:
        yield endpoint


def trailwarden(endpoint, *arguments):
    done = CliRunner().invoke(main, [*arguments, "--url", endpoint.url])
    return done.exit_code, done.stdout.strip() or done.stderr.strip()


@pytest.mark.slow
def test_an_incident_is_told_from_call_to_mail(frozen):
    frozen.post("/_world/reset")
    frozen.client("cloudtrail", key="mallory").stop_logging(Name="trailwarden-trail")

    before = frozen.get("/_world/clock")["now"]
    _, told = frozen.post("/_world/clock", {"until": "idle"})

    assert before == "2026-03-02T03:00:00+00:00"
    assert told["idle"]
    mails = frozen.get("/_world/inbox")
    assert any("mallory" in mail["text"] and mail["to"] == "me@example.com" for mail in mails)
    lines = [line["words"] for line in frozen.get("/_world/timeline")]
    assert "mallory calls cloudtrail StopLogging" in lines
    assert [each["remediation"] for each in frozen.get("/_world/findings")].count("trail_stopped") >= 1


def test_the_stacks_api_is_found_where_the_world_is_served(frozen):
    frozen.post("/_world/reset")

    assert url_of_stack(frozen.client("cloudformation"), "trailwarden") == f"{frozen.url}/prod/"


@pytest.mark.slow
def test_reset_begins_anew_well_within_a_second(frozen):
    """Of the processor's time, which a busy machine does not change."""
    frozen.client("sns").create_topic(Name="mine")
    before = frozen.processor_seconds()

    status, told = frozen.post("/_world/reset")

    assert (status, told["now"]) == (200, "2026-03-02T03:00:00+00:00")
    assert frozen.processor_seconds() - before < 1
    assert not any("mine" in each["TopicArn"] for each in frozen.client("sns").list_topics()["Topics"])


def test_an_emitted_event_wakes_the_rules(frozen):
    event = {
        "source": "aws.signin",
        "detail-type": "AWS Console Sign In via CloudTrail",
        "detail": {
            "eventID": "0b8a7c6d-0000-4000-8000-000000000001",
            "eventName": "ConsoleLogin",
            "eventSource": "signin.amazonaws.com",
            "eventTime": "2026-03-02T03:00:00Z",
            "awsRegion": "us-east-1",
            "sourceIPAddress": "203.0.113.9",
            "recipientAccountId": "123456789012",
            "userIdentity": {
                "type": "Root",
                "accountId": "123456789012",
                "arn": "arn:aws:iam::123456789012:root",
            },
            "responseElements": {"ConsoleLogin": "Success"},
            "additionalEventData": {"MFAUsed": "No"},
        },
    }

    status, told = frozen.post("/_world/emit", event)
    frozen.post("/_world/clock", {"advance": "2m"})

    assert (status, told["event"]["account"]) == (200, "123456789012")
    assert any("203.0.113.9" in mail["text"] for mail in frozen.get("/_world/inbox"))


def test_time_that_passes_for_long_holds_up_nobody_and_stops_with_its_client(frozen):
    frozen.post("/_world/reset")
    begins = frozen.get("/_world/clock")["now"]
    host, port = frozen.url.removeprefix("http://").split(":")
    asked = json.dumps({"advance": "300d"})
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        head = f"POST /_world/clock HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(asked)}\r\n\r\n"
        connection.sendall((head + asked).encode())
        while (now := frozen.get("/_world/clock")["now"]) == begins:
            time.sleep(0.01)
        began = time.monotonic()
        frozen.client("sns").list_topics()
        took = time.monotonic() - began
    moments = [now, ""]
    while moments[-1] != moments[-2]:
        time.sleep(0.3)
        moments.append(frozen.get("/_world/clock")["now"])

    assert took < 5
    assert len(moments) < 20
    assert moments[-1] < "2026-12"


def test_who_waits_for_time_is_told_when_the_world_begins_anew(frozen):
    answers = []

    def waits():
        answers.append(frozen.post("/_world/clock", {"advance": "300d"}))

    waiting = threading.Thread(target=waits)
    begins = frozen.get("/_world/clock")["now"]
    waiting.start()
    while frozen.get("/_world/clock")["now"] == begins:
        time.sleep(0.01)
    frozen.post("/_world/reset")
    waiting.join(20)

    assert answers == [(409, {"message": "the world began anew meanwhile"})]
    assert frozen.get("/_world/clock")["now"] == "2026-03-02T03:00:00+00:00"


def test_the_clock_command(frozen):
    frozen.post("/_world/reset")

    assert trailwarden(frozen, "clock", "now") == (0, "2026-03-02T03:00:00+00:00")
    assert trailwarden(frozen, "clock", "advance", "1h30m") == (0, "2026-03-02T04:30:00+00:00")
    assert trailwarden(frozen, "clock", "until", "2026-03-02T05:00") == (0, "2026-03-02T05:00:00+00:00")
    code, said = trailwarden(frozen, "clock", "advance", "soon")
    assert (code, said) == (2, "trailwarden: 'soon' is no span of time like 90s, 5m, 1h30m or 2d")


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        pytest.param("clock", {"advance": "-5m"}, "no span of time", id="back in time"),
        pytest.param("clock", {"until": "2020-01-01T00:00"}, "already", id="a moment that is over"),
        pytest.param("clock", {}, "the body is", id="nothing"),
        pytest.param("emit", {"source": "a"}, "detail", id="no event"),
        pytest.param("deploy", {"template": "/nosuch/template.json"}, "nosuch", id="no template"),
        pytest.param(
            "deploy", {"template": {"Resources": {"A": {"Type": "Nonsense"}}}}, "Nonsense", id="no type"
        ),
    ],
)
def test_what_cant_be_done_is_one_sentence(frozen, path, body, says):
    status, told = frozen.post(f"/_world/{path}", body)

    assert (status, says in told["message"]) == (400, True), told


@pytest.mark.slow
def test_another_template_stands_after_deploy():
    topic = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "deployed"}}}}
    with served("--empty", "--frozen") as endpoint:
        assert endpoint.post("/_world/deploy", {"template": topic})[0] == 200
        (found,) = endpoint.client("sns").list_topics()["Topics"]
        assert found["TopicArn"].endswith(":deployed")


# ---- browsers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "http://evil.example"}, id="another origin"),
        pytest.param({"Origin": "null"}, id="an origin without a name"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="a form of another site"),
        pytest.param({"Host": "evil.example:4566"}, id="a name that leads here"),
    ],
)
def test_other_pages_may_not_ask(frozen, headers):
    assert frozen.post("/_world/reset", **headers)[0] == 403
    assert frozen.post("/", **headers)[0] == 403


def test_the_own_page_may(frozen):
    assert frozen.post("/_world/clock", {"advance": "1s"}, Origin=frozen.url)[0] == 200


def test_the_page_runs_its_own_script_and_nothing_else(frozen):
    with urllib.request.urlopen(frozen.url, timeout=20) as answer:
        policy, page = answer.headers["Content-Security-Policy"], answer.read().decode()

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "innerHTML" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_the_icon_that_a_browser_asks_for_is_no_hole(frozen):
    before = frozen.get("/_world/health")["not_simulated"]
    with urllib.request.urlopen(f"{frozen.url}/favicon.ico", timeout=20) as answer:
        assert (answer.status, answer.read()) == (204, b"")

    assert frozen.get("/_world/health")["not_simulated"] == before


def seen(url, width):
    """The page as a browser of this width has made it, after a look at the world."""
    how = ["--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900"]
    made = subprocess.run(
        [CHROMIUM, *how, "--virtual-time-budget=3000", "--dump-dom", url],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return made.stdout


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed; .ci/run installs Debian's")
@pytest.mark.parametrize("width", sample((500, 1200), of=2))
def test_the_page_shows_what_happens_on_a_phone_and_at_a_desk(frozen, width, tmp_path):
    frozen.post("/_world/reset")
    frozen.client("cloudtrail", key="mallory").stop_logging(Name="trailwarden-trail")
    frozen.post("/_world/clock", {"advance": "2m"})

    page = seen(frozen.url, width)

    assert "2026-03-02 03:02:00 UTC" in page
    assert "mallory calls cloudtrail StopLogging" in page
    assert "CRITICAL: Logging of the audit trail" in page
    found = measured(page, tmp_path, width)
    assert not found["wide"]
    assert [word for word in found["broken"] if len(word) < 40] == []  # a call has no blank to break at


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed; .ci/run installs Debian's")
@pytest.mark.parametrize("width", sample((400, 1200), of=2))
def test_its_buttons_move_the_clock_and_begin_anew(frozen, width, tmp_path):
    frozen.post("/_world/reset")
    frozen.client("cloudtrail", key="mallory").stop_logging(Name="trailwarden-trail")
    with browser(tmp_path) as page:
        page.opens(frozen.url, width)
        page.waits_for("document.body && document.body.innerText.includes('03:00:00 UTC')")
        page.clicks("+1 minute")
        page.waits_for("by('now').textContent.includes('03:01:00')")
        page.clicks("+5 minutes")
        page.waits_for("by('now').textContent.includes('03:06:00')")
        page.clicks("+1 hour")
        page.waits_for("by('now').textContent.includes('04:06:00')")
        page.clicks("Until idle")
        page.waits_for("by('now').textContent > '2026-03-02 04:30'")
        mails = int(page.says("by('mails').textContent"))
        (tmp_path / f"{width}.png").write_bytes(page.picture())  # for who wants to see it
        stands_out = page.says("document.documentElement.scrollWidth > innerWidth")
        page.clicks("Begin anew")
        page.waits_for("by('now').textContent.includes('03:00:00') && by('mails').textContent === '0'")

        assert mails > 0
        assert not stands_out
        assert page.says("by('wrong').textContent") == ""
        assert "mallory" not in page.says("by('timeline').innerText")


# ---- starting and stopping ----------------------------------------------------------------------


@pytest.mark.slow
def test_a_world_goes_on_from_where_it_was_kept(tmp_path):
    state = ("--empty", "--frozen", "--start", "2026-03-02T03:00:00", "--state", str(tmp_path))
    with served(*state) as endpoint:
        queue = endpoint.client("sqs", key="AKIAREALKEY012345678").create_queue(QueueName="kept")["QueueUrl"]
        sent = endpoint.client("sqs").send_message(QueueUrl=queue, MessageBody="hello")["MessageId"]
        endpoint.post("/_world/clock", {"advance": "5m"})
        assert endpoint.stop()[0] == 0

    kept = (tmp_path / "journal.jsonl").read_text()
    assert "AKIAREALKEY" not in kept
    assert (tmp_path / "journal.jsonl").stat().st_mode & 0o077 == 0
    with served(*state) as endpoint:
        assert endpoint.get("/_world/clock")["now"] == "2026-03-02T03:05:00+00:00"
        (message,) = endpoint.client("sqs").receive_message(QueueUrl=f"{endpoint.url}/123456789012/kept")[
            "Messages"
        ]
        assert message["MessageId"] == sent
        assert endpoint.stop()[0] == 0

    lines = kept.splitlines()
    changed = json.loads(lines[1]) | {"digest": "0000"}
    (tmp_path / "journal.jsonl").write_text("\n".join([lines[0], json.dumps(changed), *lines[2:], ""]))
    assert "can't be made again: its request 1" in could_not_serve(*state)


def could_not_serve(*options):
    code, told, said = ended(COMMAND, "serve", *options)
    assert (code, said.count("\n"), told) == (2, 1, ""), said
    return said


@pytest.mark.slow
def test_a_port_in_use_is_one_sentence(frozen):
    port = frozen.url.rpartition(":")[2]

    done = CliRunner().invoke(main, ["serve", "--empty", "--port", port])

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"trailwarden: can't listen at 127.0.0.1:{port}: address already in use\n"


@pytest.mark.slow
def test_so_is_a_broken_template(tmp_path):
    (tmp_path / "broken.json").write_text('{"Resources": {"A": {"Type": "AWS::Nonsense::Thing"}}}')

    said = could_not_serve("--port", "0", "--template", str(tmp_path / "broken.json"))

    assert said.startswith("trailwarden: the stack can't be made: A")


@pytest.mark.slow
def test_signatures_are_checked_where_that_is_asked_for():
    with served("--empty", "--frozen", "--verify-signatures") as endpoint:
        words = dict(part.split("=") for part in endpoint.said.split() if part.startswith("AWS_"))
        own = {"key": words["AWS_ACCESS_KEY_ID"], "secret": words["AWS_SECRET_ACCESS_KEY"]}
        who = endpoint.client("sts", **own).get_caller_identity()["Arn"]
        s3 = endpoint.client("s3", **own)
        s3.create_bucket(Bucket="signed")
        s3.put_object(Bucket="signed", Key="a b/ü", Body=b"x")
        url = s3.generate_presigned_url("get_object", {"Bucket": "signed", "Key": "a b/ü"}, 60)
        with urllib.request.urlopen(url, timeout=20) as answer:
            got = answer.read()

        assert who.endswith("user/administrator")
        assert got == b"x"
        for wrong, code in (
            ({**own, "secret": "wrong"}, "SignatureDoesNotMatch"),
            ({}, "InvalidClientTokenId"),
        ):
            with pytest.raises(Exception, match=code):
                endpoint.client("sts", **wrong).get_caller_identity()
