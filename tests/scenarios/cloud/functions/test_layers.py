"""Layers, and functions whose code lies in folders of their own beside the template."""

import io
import json
import textwrap
import zipfile

import pytest

from scenarios.runner.imperative import open_world
from tests.scenarios.cloud.small_worlds import refusal

HANDLER = """
import shared

def handler(event, context):
    return shared.greet(event)
"""
SHARED = """
WHO = "{who}"

def greet(event):
    if event == "fail":
        raise ValueError("no such luck")
    return f"hello from {{WHO}}"
"""


def function(code, **more):
    given = {"CodeUri": code, "Handler": "app.handler", "Runtime": "python3.12"}
    return {"Type": "AWS::Serverless::Function", "Properties": {**given, **more}}


def layer(folder, **more):
    given = {"ContentUri": folder, "CompatibleRuntimes": ["python3.12"]}
    return {"Type": "AWS::Serverless::LayerVersion", "Properties": given, **more}


def written(folder, **files):
    for path, text in files.items():
        place = folder.joinpath(*path.split("__")).with_suffix(".py")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(textwrap.dedent(text))


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """Two functions with an app.py each: one with a layer by hand, one with one that `sam build` builds."""
    folder = tmp_path_factory.mktemp("app")
    written(
        folder,
        one__app=HANDLER,
        two__app=HANDLER,
        plain__app="def handler(event, context):\n    return 'plain'",
        layer__python__shared=SHARED.format(who="a layer"),
        built__shared=SHARED.format(who="a built layer"),
    )
    resources = {
        "One": function("one/", Layers=[{"Ref": "Layer"}]),
        "Two": function("two/", Layers=[{"Ref": "Built"}, POWERTOOLS]),
        "Plain": function("plain/"),
        "None": function("one/"),
        "Layer": layer("layer/"),
        "Built": layer("built/", Metadata={"BuildMethod": "python3.12"}),
    }
    template = folder / "template.json"
    template.write_text(json.dumps({"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}))
    with open_world(template=template) as each:
        yield each


# https://docs.powertools.aws.dev/lambda/python/latest/: another account's; its libraries are this machine's.
POWERTOOLS = "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python312-x86_64:7"


def ran(world, name, event=None):
    answer = world.client("ann", "lambda").invoke(
        FunctionName=world.physical_id(name), Payload=json.dumps(event)
    )
    return json.load(answer["Payload"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "says"),
    [("One", "hello from a layer"), ("Two", "hello from a built layer"), ("Plain", "plain")],
)
def test_a_function_runs_from_its_own_folder_and_its_own_layers(app, name, says):
    """https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html."""
    assert ran(app, name) == says


def test_without_its_layer_a_function_cannot_be_loaded(app):
    assert "No module named 'shared'" in ran(app, "None")["errorMessage"]


def test_a_traceback_says_where_lambda_unpacks_a_layer(app):
    """https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html: below /opt."""
    trace = "".join(ran(app, "One", "fail")["stackTrace"])

    assert '"/var/task/app.py"' in trace
    assert '"/opt/python/shared.py", line 6' in trace


def test_a_layer_that_somebody_publishes_is_found_in_its_zip(app):
    """https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html."""
    lambda_, name = app.client("ann", "lambda"), app.physical_id("None")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("python/lib/python3.12/site-packages/shared.py", SHARED.format(who="a zip"))
    made = lambda_.publish_layer_version(LayerName="mine", Content={"ZipFile": buffer.getvalue()})
    assert made["Version"] == 1

    lambda_.update_function_configuration(FunctionName=name, Layers=[made["LayerVersionArn"]])

    assert ran(app, "None") == "hello from a zip"
    unknown = [made["LayerVersionArn"].removesuffix("1") + "9"]
    assert refusal(lambda_.update_function_configuration, FunctionName=name, Layers=unknown) == (
        "InvalidParameterValueException"
    )
