"""The packaged stack, deployed by CloudFormation's API while its own rules already hear what is made."""

import io
import json
import zipfile

import pytest

from scenarios.cloud.cloudformation.transform import translate
from scenarios.cloud.deployment import Deployment
from scenarios.cloud.world import World
from scenarios.packaging.sam import PROJECT, sam_template

BUCKET, STACK = "packaged", "trailwarden"
READER, STRANGER = "on-call@example.com", "stranger@example.com"
MINUTE = 60


def code():
    """What is uploaded, without the libraries."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as written:
        parts = (*(PROJECT / "chalicelib").rglob("*.py"), *(PROJECT / "chalicelib").rglob("*.txt"))
        for file in (PROJECT / "app.py", *sorted(parts)):
            written.write(file, file.relative_to(PROJECT))
    return packed.getvalue()


class Deployed:
    """A world in which somebody has just deployed the stack."""

    def __init__(self, world):
        self.world = world
        self.ann = world.user("ann")

    def client(self, service):
        return self.world.client(self.ann, service)

    def deploy(self):
        s3 = self.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        template = json.dumps(translate(sam_template("prod"), region="us-east-1"))
        s3.put_object(Bucket=BUCKET, Key="template.json", Body=template.encode())
        s3.put_object(Bucket=BUCKET, Key="deployment.zip", Body=code())
        self.client("cloudformation").create_stack(
            StackName=STACK,
            TemplateURL=f"https://{BUCKET}.s3.us-east-1.amazonaws.com/template.json",
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[
                {"ParameterKey": "AlertEmail", "ParameterValue": READER},
                {"ParameterKey": "SendHeartbeat", "ParameterValue": "no"},
            ],
        )
        self.world.run(5 * MINUTE)

    def stack(self):
        (found,) = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return found

    def output(self, name):
        return {each["OutputKey"]: each["OutputValue"] for each in self.stack()["Outputs"]}[name]

    def confirm(self, endpoint):
        """With credentials: what is done by the link in a mail is not recorded."""
        for asked in self.world.topics.confirmations.sent:
            if asked.endpoint == endpoint:
                self.client("sns").confirm_subscription(TopicArn=asked.topic_arn, Token=asked.token)

    def told_of_the_stack_after(self, minutes):
        read = len(self.world.topics.inbox)
        self.world.run(minutes * MINUTE)
        return [mail.subject for mail in self.world.topics.inbox[read:] if "itself" in mail.subject]


@pytest.fixture(scope="module")
def deployed():
    with World(Deployment(template="")) as world:
        fresh = Deployed(world)
        fresh.deploy()
        yield fresh


@pytest.mark.slow
def test_a_fresh_deploy_leaves_no_dead_letters(deployed):
    """A rule that stood before its function's policy would lose what CloudFormation does in between."""
    with deployed.world.calls.muted():
        kept = deployed.client("sqs").get_queue_attributes(
            QueueUrl=deployed.output("DeadLettersUrl"), AttributeNames=["ApproximateNumberOfMessages"]
        )

    assert deployed.stack()["StackStatus"] == "CREATE_COMPLETE"
    assert kept["Attributes"]["ApproximateNumberOfMessages"] == "0"


@pytest.mark.slow
def test_the_reader_confirms_and_nobody_is_told_until_a_stranger_does(deployed):
    deployed.confirm(READER)
    assert deployed.told_of_the_stack_after(6) == []

    deployed.client("sns").subscribe(
        TopicArn=deployed.output("AlertTopicArn"), Protocol="email", Endpoint=STRANGER
    )
    deployed.confirm(STRANGER)
    told = deployed.told_of_the_stack_after(3)

    assert "MEDIUM: Trailwarden itself: the topic AlertTopic got one more reader" in told
