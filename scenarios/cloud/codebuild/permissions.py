"""IAM's rows for CodeBuild: projects, and builds by the project in their id."""

from scenarios.cloud.authorization.rows import JSON, Permissions, Place

_LINES = """
ListProjects                    =                         *
ListBuilds                      =                         *
CreateProject                   =                         project(name)
CreateProject                   iam:PassRole              role(serviceRole)
UpdateProject                   =                         project(name)
UpdateProject +serviceRole      iam:PassRole              role(serviceRole)
DeleteProject                   =                         project(name)
BatchGetProjects                =                         project(names[])
StartBuild                      =                         project(projectName)
StopBuild                       =                         project(id)
BatchGetBuilds                  =                         project(ids[])
ListBuildsForProject            =                         project(projectName)
"""


def _project(place: Place, name: str) -> str:
    """A project by name or ARN, or the one that a build's id or ARN begins with."""
    if name.startswith("arn:") and ":build/" not in name:
        return name
    bare = name.rpartition("/")[2].partition(":")[0]
    return f"arn:aws:codebuild:{place.region}:{place.account}:project/{bare}"


PERMISSIONS = Permissions(prefix="codebuild", denial=JSON, lines=_LINES, kinds={"project": _project})
