"""IAM's rows for EventBridge Scheduler: schedules and their groups."""

from scenarios.cloud.authorization.rows import REST_JSON, Permissions, Place

_LINES = """
CreateSchedule                  =                         schedule(GroupName=default,Name)
CreateSchedule                  iam:PassRole              role(Target.RoleArn)
UpdateSchedule                  =                         schedule(GroupName=default,Name)
UpdateSchedule                  iam:PassRole              role(Target.RoleArn)
GetSchedule                     =                         schedule(GroupName=default,Name)
DeleteSchedule                  =                         schedule(GroupName=default,Name)
ListSchedules                   =                         *
CreateScheduleGroup             =                         schedule-group(Name)
GetScheduleGroup                =                         schedule-group(Name)
DeleteScheduleGroup             =                         schedule-group(Name)
ListScheduleGroups              =                         *
"""


def _schedule(place: Place, group: str, name: str) -> str:
    return f"arn:aws:scheduler:{place.region}:{place.account}:schedule/{group}/{name}"


PERMISSIONS = Permissions(
    prefix="scheduler",
    denial=REST_JSON,
    lines=_LINES,
    kinds={"schedule": _schedule},
)
