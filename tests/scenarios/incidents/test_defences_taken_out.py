"""What keeps attackers out, taken out one at a time: the scenario named here fails without it."""

import json
import shutil
from dataclasses import replace

import pytest

from scenarios.cloud.functions.runtime_environment import PROJECT
from scenarios.runner import run as runner
from scenarios.runner.library import named
from tests.sample import sample


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


IN_TEMPLATE = [
    pytest.param(_without_leading_keys, "one_right.stolen_role", id="the leading keys"),
    pytest.param(_without_second_way, "silence.second_way", id="the second way"),
]
IN_CODE = [
    pytest.param(
        "seal.py",
        "return hmac.compare_digest(seal_of(item), self._mac(item))",
        "return True",
        "one_right.planted_plan",
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
        id="the lease",
    ),
    pytest.param(
        "runtime/answer.py",
        " or self._contradicted(event)",
        "",
        "one_right.published_alarms",
        id="asking CloudWatch about an alarm",
    ),
]


@pytest.fixture
def deployed(monkeypatch):
    """Have every run deploy something else: `deployed(template=..., code=...)`."""
    original = runner.deployment_of

    def changed(change):
        monkeypatch.setattr(runner, "deployment_of", lambda scenario: change(original(scenario)))

    return changed


def _passes(name):
    (scenario,) = named([name])
    return runner.run(scenario).passed


@pytest.mark.parametrize(("without", "scenario"), sample(IN_TEMPLATE, 2))
def test_without_a_part_of_the_template_a_scenario_fails(deployed, without, scenario):
    deployed(lambda whole: replace(whole, template=json.dumps(without(json.loads(whole.template)))))

    assert not _passes(scenario)


@pytest.mark.parametrize("part", sample([each.values for each in IN_CODE], 3), ids=lambda part: part[0])
def test_without_a_part_of_the_code_a_scenario_fails(deployed, tmp_path, part):
    path, text, instead, scenario = part
    shutil.copy(PROJECT / "app.py", tmp_path)
    shutil.copytree(PROJECT / "chalicelib", tmp_path / "chalicelib")
    file = tmp_path / "chalicelib" / path
    whole = file.read_text()
    assert whole.count(text) == 1, f"{path} reads otherwise now"
    file.write_text(whole.replace(text, instead))
    deployed(lambda before: replace(before, code=tmp_path))

    assert not _passes(scenario)
