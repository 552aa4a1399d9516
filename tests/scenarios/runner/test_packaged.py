"""The packaged templates are made once for all processes, for each region its own."""

import json

import pytest

from scenarios.packaging import sam
from scenarios.packaging.sam import application, sam_template
from scenarios.runner import packaged
from tests.house.imports import loaded_after
from tests.scenarios.cloud.kernel.kept_folder import kept_in

template, spoke = packaged.packaged_template.__wrapped__, packaged.packaged_spoke.__wrapped__


@pytest.mark.slow
def test_the_packaged_templates_are_made_once_for_all_processes(tmp_path, monkeypatch):
    with kept_in(tmp_path):
        made = template("us-east-1"), spoke()
    monkeypatch.setattr(sam, "sam_template", lambda stage: sam_template(stage) | {"Description": "anew"})
    monkeypatch.setattr(sam, "application", None)
    with kept_in(tmp_path):
        kept, elsewhere = (template("us-east-1"), spoke()), template("eu-west-1")

    assert kept == made
    assert json.loads(made[1]) == application().spoke()
    assert json.loads(elsewhere)["Description"] == "anew"
    assert json.loads(made[0])["Resources"].keys() == json.loads(elsewhere)["Resources"].keys()


@pytest.mark.slow
def test_a_run_loads_what_packages_only_where_nothing_is_kept():
    assert loaded_after("import scenarios.runner.run").isdisjoint(
        {"scenarios.packaging.sam", "chalice.deploy"}
    )
