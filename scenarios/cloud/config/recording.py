"""Which types a recorder records, and how often: recording groups and recording modes.

Sources: https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingGroup.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingMode.html,
https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html
"""

from collections.abc import Mapping
from typing import Any, Final

from scenarios.cloud.config.resource_types.iam import NAMES as OF_IAM
from scenarios.cloud.kernel import moto_state

CONTINUOUS, DAILY = "CONTINUOUS", "DAILY"
DEFAULT_NAME: Final = "default"


def records(recorder: Any, kind: str) -> str:
    """How often a recorder (moto's model) records a type: CONTINUOUS, DAILY, or "" for not at all.

    All supported types leave out those of IAM, unless global types are included; the two strategies that list
    types ask for no such thing.
    """
    group = recorder.recording_group
    if group.all_supported:
        recorded = kind not in OF_IAM or group.include_global_resource_types
    elif group.resource_types:
        recorded = kind in group.resource_types
    else:
        recorded = kind not in (group.exclusion_by_resource_types or {}).get("resourceTypes", ())
    return _frequency(mode_of(recorder), kind) if recorded else ""


def mode_of(recorder: Any) -> Mapping[str, Any]:
    """The recording mode of a recorder; CONTINUOUS where none was given."""
    mode: Mapping[str, Any] = getattr(recorder, "recording_mode", {"recordingFrequency": CONTINUOUS})
    return mode


def keep_mode(account: str, region: str, name: str, mode: Mapping[str, Any] | None) -> None:
    """Keep a recorder's mode, which moto forgets; its answers have it then."""
    recorder = moto_state.backend("config", account, region).recorders[name]
    recorder.recording_mode = dict(mode or {"recordingFrequency": CONTINUOUS})


def _frequency(mode: Mapping[str, Any], kind: str) -> str:
    for override in mode.get("recordingModeOverrides", ()):
        if kind in override["resourceTypes"]:
            return str(override["recordingFrequency"])
    return str(mode["recordingFrequency"])
