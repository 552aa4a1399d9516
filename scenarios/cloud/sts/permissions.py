"""STS: roles that are assumed.

AssumeRole, as trails have recorded it, does not tell a caller what is missing.
"""

from scenarios.cloud.iam.rows import DenialStyle, Permissions

_LINES = """
GetCallerIdentity               =                         *
GetSessionToken                 =                         *
DecodeAuthorizationMessage      =                         *
AssumeRole                      =                         role(RoleArn)
AssumeRole +Tags                sts:TagSession            role(RoleArn)
AssumeRole +SourceIdentity      sts:SetSourceIdentity     role(RoleArn)
"""


PERMISSIONS = Permissions(
    prefix="sts",
    denial=DenialStyle(code="AccessDenied", status=403, because=False),
    lines=_LINES,
)
