"""What may survive, and why: a short list, and the kinds that are recognised."""

import json
import re
from collections.abc import Mapping
from typing import Any

from scenarios.cloud.authorization.wildcards import matches
from scenarios.cloud.cloudformation.schemas import schema_of
from scenarios.runner.mutate.mutants import Mutant, templates
from scenarios.runner.mutate.statements import actions_of, listed, statement_of

# What may survive, by a regular expression on the mutant's name, and why. `excuse` knows more kinds.
ALLOWED: dict[str, str] = {
    r": Deny lambda:InvokeAsync removed": (
        "AWS asks InvokeAsync for lambda:InvokeFunction, which the same statement denies; "
        "tests/chalicelib/template/test_closed.py asks for both"
    ),
    r"Resources\.(?!TrailBucket)\w+Policy\..*\.Condition\.StringNotLike\.aws:PrincipalArn\.": (
        "whom a part of the stack lets in, of which scenarios try some; "
        "tests/chalicelib/template/test_closed.py lets each in everywhere, and keeps the others out"
    ),
    r"Policy\..*: Deny sqs:\w+ removed": (
        "what nobody else may do to a queue of the stack, of which scenarios try the usual ways; "
        "tests/chalicelib/template/test_closed.py asks for each"
    ),
    r"Resources\.(?!ApiHandler)\w+Role\..*: Allow sqs:GetQueueAttributes removed": (
        "Lambda's poller needs it, by AWS's page, and the simulated one asks for nothing; "
        "tests/chalicelib/template/test_policies.py holds that each has it"
    ),
    r": Allow logs:StopQuery removed": (
        "asked where a query takes too long, which none does in a scenario; "
        "tests/chalicelib/evidence/test_log_query.py holds that who asks may stop it"
    ),
    r"InstanceCredentials(Trigger1|Forward)\..*(vpcEndpointAccountId|sourceIPAddress)\.0\.anything-but\.": (
        "the function looks again whose endpoint or address it is, so the pattern only spares it; "
        "tests/chalicelib/remediations/instance_credentials/test_whereabouts.py holds that"
    ),
    r"NoncompliantTrigger4\..*\.anything-but\.prefix\.": (
        "the pattern spares the function the results of the stack's own rules, which it would leave alone; "
        "tests/chalicelib/remediations/noncompliant/test_tampering.py holds that"
    ),
    r"Resources\.StackChangedRole\.Properties\.Policies\.1\.": (
        "what stack_changed puts back, of which scenarios show some; "
        "tests/chalicelib/remediations/stack_changed/test_deeds.py has each deed put back under these rights"
    ),
    r"StackChangedRole\..*: Allow \['cloudformation:DescribeStackRefactor'\] removed": (
        "no scenario takes the stack apart, which the simulated CloudFormation can't; "
        "tests/chalicelib/remediations/stack_changed/test_stack_changed.py does"
    ),
    r"(AdministratorMade|BucketPublic)Role\..*: Allow organizations:DescribeOrganization removed": (
        "asked as function_opened asks it in a scenario; "
        "tests/chalicelib/evidence/test_outsiders.py holds that each may"
    ),
    r"MonitoringOffMendingRole\..*: Allow ec2:DescribeInstances removed": (
        "AWS's page of the runbook names it, and the simulated one asks for the status alone; "
        "tests/chalicelib/config_rules/test_monitoring_off.py holds all"
    ),
    r"Resources\.Ledger\..*: Deny dynamodb:(UpdateItem|BatchWriteItem|PartiQL\w+) removed": (
        "what nobody else may do to the ledger, of which scenarios try the usual ways; "
        "tests/chalicelib/template/test_closed.py asks for each"
    ),
    r"\.Targets\.\d+\.DeadLetterConfig\.": (
        "where an event is kept that a rule can't hand over, as scenarios show of some; "
        "tests/chalicelib/template/test_template.py and test_second_way.py hold each"
    ),
    r"spoke Resources\.AccessKeyCreatedForward\..*\.\$or\.1\.eventName\.": (
        "PasswordOrMfaChangedForward2 forwards the same calls by anybody"
    ),
    r"Resources\.StackNameHas\d+CharactersAtMost\.Properties\.Value\.": (
        "which stack's name may be too long, as none is in a scenario; "
        "tests/chalicelib/template/test_names.py holds it"
    ),
    r"Resources\.Validations\.Properties\.RedrivePolicy\.": (
        "where a step is kept that fails again and again, which none does in a scenario; "
        "tests/chalicelib/template/test_template.py holds it"
    ),
    r"StackChangedTrigger6\..*'CreateLogStream' changed": (
        "the pattern spares the function what every function does; "
        "tests/chalicelib/remediations/stack_changed/test_rules.py holds that"
    ),
    r"StackChanged(Trigger\d+|Forward)\..*'CreateLogStream' changed": (
        "CloudWatch Logs alone has such a call, and this rule listens to other services"
    ),
    r"StackChangedTrigger[68]\..*\.(logGroup(Name|Identifier)|resourceIdentifier|roleName)\..*Fn::If\.1": (
        "parts of the stack's own trail bear its name, by which another way of the pattern hears of them"
    ),
    r"StackChangedTrigger[68]\..*\.(logGroupName|roleName)\..*Fn::If\.2": (
        "parts of an existing trail, of which a scenario tries some; "
        "tests/chalicelib/remediations/stack_changed/test_rules.py holds each"
    ),
    r"StackChangedTrigger\d+\..*\.requestParameters\."
    r"(stackIds|stackDefinitions|resourceMappings|resourcesToImport|resourceIdentifier|logGroupIdentifier|"
    r"associationId|muteTargets|sourceArn|destinationArn|sourceTableArn|globalTableName)\.": (
        "how calls name a part that the simulated AWS can't make; "
        "tests/chalicelib/remediations/stack_changed/test_rules.py has each way heard"
    ),
    r"StackChangedTrigger\d+\..*"
    r"('(DisableRegion|UpdateEventBus|ExecuteStackRefactor)'|name\.0: 'default') changed": (
        "calls that the simulated AWS can't make; "
        "tests/chalicelib/remediations/stack_changed/test_rules.py has each heard"
    ),
    r"StackChangedForward\..*('DisableRegion' changed|: not \$\{ExistingTrailRole\})": (
        "a call that the simulated AWS can't make, and the role of a trail that was there before; "
        "tests/chalicelib/template/test_spoke.py has both forwarded"
    ),
    r"CisAlarmsTrigger2\..*('DeleteImportedKeyMaterial'|'kms\.amazonaws\.com') changed": (
        "a call that the simulated KMS can't make; "
        "tests/scenarios/packaging/test_dangerous_calls.py holds its name"
    ),
    r"StackChangedTrigger5\..*: not AlertKey": (
        "StackChangedGuard hears of that key, too, and wakes the same function"
    ),
    r"StackChangedTrigger5\..*\.errorMessage\.0\.wildcard\.Fn::Sub": (
        "refusals that name a key are heard by another way of the same pattern, and no other is tried"
    ),
    r"StackChangedTrigger10\..*\.anything-but\.prefix\.": (
        "the pattern spares the function what our own roles do, which the trail leaves out, too; "
        "tests/chalicelib/remediations/stack_changed/test_stack_changed.py holds that"
    ),
    r"Resources\.Trail\.Properties\.AdvancedEventSelectors\..*\.NotStartsWith\.": (
        "the trail leaves out what our own roles do, since recording it costs, and the rule does, too; "
        "tests/chalicelib/template/test_template.py holds it"
    ),
    r"Resources\.TrailBucket\..*\.(NoncurrentDays|TransitionInDays|Days)\.Ref": (
        "for how many days files are kept, which no scenario waits for; "
        "tests/chalicelib/template/test_template.py holds which parameters say it"
    ),
    r"Resources\.RestAPI\..*\.x-amazon-apigateway-integration\.uri\.": (
        "the same line for each route, of which scenarios ask some; "
        "tests/chalicelib/template/test_api_stage.py holds each"
    ),
    r"Variables\.STACK_CHANGED_TRAIL_(GROUP[.:]|ROLE\.Fn::If\.1)": (
        "which log group and which role are the trail's, which no scenario touches in a way that needs it; "
        "tests/chalicelib/remediations/stack_changed/test_stack_changed.py holds what it is told"
    ),
    r"Resources\.Dashboard\.": (
        "what the stack's dashboard shows, which no scenario looks at; "
        "tests/chalicelib/template/test_dashboard.py holds each graph and each alarm"
    ),
    r"HeartbeatsPolicy\.Properties\.PolicyDocument\.Statement\.1\.": (
        "what nobody else may do to the queue where heartbeats come out; "
        "tests/chalicelib/template/test_closed.py asks for each"
    ),
    r"Statement\.2\.Action\.1: Allow ec2:ModifyNetworkInterfaceAttribute removed": (
        "AWS's page names the instance, too, of which the simulated EC2 isn't asked; "
        "tests/chalicelib/test_quarantine.py holds all three"
    ),
    r"ReservedConcurrentExecutions": (
        "how many runs are kept, which no scenario uses up; "
        "tests/chalicelib/template/test_concurrency.py holds it for each function"
    ),
    r"Alarm\.Properties\.OKActions\.": (
        "that an alarm of the benchmark is over, as scenarios show of some; "
        "tests/chalicelib/template/test_template.py holds each"
    ),
    r"(APIHandlerWaking\w*Policy|APIHandler\.Properties\.(Env|Logging)|restApiId)": (
        "what the API's function knows, and whom it may wake, for each remediation, as a few scenarios show "
        "of some; tests/chalicelib/http/test_routes.py and tests/chalicelib/template/test_template.py hold "
        "the rest"
    ),
    r"Resources\.(\w+SealKey|InstructionKey)\.Properties\.KeyPolicy\.Statement\.0\.": (
        "who may manage a key, which no scenario does; tests/chalicelib/template/test_template.py holds each"
    ),
    r"Resources\.(WatchForward(Guard|1\..*EventPattern\.\$or\.0|[2-9])|LostAlarm)": (
        "the same once for each rule of stack_changed, as one scenario shows of one of them; "
        "tests/chalicelib/template/test_second_way.py holds that none is left out"
    ),
    r"Resources\.Function(Errors|Throttles)\d+Alarm": (
        "the same once for each function, as one scenario shows of one of them; "
        "tests/chalicelib/template/test_second_way.py holds that none is left out"
    ),
}

_ALLOWED_TWICE = "another statement of the same policy allows the same for more resources"
_SAME_PATTERN = "a spoke's rule with the pattern of a rule of the stack, of which each leaf is judged there"
_ONLY_A_NAME = (
    "a resource's own name, which keeps stacks of one account apart: what needs the resource refers to it, "
    "and a world has one stack"
)


def excuse(mutant: Mutant) -> str:
    """Why this mutant may survive; "" when it may not."""
    kinds = (
        (_ONLY_A_NAME, _is_only_a_name),
        (_ALLOWED_TWICE, _is_allowed_twice),
        (_SAME_PATTERN, _is_judged_at_home),
    )
    return allowed(mutant.name) or next((why for why, holds in kinds if holds(mutant)), "")


def allowed(name: str) -> str:
    """Why a mutant of this name may survive, by the list; "" when it is not on it."""
    return next((reason for pattern, reason in ALLOWED.items() if re.search(pattern, name)), "")


def _is_only_a_name(mutant: Mutant) -> bool:
    """The stack's name in a property that identifies the resource, and is spelled nowhere else."""
    if mutant.what != "not ${AWS::StackName}" or mutant.path[2] != "Properties":
        return False
    template = templates()[mutant.of]
    resource = template["Resources"][mutant.resource]
    schema = schema_of(resource["Type"]) or {}
    if f"/properties/{mutant.path[3]}" not in schema.get("primaryIdentifier", ()):
        return False
    spelled = resource["Properties"][str(mutant.path[3])].get("Fn::Sub")
    return isinstance(spelled, str) and json.dumps(template).count(json.dumps(spelled)[1:-1]) == 1


def _is_judged_at_home(mutant: Mutant) -> bool:
    """A leaf of a spoke's pattern that is, as a whole, the pattern of a rule of the stack itself."""
    if mutant.of != "spoke" or mutant.kind != "pattern":
        return False
    own = templates()["spoke"]["Resources"][mutant.resource]["Properties"]["EventPattern"]
    rules = templates()["template"]["Resources"].values()
    return any(own == rule.get("Properties", {}).get("EventPattern") for rule in rules)


def _is_allowed_twice(mutant: Mutant) -> bool:
    """A part of a statement, each of whose actions another one of the document allows more widely."""
    resources = templates()[mutant.of]["Resources"]
    statement, document = statement_of(mutant)
    if statement.get("Effect") != "Allow":
        return False
    others = [each for each in document if each is not statement and "Condition" not in each]
    text = _arn_text(statement.get("Resource"), resources)
    return bool(text) and all(
        any(
            each["Effect"] == "Allow"
            and action in listed(each, "Action")
            and matches(_arn_text(each.get("Resource"), resources), text)
            for each in others
        )
        for action in actions_of(statement, mutant)
    )


def _arn_text(resource: Any, resources: Mapping[str, Any]) -> str:
    """A statement's resource as text with references in it, a table's ARN spelled out; "" for a list."""
    text = resource.get("Fn::Sub") if isinstance(resource, dict) else resource
    if not isinstance(text, str):
        return ""
    name = text.removeprefix("${").removesuffix(".Arn}")
    if resources.get(name, {}).get("Type") != "AWS::DynamoDB::Table":
        return text
    return f"arn:${{AWS::Partition}}:dynamodb:${{AWS::Region}}:${{AWS::AccountId}}:table/${{{name}}}"
