"""The table of decisions, decided here, and by an evaluator that somebody else wrote, where one is at hand.

`npm install @cloud-copilot/iam-simulate` anywhere, and name that folder in `IAM_SIMULATE`.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scenarios.cloud.authorization.policy import Limits, Principal, Request, decide
from tests.project import PROJECT
from tests.scenarios.cloud.authorization.decisions import ALLOW, EXPLICIT, IMPLICIT, MANAGEMENT, ROWS

PACKAGE = Path("node_modules/@cloud-copilot/iam-simulate")
OUTCOMES = {"Allowed": ALLOW, "ExplicitlyDenied": EXPLICIT, "ImplicitlyDenied": IMPLICIT}


def answer(row):
    who = row.who
    decision = decide(
        Request(
            principal=Principal(
                account=who.account, arn=who.arn, role_arn=who.role_arn, user_arn=who.user_arn
            ),
            action=row.action,
            resource=row.resource,
            resource_account=row.owner,
            context=row.context,
            complete=True,
        ),
        [row.document(row.identity)] if row.identity else [],
        row.document(row.on_resource) if row.on_resource is not None else None,
        limits=Limits(
            boundary=row.document(row.boundary) if row.boundary is not None else None,
            session=[row.document(row.session)] if row.session is not None else None,
            scps=[[row.document(level)] for level in row.scps],
            rcps=[[row.document(level)] for level in row.rcps],
            management_account=MANAGEMENT,
        ),
    )
    return ALLOW if decision.allowed else EXPLICIT if decision.explicit else IMPLICIT


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_decision_of_the_table(row):
    assert answer(row) == row.expected


def test_the_table_is_long_and_names_each_row_once():
    assert len(ROWS) >= 150
    assert len({row.name for row in ROWS}) == len(ROWS)


# ---- held against another's ---------------------------------------------------------------------


def _home():
    """Where the other evaluator is installed: outside of the project."""
    named = os.environ.get("IAM_SIMULATE")
    places = [Path(named)] if named else [Path.home(), *PROJECT.parents]
    return next((place for place in places if (place / PACKAGE).exists()), None)


def _simulation(row):
    """A row as the other evaluator takes it."""

    def policies(statements):
        return [{"name": "p", "policy": row.document(statements)}]

    def levels(each):
        return [
            {"orgIdentifier": f"level{number}", "policies": policies(level)}
            for number, level in enumerate(each)
        ]

    context = {"aws:username": "dev"} if ":user/" in row.who.arn else {}
    optional = {
        "resourcePolicy": row.document(row.on_resource) if row.on_resource is not None else None,
        "permissionBoundaryPolicies": policies(row.boundary) if row.boundary is not None else None,
        "sessionPolicy": row.document(row.session) if row.session is not None else None,
    }
    return {
        "request": {
            "principal": row.who.arn,
            "action": row.action,
            "resource": {"resource": row.resource, "accountId": row.owner},
            "contextVariables": context | row.context,
        },
        "identityPolicies": policies(row.identity) if row.identity else [],
        "serviceControlPolicies": levels(row.scps),
        # It adds RCPFullAWSAccess itself, and takes no other that allows.
        "resourceControlPolicies": levels(
            [[each for each in level if each["Effect"] == "Deny"] for level in row.rcps]
        ),
        **{name: value for name, value in optional.items() if value is not None},
    }


SCRIPT = """
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { readFileSync } from 'node:fs';
const answers = [];
for (const each of JSON.parse(readFileSync(0, 'utf8'))) {
  const result = await runSimulation(each, {});
  answers.push(result.resultType === 'error' ? { error: JSON.stringify(result.errors) }
    : { result: result.overallResult ?? result.result?.analysis?.result ?? JSON.stringify(result) });
}
console.log(JSON.stringify(answers));
"""


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_another_evaluator_answers_the_same(tmp_path):
    home = _home()
    if home is None:
        pytest.skip("iam-simulate is not installed outside of the project; see IAM_SIMULATE")
    (tmp_path / "node_modules").symlink_to(home / "node_modules")
    script = tmp_path / "ask.mjs"
    script.write_text(SCRIPT)
    asked = json.dumps([_simulation(row) for row in ROWS])
    done = subprocess.run(
        [shutil.which("node"), str(script)],
        input=asked,
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    found = [
        OUTCOMES.get(each.get("result", ""), each.get("error") or each["result"])
        for each in json.loads(done.stdout)
    ]

    differing = {
        row.name: f"{row.expected} here, {answer} there"
        for row, answer in zip(ROWS, found, strict=True)
        if (answer != row.expected) != bool(row.differs)
    }
    assert not differing, "\n".join(f"{n}: {d[:200]}" for n, d in differing.items())
