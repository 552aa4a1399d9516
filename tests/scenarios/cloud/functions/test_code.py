"""Which code a function runs from when somebody creates it by the API."""

import io
import json
import zipfile

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import Deployment
from scenarios.cloud.functions import code
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.world import World
from tests.scenarios.cloud.small_worlds import arn, document

TRUST = document(
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
)
ONE = {
    "index.py": "import helper\n\ndef look(event, context):\n    return helper.NAME\n",
    "helper.py": "NAME = 'one'\n",
}
TWO = {**ONE, "helper.py": "NAME = 'two'\n"}


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


@pytest.fixture
def world():
    with World(Deployment(template="")) as each:
        iam = asks(each, "iam")
        iam.create_role(RoleName="runs", AssumeRolePolicyDocument=json.dumps(TRUST))
        yield each


def asks(world, service):
    return world.client(world.user("ann"), service)


def creates(world, name="looks", **source):
    return asks(world, "lambda").create_function(
        FunctionName=name,
        Code=source,
        Handler="index.look",
        Role="arn:aws:iam::123456789012:role/runs",
        Runtime="python3.12",
    )["FunctionArn"]


def result(world, arn):
    """What the function returned, or its error, as the timeline has it."""
    asks(world, "lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=b"{}")
    world.run(30)
    ran = [moment.facts for moment in world.setting.trace if moment.kind in {"ran", "failed"}]
    return ran[-1]


@pytest.mark.slow
def test_a_function_runs_from_its_zip_whatever_its_modules_are_called(world):
    assert result(world, creates(world, ZipFile=zipped(ONE)))["outcome"] == "one"


@pytest.mark.slow
def test_each_function_has_its_own_modules_of_the_same_name(world):
    one, two = creates(world, "one", ZipFile=zipped(ONE)), creates(world, "two", ZipFile=zipped(TWO))

    assert [result(world, each)["outcome"] for each in (one, two, one)] == ["one", "two", "one"]


@pytest.mark.slow
def test_new_code_runs_from_then_on(world):
    arn = creates(world, ZipFile=zipped(ONE))
    before = result(world, arn)["outcome"]
    asks(world, "lambda").update_function_code(FunctionName=arn, ZipFile=zipped(TWO))

    assert (before, result(world, arn)["outcome"]) == ("one", "two")


@pytest.mark.slow
def test_a_stack_made_by_the_api_runs_the_code_that_was_uploaded(world):
    s3 = asks(world, "s3")
    s3.create_bucket(Bucket="code")
    s3.put_object(Bucket="code", Key="one.zip", Body=zipped(ONE))
    s3.put_object(Bucket="code", Key="two.zip", Body=zipped(TWO))

    def body(key):
        properties = {
            "Code": {"S3Bucket": "code", "S3Key": key},
            "FunctionName": "looks",
            "Handler": "index.look",
            "Role": "arn:aws:iam::123456789012:role/runs",
            "Runtime": "python3.12",
        }
        return json.dumps(
            {"Resources": {"Looks": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
        )

    stacks = asks(world, "cloudformation")
    stacks.create_stack(StackName="app", TemplateBody=body("one.zip"))
    world.run(30)
    before = result(world, "looks")["outcome"]
    stacks.update_stack(StackName="app", TemplateBody=body("two.zip"))
    world.run(30)

    assert (before, result(world, "looks")["outcome"]) == ("one", "two")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"ZipFile": b"no zip"}, "Could not unzip uploaded file"),
        ({"S3Bucket": "nowhere-at-all", "S3Key": "k"}, "S3 Error Code: NoSuchBucket"),
        ({"S3Bucket": "code", "S3Key": "k"}, "S3 Error Code: NoSuchKey"),
    ],
)
def test_code_that_is_not_there_or_is_no_zip_is_refused(world, source, message):
    asks(world, "s3").create_bucket(Bucket="code")
    with pytest.raises(ClientError, match=message) as refused:
        creates(world, **source)

    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_code_that_is_too_large_when_unpacked_is_refused(world, monkeypatch):
    monkeypatch.setattr(code, "MOST_BYTES_UNPACKED", 20)
    with pytest.raises(ClientError, match="Unzipped size must be smaller than 20 bytes"):
        creates(world, ZipFile=zipped(ONE))


def broken(content):
    """The same zip, one byte of a file's text changed."""
    return content.replace(b"NAME = 'one'", b"NAME = 'ono'")


def with_a_password(content):
    """The same zip, told to be encrypted in both places."""
    changed = bytearray(content)
    changed[6] |= 1
    changed[content.find(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


@pytest.mark.parametrize(
    "content",
    [
        broken(zipped(ONE)),
        with_a_password(zipped(ONE)),
        zipped({**ONE, "a": "a file", "a/b.py": "and a folder"}),
        zipped({**ONE, "x" * 300: "too long a name"}),
    ],
    ids=["broken", "password", "clash", "long"],
)
def test_a_zip_that_can_not_be_unpacked_is_refused(world, content):
    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        creates(world, ZipFile=content)


@pytest.mark.parametrize("name", ["random.py", "random/__init__.py", "scenarios.py"])
def test_a_module_that_would_hide_one_that_the_world_needs_is_not_simulated(world, name):
    with pytest.raises(NotSimulated, match="modules of its own in the place of this machine's"):
        creates(world, ZipFile=zipped({**ONE, name: ""}))


@pytest.mark.slow
def test_folders_of_the_project_are_no_libraries(world):
    index = "import docs.helper\n\ndef look(event, context):\n    return docs.helper.NAME\n"
    arn = creates(
        world, ZipFile=zipped({"index.py": index, "docs/helper.py": "NAME = 'own'\n", "__main__.py": ""})
    )

    assert result(world, arn)["outcome"] == "own"


def in_a_template(code, handler="index.look", name="looks"):
    properties = {
        "FunctionName": name,
        "Code": code,
        "Handler": handler,
        "Role": {"Fn::GetAtt": ["Runs", "Arn"]},
        "Runtime": "python3.12",
    }
    trust = {"AssumeRolePolicyDocument": TRUST}
    return {
        "Runs": {"Type": "AWS::IAM::Role", "Properties": trust},
        name: {"Type": "AWS::Lambda::Function", "Properties": properties},
    }


def stands(resources, folder=None):
    where = {"code": folder} if folder else {}
    return World(Deployment(template=json.dumps({"Resources": resources}), **where))


LOOKS = arn("lambda", "function:looks")


@pytest.mark.slow
def test_code_that_stands_in_a_template_is_the_module_index():
    with stands(in_a_template({"ZipFile": "def look(event, context):\n    return 'inline'\n"})) as each:
        assert result(each, LOOKS)["outcome"] == "inline"


@pytest.mark.slow
def test_code_that_stands_in_a_template_runs_beside_a_folder_of_code(tmp_path):
    (tmp_path / "app.py").write_text("def look(event, context):\n    return 'folder'\n")
    resources = {
        **in_a_template({"ZipFile": "def look(event, context):\n    return 'inline'\n"}),
        **in_a_template({"S3Bucket": "b", "S3Key": "k"}, "app.look", "other"),
    }
    with stands(resources, tmp_path) as each:
        ran = [result(each, name)["outcome"] for name in (LOOKS, arn("lambda", "function:other"))]

    assert ran == ["inline", "folder"]


@pytest.mark.slow
def test_modules_of_a_folder_may_have_any_names(tmp_path):
    (tmp_path / "workers").mkdir()
    (tmp_path / "workers" / "images.py").write_text(
        "import sizes\n\ndef look(event, _):\n    return sizes.BIG\n"
    )
    (tmp_path / "sizes.py").write_text("BIG = 'big'\n")
    with stands(in_a_template({"S3Bucket": "b", "S3Key": "k"}, "workers/images.look"), tmp_path) as each:
        assert result(each, LOOKS)["outcome"] == "big"


@pytest.mark.slow
def test_two_folders_in_turn_do_not_share_their_modules(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "work.py").write_text(f"def look(event, context):\n    return {name!r}\n")
    ran = []
    for name in ("one", "two"):
        with stands(in_a_template({"S3Bucket": "b", "S3Key": "k"}, "work.look"), tmp_path / name) as each:
            ran.append(result(each, LOOKS)["outcome"])

    assert ran == ["one", "two"]


@pytest.mark.parametrize(
    "code", [{}, {"ZipFile": "", "S3Bucket": "b"}, {"ZipFile": "", "S3Bucket": "b", "S3Key": "k"}]
)
def test_code_is_either_in_the_template_or_in_s3(code):
    with pytest.raises(InvalidTemplate, match=r"looks.Code"), stands(in_a_template(code)):
        pass
