"""What keeps attackers out, taken out one at a time: the scenario named here fails without it."""

import json
import re
import shutil
from dataclasses import replace

import pytest

from scenarios.cloud.functions.runtime_environment import PROJECT
from scenarios.runner import run as runner
from scenarios.runner.library import named
from tests.sample import in_turn


def _without_leading_keys(value):
    """The template, whose policies don't ask for the keys of a table."""
    if isinstance(value, dict):
        return {
            name: _without_leading_keys(each)
            for name, each in value.items()
            if not (name == "Condition" and "dynamodb:LeadingKeys" in json.dumps(each))
        }
    return [_without_leading_keys(each) for each in value] if isinstance(value, list) else value


def _without_second_way(template):
    """The template, whose alarms don't notify the plain topic."""
    for each in template["Resources"].values():
        actions = each.get("Properties", {}).get("AlarmActions", [])
        each.get("Properties", {}).update(AlarmActions=[a for a in actions if a != {"Ref": "PlainTopic"}])
        if each["Type"] != "AWS::CloudWatch::Alarm":
            each.get("Properties", {}).pop("AlarmActions")
    return template


def _without_self_watch(template):
    """The template, whose rules don't wake the watching function; the plain topic's rule stays."""
    for name in [each for each in template["Resources"] if re.fullmatch(r"StackChangedTrigger\d+", each)]:
        template["Resources"][name]["Properties"]["State"] = "DISABLED"
    return template


def _without_deny_on_http(template):
    """The template, whose HTTP side's function turns nobody away."""
    policy = template["Resources"]["APIHandlerPolicy"]["Properties"]["PolicyDocument"]
    policy["Statement"] = [each for each in policy["Statement"] if each["Effect"] != "Deny"]
    return template


# What is taken out, the scenario that fails, and words of the expectation that it fails by.
IN_TEMPLATE = [
    pytest.param(
        _without_leading_keys,
        "one_right.stolen_role",
        "put_item was to be refused, and was not",
        id="the leading keys",
    ),
    pytest.param(
        _without_deny_on_http,
        "one_right.invoke_http",
        "invoke was to be refused, and was not",
        id="the policy of the HTTP side's function",
    ),
    pytest.param(
        _without_second_way,
        "silence.second_way",
        "the plain topic tells that FunctionErrors1Alarm is ALARM: of it there came 0",
        id="the second way",
    ),
    pytest.param(
        _without_self_watch, "stack_changed", "root_login sends no alerts any more", id="the self-watch"
    ),
    pytest.param(
        _without_self_watch,
        "stack_changed.put_back",
        "subject 'function TableDeleted got other settings': 0 instead of 1",
        id="the self-watch, enforcing",
    ),
]
_UNVERIFIED = (
    "runtime/verify.py",
    "if way.proof and way.proof.by is ProvenBy.STATE:",
    "if True:",
)
IN_CODE = [
    pytest.param(
        "seal.py",
        "return hmac.compare_digest(seal_of(item), self._mac(item))",
        "return True",
        "one_right.planted_plan",
        "subject 'ledger is not from Trailwarden': 0 instead of 1",
        id="the MAC",
    ),
    pytest.param(
        "ledger/ledger.py",
        """event_key, now, LEASE_SECONDS)
        if taken.written:
            return Right.SPEAK
        return Right.QUIET if taken.other and "spoke" in taken.other else Right.WAIT""",
        """event_key, now, quiet.seconds)
        return Right.SPEAK if taken.written else Right.QUIET""",
        "silence.sns_ill",
        "failed_login tells MEDIUM: bastion, admin, once or more often: of failed_login there came none",
        id="the lease",
    ),
    pytest.param(
        "runtime/answer.py",
        " or self._contradicted(event)",
        "",
        "one_right.published_alarms",
        "subject 'forged event': 0 instead of 1",
        id="asking CloudWatch about an alarm",
    ),
    pytest.param(
        "runtime/voice.py",
        "if alert.flood is None or entry.outcome not in _FOLDED:",
        "if True:",
        "failed_login.forged",
        "failed_login tells MEDIUM: Counted",
        id="the fold",
    ),
    pytest.param(
        "runtime/voice.py",
        "if alert.flood is None or entry.outcome not in _FOLDED:",
        "if True:",
        "table_deleted.flood",
        "table_deleted tells MEDIUM: Counted",
        id="the fold of what one principal does",
    ),
    pytest.param(
        *_UNVERIFIED,
        "table_deleted.forged",
        "the table old-orders is ",
        id="the verification",
    ),
    pytest.param(
        *_UNVERIFIED,
        "table_deleted.unconfirmed",
        "the table orders is ",
        id="the verification, where event history can't be asked",
    ),
]


OF_CODE = in_turn([each.values for each in IN_CODE], of=7)


@pytest.fixture
def deployed(monkeypatch):
    """Have every run deploy something else: `deployed(template=..., code=...)`."""
    original = runner.deployment_of

    def changed(change):
        monkeypatch.setattr(runner, "deployment_of", lambda scenario: change(original(scenario)))

    return changed


def _failures(name):
    (scenario,) = named([name])
    return "\n".join(runner.run(scenario).failures)


@pytest.mark.slow
@pytest.mark.parametrize(("without", "scenario", "words"), in_turn(IN_TEMPLATE, of=5))
def test_without_a_part_of_the_template_a_scenario_fails(deployed, without, scenario, words):
    deployed(lambda whole: replace(whole, template=json.dumps(without(json.loads(whole.template)))))

    assert words in _failures(scenario)


@pytest.mark.slow
@pytest.mark.parametrize("part", OF_CODE, ids=lambda part: part[-2])
def test_without_a_part_of_the_code_a_scenario_fails(deployed, tmp_path, part):
    path, text, instead, scenario, words = part
    shutil.copy(PROJECT / "app.py", tmp_path)
    shutil.copytree(PROJECT / "chalicelib", tmp_path / "chalicelib")
    file = tmp_path / "chalicelib" / path
    whole = file.read_text()
    assert whole.count(text) == 1, f"{path} reads otherwise now"
    file.write_text(whole.replace(text, instead))
    deployed(lambda before: replace(before, code=tmp_path))

    assert words in _failures(scenario)
