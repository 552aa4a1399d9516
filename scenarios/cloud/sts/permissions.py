"""IAM's rows for STS: roles that are assumed.

AssumeRole, as trails have recorded it, does not tell a caller what is missing.
"""

from scenarios.cloud.authorization.arns import named
from scenarios.cloud.authorization.rows import ContextKey, DenialStyle, Permissions

_LINES = """
GetCallerIdentity               =                         *
GetSessionToken                 =                         *
GetFederationToken              =                         federated_user(Name)
DecodeAuthorizationMessage      =                         *
AssumeRole                      =                         role(RoleArn)
AssumeRole +Tags                sts:TagSession            role(RoleArn)
AssumeRoleWithSAML              =                         unknown(SAMLAssertion)
AssumeRoleWithWebIdentity       =                         unknown(WebIdentityToken)
AssumeRole +SourceIdentity      sts:SetSourceIdentity     role(RoleArn)
"""


PERMISSIONS = Permissions(
    prefix="sts",
    denial=DenialStyle(code="AccessDenied", status=403, because=False),
    lines=_LINES,
    kinds={"federated_user": named("arn:aws:sts::{account}:federated-user/{0}")},
    context=(
        ContextKey(key="sts:ExternalId", parameter="ExternalId"),
        ContextKey(key="sts:RoleSessionName", parameter="RoleSessionName"),
        ContextKey(key="sts:SourceIdentity", parameter="SourceIdentity"),
        ContextKey(key="sts:DurationSeconds", parameter="DurationSeconds"),
        ContextKey(key="sts:TransitiveTagKeys", parameter="TransitiveTagKeys[]"),
    ),
)
