"""What a look by the clock sees that comes at another time than without the fault."""

import re

from scenarios.cloud.sns.topics import Mail
from scenarios.runner.walk.course import Course
from scenarios.runner.walk.invariants.alert_names import finding_of

_OBJECT = re.compile(r"^Object: +(s3://\S+)$", re.MULTILINE)  # trail_digest
# trail_digest and trail_stopped's own look, of what trail_stopped tells at once.
_OFF = (
    "CloudTrail logging is switched off",
    "CloudTrail was off for a while, unexplained",
    "is weaker than it should be: logging",
)
_TELLS_OFF = "trail_stopped"


def is_of_a_later_look(mail: Mail, without: Course, with_fault: Course) -> bool:
    """Whether a look by the clock found it, and it is reported without the fault in other words.

    One that comes later saw more of an object before, and so knows more of it afterwards: each object that it
    names is reported anyway, as gravely. Or it comes while the trail is off, which is reported anyway.
    """
    entry = with_fault.finding(finding_of(mail))
    if entry is None or ":rule/" not in entry.event_key:
        return False
    if any(mail.subject.endswith(words) for words in _OFF):
        return any(each.attributes["remediation"] == _TELLS_OFF for each in without.alerts())
    named = set(_OBJECT.findall(mail.text))
    known = {
        each
        for other in without.alerts()
        if other.attributes == mail.attributes
        for each in _OBJECT.findall(other.text)
    }
    return bool(named) and named <= known
