"""Cognito's user pools as one value: what IAM, CloudTrail, CloudFormation and a world know of them."""

from scenarios.cloud.cognito.laws import register
from scenarios.cloud.cognito.permissions import PERMISSIONS
from scenarios.cloud.cognito.resources import KINDS
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.service import Service

SERVICE = Service(
    name="cognito-idp",
    simulated=(
        "user pools of a template, their clients and groups: people sign up, confirm, sign in by password, "
        "forget it, and get tokens that can be verified; administrators do it for them; the functions that "
        "are asked before and after (PreSignUp, PostConfirmation, PreAuthentication, PostAuthentication, "
        "CustomMessage, PreTokenGeneration); messages, which a test can read"
    ),
    missing=(
        "pools made by the API, SRP, custom challenges, MFA, hosted sign-in and other identity providers, "
        "identity pools, advanced security, custom senders, migration of users"
    ),
    permissions=PERMISSIONS,
    kinds=KINDS,
    validation=Validation(code="InvalidParameterException"),
    recorded=(Recorded(service="cognito-idp"),),
    register=register,
)
