r"""What EventBridge sends to a target instead of the event: one part of it, or a template filled from it.

    >>> paths = {"instance": "$.detail.instance-id", "state": "$.detail.state"}
    >>> event = {"detail": {"instance-id": "i-0123456789", "state": "RUNNING"}}
    >>> InputTransformer(paths, '{"who": <instance>, "what": "it is <state>"}').render(event)
    '{"who":"i-0123456789","what":"it is RUNNING"}'

Where a variable stands decides how it is filled in:

| position | string, number, true, null | list or object | nothing at its path |
|---|---|---|---|
| outside quotes | as JSON, strings escaped | as JSON | `""` |
| within a JSON template's string | as text, **not escaped** | nothing is delivered | empty |
| in a quoted-string template | as text, **not escaped** | unquoted: `{a:1,b:[A,B]}` | empty |

If unescaped text with a quote or a line break makes the result of a JSON template invalid JSON, the event is
not delivered either. The result of a quoted-string template is delivered unchecked; the target may refuse it.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal, NoReturn

RULE_ARN: Final = "aws.events.rule-arn"
RULE_NAME: Final = "aws.events.rule-name"
INGESTION_TIME: Final = "aws.events.event.ingestion-time"
EVENT: Final = "aws.events.event"
EVENT_JSON: Final = "aws.events.event.json"
PREDEFINED: Final = frozenset({RULE_ARN, RULE_NAME, INGESTION_TIME, EVENT, EVENT_JSON})

_MOST_VARIABLES: Final = 100
_LONGEST_NAME: Final = 256
_LONGEST_PATH: Final = 256
_LONGEST_TEMPLATE: Final = 8192
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_TOKEN = re.compile(
    r"""<(?P<variable>[A-Za-z0-9_.-]+)>|(?P<quote>")|(?P<blank>\s+)|\\.|[^<"\\\s]+|.""", re.DOTALL
)
_STEP = re.compile(
    r"""\.(?P<name>[^\s.\[\]'"()@?*]+) | \[(?P<index>-?[0-9]+)\] | (?P<all>\.\*|\[\*\])
      | \['(?P<single>[^']*)'\] | \["(?P<double>[^"]*)"\]""",
    re.VERBOSE,
)


class InvalidInput(ValueError):
    """EventBridge would not deliver this event to this target; retrying does not help."""


class RefusedInput(ValueError):
    """PutTargets would refuse this target with a ValidationException of this text."""


class _Missing:
    """There is nothing at a path; a null there counts as a value."""


_MISSING: Final = _Missing()


def input_path(event: Mapping[str, Any], path: str) -> str:
    """The payload of a target with an InputPath: the JSON value at that path, a string with its quotes.

    Raises:
        InvalidInput: the path cannot be read, or nothing is there. (AWS does not document the latter; that
            the target gets nothing is the reading that a scenario notices.)
    """
    found = _at(event, _steps(path))
    if isinstance(found, _Missing):
        raise InvalidInput(f"the event has nothing at {path}")
    return _json(found)


def check_input_path(path: str, *, target_id: str) -> None:
    """Hold an InputPath against what PutTargets accepts.

    Raises:
        RefusedInput: it is no JSON path.
    """
    try:
        _steps(path)
    except InvalidInput as unreadable:
        raise RefusedInput(f"InputPath for target {target_id}: {unreadable}.") from None


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str
    quoted: bool


@dataclass(frozen=True)
class InputTransformer:
    """An InputTransformer of a target: variables taken from the event, and the template they go into.

    Args:
        paths: InputPathsMap, variable name to JSON path.
        template: InputTemplate, JSON or a quoted string, with `<variable>` where a value goes.
    """

    paths: Mapping[str, str]
    template: str
    _parts: tuple[str | _Variable, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_parts", tuple(_read_template(self.template)))

    @classmethod
    def check(cls, paths: Mapping[str, str], template: str, *, target_id: str) -> None:
        """Hold a transformer against what PutTargets accepts.

        Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html

        Raises:
            RefusedInput: too many variables, a name that is reserved, anything too long, a template variable
                that is not in the map, the event in a template that is no JSON object, an unreadable path.
        """
        _check_paths(paths, f"InputPathsMap for target {target_id}")
        _check_template(template, frozenset(paths), f"InputTemplate for target {target_id}")

    def render(
        self,
        event: Mapping[str, Any],
        rule_arn: str | None = None,
        rule_name: str | None = None,
        ingestion_time: str | None = None,
    ) -> str:
        """The text that the target gets.

        Args:
            event: the event as parsed JSON.
            rule_arn: for `<aws.events.rule-arn>`.
            rule_name: for `<aws.events.rule-name>`.
            ingestion_time: for `<aws.events.event.ingestion-time>`, ISO 8601.

        Raises:
            InvalidInput: the outcome is not what EventBridge delivers (see the module's table).
        """
        given = {RULE_ARN: rule_arn, RULE_NAME: rule_name, INGESTION_TIME: ingestion_time}
        known = {name: _MISSING if value is None else value for name, value in given.items()}
        values: dict[str, Any] = {name: _at(event, _steps(path)) for name, path in self.paths.items()}
        values |= {**known, EVENT: _without_detail(event), EVENT_JSON: dict(event)}
        text = "".join(part if isinstance(part, str) else self._fill(part, values) for part in self._parts)
        if _kind(self.template) != "string":
            _require_json(text)
        return text

    def _fill(self, variable: _Variable, values: Mapping[str, Any]) -> str:
        if variable.name not in values:
            raise InvalidInput(f"<{variable.name}> is neither in the input paths nor predefined")
        value = values[variable.name]
        if not variable.quoted:
            return '""' if isinstance(value, _Missing) else _json(value)
        is_whole_event = variable.name in (EVENT, EVENT_JSON)
        if isinstance(value, dict | list) and (is_whole_event or _kind(self.template) != "string"):
            what = "a list" if isinstance(value, list) else "an object"
            raise InvalidInput(f"<{variable.name}> is {what} within quotes; leave the quotes out")
        return _text(value)


def _check_paths(paths: Mapping[str, str], subject: str) -> None:
    if len(paths) > _MOST_VARIABLES:
        raise RefusedInput(f"{subject} has more than {_MOST_VARIABLES} variables.")
    for name, path in paths.items():
        if name.upper().startswith("AWS"):
            raise RefusedInput(f"{subject} contains reserved variable {name}.")
        if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
            raise RefusedInput(f"{subject} contains invalid variable {name}.")
        if len(path) > _LONGEST_PATH:
            raise RefusedInput(f"{subject} contains a path over {_LONGEST_PATH} characters.")
        try:
            _steps(path)
        except InvalidInput as unreadable:
            raise RefusedInput(f"{subject}: {unreadable}.") from None


def _check_template(template: str, names: frozenset[str], subject: str) -> None:
    if not 1 <= len(template) <= _LONGEST_TEMPLATE:
        raise RefusedInput(f"{subject} is not 1 to {_LONGEST_TEMPLATE} characters.")
    for part in _read_template(template):
        if isinstance(part, str) or part.name in names:
            continue
        if part.name not in PREDEFINED:
            raise RefusedInput(f"{subject} contains invalid placeholder {part.name}.")
        if part.name in (EVENT, EVENT_JSON) and not template.lstrip().startswith("{"):
            raise RefusedInput(f"{subject} contains placeholder {part.name} valid only for JSON template.")


def _kind(template: str) -> Literal["json", "string", "bare"]:
    match template.lstrip()[:1]:
        case "{" | "[":
            return "json"
        case '"':
            return "string"
        case _:
            return "bare"


def _read_template(template: str) -> Iterator[str | _Variable]:
    """The template's literal pieces and variables; a JSON template loses its blanks, as AWS minifies it."""
    minify = _kind(template) == "json"
    quoted = False
    for token in _TOKEN.finditer(template):
        if token["variable"]:
            yield _Variable(token["variable"], quoted)
        elif not (token["blank"] and minify and not quoted):
            quoted ^= bool(token["quote"])
            yield token[0]


def _without_detail(event: Mapping[str, Any]) -> dict[str, Any]:
    """`<aws.events.event>` as AWS fills it in: no detail; detail-type in camel case (recorded)."""
    renamed = {"detail-type": "detailType"}
    return {renamed.get(key, key): value for key, value in event.items() if key != "detail"}


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str | int | None, ...]:
    """A JSON path as keys, indices, and None for a wildcard."""
    steps: list[str | int | None] = []
    position = 1
    while path.startswith("$") and position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            break
        steps.append(_step(step))
        position = step.end()
    if not path.startswith("$") or position < len(path):
        raise InvalidInput(
            f"{path!r} is not a JSON path that EventBridge reads ($.a.b, $.a[0], $['a'], $.a[*])"
        )
    return tuple(steps)


def _step(found: re.Match[str]) -> str | int | None:
    if found["all"]:
        return None
    if found["index"]:
        return int(found["index"])
    return next(found[group] for group in ("name", "single", "double") if found[group] is not None)


def _at(value: Any, steps: tuple[str | int | None, ...]) -> Any:
    for position, step in enumerate(steps):
        if step is None:
            return _each(value, steps[position + 1 :])
        if isinstance(step, int):
            inside = isinstance(value, list) and -len(value) <= step < len(value)
        else:
            inside = isinstance(value, Mapping) and step in value
        if not inside:
            return _MISSING
        value = value[step]
    return value


def _each(value: Any, steps: tuple[str | int | None, ...]) -> Any:
    """A wildcard: the list of what is found under every element."""
    if not isinstance(value, list | Mapping):
        return _MISSING
    elements = value.values() if isinstance(value, Mapping) else value
    found = (_at(element, steps) for element in elements)
    return [one for one in found if not isinstance(one, _Missing)]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _text(value: Any) -> str:
    """A value as it stands within quotes: bare text, nothing escaped, no quotes within lists and objects."""
    match value:
        case _Missing():
            return ""
        case str():
            return value
        case list():
            return f"[{','.join(map(_text, value))}]"
        case dict():
            return f"{{{','.join(f'{key}:{_text(inner)}' for key, inner in value.items())}}}"
        case _:
            return _json(value)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _require_json(text: str) -> None:
    try:
        json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"the template's outcome is no JSON ({error}): {text[:200]}") from None
