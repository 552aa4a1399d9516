"""From the array at a leaf of an event pattern to its alternatives: literals and operators.

The order of checks and the words of the refusals follow AWS's open-source engine (see `compiler`),
odd ones included: a number as `cidr` gets the message that a prefix must be a string.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NoReturn

from chalicelib.matching.errors import InvalidPattern
from chalicelib.matching.events.conditions import (
    IPV4_BITS,
    WORDS,
    Alternatives,
    AnyCase,
    AnyCasePrefix,
    AnyCaseSuffix,
    AnythingBut,
    AnythingUnlike,
    Cidr,
    Condition,
    Prefix,
    Range,
    Suffix,
    Wildcard,
    any_case,
    parse_address,
)
from chalicelib.matching.events.text import Array, Member, Node, Object, Scalar

# AWS doesn't publish its limit. Its engine counts how many beginnings of wildcard values one text can meet at
# once; what EventBridge was seen to refuse counts 11 and 12, what it was seen to accept counts up to 9.
MAX_WILDCARD_COMPLEXITY = 10

_ONE_KEY = "Only one key allowed in match expression"
_TOO_MANY = "Too many elements in numeric expression"


@dataclass(slots=True)
class _Leaf:
    """The alternatives of one array while they are gathered."""

    strings: set[str] = field(default_factory=set)
    numbers: set[float] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    conditions: list[Condition] = field(default_factory=list)
    existence: set[bool] = field(default_factory=set)

    def finished(self) -> Alternatives:
        return Alternatives(
            strings=frozenset(self.strings),
            numbers=frozenset(self.numbers),
            words=frozenset(self.words),
            conditions=tuple(dict.fromkeys(self.conditions)),
            present=True in self.existence,
            absent=False in self.existence,
        )


def compile_leaf(node: Array, where: str) -> Alternatives:
    """Return what a leaf asks; raises InvalidPattern with the place in the pattern."""
    if not node.items:
        refuse("Empty arrays are not allowed", where, node)
    leaf = _Leaf()
    for index, item in enumerate(node.items):
        _compile_alternative(item, leaf, f"{where}[{index}]")
    complexity = wildcard_complexity([each for each in leaf.conditions if isinstance(each, Wildcard)])
    if complexity > MAX_WILDCARD_COMPLEXITY:
        reason = (
            "Rule is too complex - try using fewer wildcard characters or fewer repeating character "
            "sequences after a wildcard character"
        )
        refuse(reason, where, node)
    return leaf.finished()


def _compile_alternative(node: Node, leaf: _Leaf, where: str) -> None:
    if isinstance(node, Object):
        _compile_expression(node, leaf, where)
    elif isinstance(node, Array):
        refuse("Match value must be String, number, true, false, or null", where, node)
    elif isinstance(node.value, str):
        _add_string(node.value, leaf)
    elif node.value is None or isinstance(node.value, bool):
        leaf.words.add(WORDS[node.value])
    else:
        leaf.numbers.add(node.value)


def _add_string(text: str, leaf: _Leaf) -> None:
    """Add a literal string; one that is an IP address also stands for its other spellings."""
    leaf.strings.add(text)
    address = parse_address(text)
    if address is not None:
        width, number = address
        leaf.conditions.append(Cidr(text, width, 0, number))


def _compile_expression(node: Object, leaf: _Leaf, where: str) -> None:
    """Add what an object such as `{"prefix": "a"}` stands for."""
    if not node.members:
        refuse("Match expression name not found", where, node)
    member = node.members[0]
    name, inner = member.key, f"{where}.{member.key}"
    surplus = _ONE_KEY
    if name == "exactly":
        leaf.strings.add(_string_of(member.node, "exact match pattern must be a string", inner))
    elif name == "exists":
        if not isinstance(member.node, Scalar) or not isinstance(member.node.value, bool):
            refuse("exists match pattern must be either true or false.", inner, member.node)
        leaf.existence.add(member.node.value)
    elif name == "numeric":
        _compile_numeric(member.node, leaf, inner)
        surplus = _TOO_MANY
    elif name == "anything-but":
        leaf.conditions.append(_compile_anything_but(member.node, inner))
        surplus = _TOO_MANY
    elif name in _TEXT_EXPRESSIONS:
        leaf.conditions.append(_TEXT_EXPRESSIONS[name](member.node, inner))
    else:
        refuse(f"Unrecognized match type {name}", inner, member)
    _refuse_surplus(node, surplus, where)


def _refuse_surplus(node: Object, reason: str, where: str) -> None:
    if len(node.members) > 1:
        refuse(reason, f"{where}.{node.members[1].key}", node.members[1])


def _compile_prefix(node: Node, where: str) -> Condition:
    if isinstance(node, Object):
        text = _ignoring_case(node, "prefix", where)
        return AnyCasePrefix(text, any_case(text))
    return Prefix(_string_of(node, "prefix match pattern must be a string", where))


def _compile_suffix(node: Node, where: str) -> Condition:
    if isinstance(node, Object):
        text = _ignoring_case(node, "suffix", where)
        return AnyCaseSuffix(text, any_case(text, backwards=True))
    return Suffix(_string_of(node, "suffix match pattern must be a string", where))


def _ignoring_case(node: Object, outer: str, where: str) -> str:
    """Return the text of `{"equals-ignore-case": text}` inside a prefix or suffix."""
    if not node.members:
        refuse(f"{outer.capitalize()} expression name not found", where, node)
    member = node.members[0]
    inner = f"{where}.{member.key}"
    if member.key != "equals-ignore-case":
        refuse(f"Unsupported {outer} pattern: {member.key}", inner, member)
    text = _string_of(member.node, "equals-ignore-case match pattern must be a string", inner)
    _refuse_surplus(node, _ONE_KEY, where)
    return text


def _compile_any_case(node: Node, where: str) -> Condition:
    text = _string_of(node, "equals-ignore-case match pattern must be a string", where)
    return AnyCase(text, any_case(text))


def _compile_wildcard(node: Node, where: str) -> Condition:
    """Split the text at its asterisks; a backslash takes an asterisk or a backslash literally."""
    text = _string_of(node, "wildcard match pattern must be a string", where)
    pieces, piece, at = list[str](), "", 0
    while at < len(text):
        letter = text[at]
        if letter == "*":
            if text.startswith("**", at):
                _refuse_wildcard("Consecutive wildcard characters", node, text, at, where)
            pieces.append(piece)
            piece = ""
        elif letter == "\\":
            at += 1
            if text[at : at + 1] not in ("*", "\\"):
                _refuse_wildcard("Invalid escape character", node, text, at - 1, where)
            piece += text[at]
        else:
            piece += letter
        at += 1
    return Wildcard(text, (*pieces, piece))


def _refuse_wildcard(reason: str, node: Node, text: str, at: int, where: str) -> NoReturn:
    """Refuse a wildcard; AWS counts UTF-8 bytes from the opening quote."""
    place = len(text[:at].encode("utf-8", "surrogatepass")) + 1
    raise InvalidPattern(f"{reason} at pos {place}", where=where, position=node.position)


def _compile_cidr(node: Node, where: str) -> Condition:
    text = _string_of(node, "prefix match pattern must be a string", where)  # AWS's words, though no prefix
    slashed = text.rstrip("/").split("/")
    if len(slashed) != 2:
        refuse("Malformed CIDR, one '/' required", where, node)
    try:
        bits = int(slashed[1]) if slashed[1].isascii() and "_" not in slashed[1] else None
    except ValueError:
        bits = None
    if bits is None:
        refuse("Malformed CIDR, mask bits must be an integer", where, node)
    if bits < 0:
        refuse("Malformed CIDR, mask bits must not be negative", where, node)
    address = parse_address(slashed[0])
    if address is None:
        refuse(f"Nonstandard IP address: {slashed[0]}", where, node)
    width, number = address
    if bits >= width:
        refuse(f"{'IPv4' if width == IPV4_BITS else 'IPv6'} mask bits must be < {width}", where, node)
    return Cidr(text, width, width - bits, number >> (width - bits))


_TEXT_EXPRESSIONS: dict[str, Callable[[Node, str], Condition]] = {
    "prefix": _compile_prefix,
    "suffix": _compile_suffix,
    "equals-ignore-case": _compile_any_case,
    "wildcard": _compile_wildcard,
    "cidr": _compile_cidr,
}


def _compile_numeric(node: Node, leaf: _Leaf, where: str) -> None:
    """Add `["=", x]`, or a range with one or two bounds, the lower one first."""
    if not isinstance(node, Array):
        refuse("Value of numeric must be an array.", where, node)
    terms = node.items
    operator = terms[0].value if terms and isinstance(terms[0], Scalar) else None
    if not isinstance(operator, str):
        refuse("Invalid member in numeric match", where, node)
    if operator not in ("=", "<", "<=", ">", ">="):
        refuse(f"Unrecognized numeric range operator: {operator}", f"{where}[0]", terms[0])
    bound = _bound(terms, 1, "equals" if operator == "=" else operator, where, node)
    if operator == "=":
        leaf.numbers.add(bound)
    elif operator in ("<", "<="):
        leaf.conditions.append(Range(None, low_open=False, high=bound, high_open=operator == "<"))
    elif len(terms) > 2:
        leaf.conditions.append(_compile_two_bounds(terms, operator, bound, where, node))
        return
    else:
        leaf.conditions.append(Range(bound, low_open=operator == ">", high=None, high_open=False))
    if len(terms) > 2:
        refuse(_TOO_MANY, f"{where}[2]", terms[2])


def _compile_two_bounds(terms: tuple[Node, ...], operator: str, low: float, where: str, node: Node) -> Range:
    second = terms[2].value if isinstance(terms[2], Scalar) else None
    if not isinstance(second, str):
        refuse("Bad value in numeric range", f"{where}[2]", terms[2])
    if second not in ("<", "<="):
        refuse(f"Bad numeric range operator: {second}", f"{where}[2]", terms[2])
    high = _bound(terms, 3, second, where, node)
    if len(terms) > 4:
        refuse("Too many terms in numeric range expression", f"{where}[4]", terms[4])
    if low >= high:
        refuse("Bottom must be less than top", where, node)
    return Range(low, low_open=operator == ">", high=high, high_open=second == "<")


def _bound(terms: tuple[Node, ...], index: int, operator: str, where: str, node: Node) -> float:
    """Return the number that stands at an index of a numeric expression."""
    if index >= len(terms):
        refuse(f"Value of {operator} must be numeric", where, node)
    term = terms[index]
    value = term.value if isinstance(term, Scalar) else None
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        refuse(f"Value of {operator} must be numeric", f"{where}[{index}]", term)
    return _comparable(term, f"{where}[{index}]")


def _comparable(node: Node, where: str) -> float:
    """Return a number that can be compared: one that a 64-bit float holds with every digit written."""
    assert isinstance(node, Scalar)
    value = node.value
    assert isinstance(value, (int, float))
    try:
        nearest = float(value)
    except OverflowError:
        nearest = float("inf")
    if nearest in (float("inf"), float("-inf")) or Decimal(repr(nearest)) != Decimal(node.text):
        refuse(f"Cannot compare number : {node.text}", where, node)
    return value


def _compile_anything_but(node: Node, where: str) -> Condition:
    if isinstance(node, Object):
        return _compile_anything_unlike(node, where)
    if isinstance(node, Array):
        items = node.items
    elif isinstance(node.value, (str, int, float)) and not isinstance(node.value, bool):
        items = (node,)
    else:
        refuse("Value of anything-but must be an array or single string/number value.", where, node)
    strings, numbers = set[str](), set[float]()
    for index, item in enumerate(items):
        if not isinstance(item, Scalar) or item.value is None or isinstance(item.value, bool):
            reason = "Inside anything but list, start|null|boolean is not supported."
            refuse(reason, f"{where}[{index}]", item)
        if isinstance(item.value, str):
            strings.add(item.value)
        else:
            numbers.add(_comparable(item, where))
    if bool(strings) == bool(numbers):
        reason = (
            "Inside anything but list, either all values are number or string, mixed type is not supported"
        )
        refuse(reason, where, node)
    return AnythingBut(frozenset(strings), frozenset(numbers))


def _compile_anything_unlike(node: Object, where: str) -> Condition:
    """Compile `{"anything-but": {"prefix": ...}}` and its kin: one string, or a list of strings."""
    if not node.members:
        refuse("Anything-But expression name not found", where, node)
    member = node.members[0]
    name, inner = member.key, f"{where}.{member.key}"
    if name not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
        refuse(f"Unsupported anything-but pattern: {name}", inner, member)
    if isinstance(member.node, Object) or (
        isinstance(member.node, Scalar) and (member.node.value is None or isinstance(member.node.value, bool))
    ):
        reason = "Value of anything-but must be an array or single string/number value."
        refuse(reason, inner, member.node)
    items = member.node.items if isinstance(member.node, Array) else (member.node,)
    if not items:
        refuse("Empty arrays are not allowed", inner, member.node)
    found = tuple(_compile_unlike(name, item, inner) for item in items)
    _refuse_surplus(node, _TOO_MANY, where)
    return AnythingUnlike(found)


def _compile_unlike(name: str, node: Node, where: str) -> Condition:
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        refuse(_UNLIKE_REASONS.get(name, "prefix/suffix match pattern must be a string"), where, node)
    if name in ("prefix", "suffix") and not node.value:
        refuse("Null prefix/suffix not allowed", where, node)
    return _TEXT_EXPRESSIONS[name](node, where)


_UNLIKE_REASONS = {
    "equals-ignore-case": (
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
    ),
    "wildcard": "wildcard match pattern must be a string",
}


def _string_of(node: Node, reason: str, where: str) -> str:
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        refuse(reason, where, node)
    return node.value


def refuse(reason: str, where: str, place: Node | Member) -> NoReturn:
    """Refuse the pattern for what stands at a place in it."""
    raise InvalidPattern(reason, where=where, position=place.position)


def wildcard_complexity(wildcards: list[Wildcard]) -> int:
    """Return how many beginnings of these wildcard values one text can meet at once.

    An asterisk, once reached, stays met. What can be half met beside it are beginnings of the text that
    follows an asterisk, and those that are half met together are each the end of the longest of them. Values
    with different text before their first asterisk never meet the same text.
    """
    return max(
        (_complexity_of([each for each in wildcards if _meets(each, other)]) for other in wildcards),
        default=0,
    )


def _meets(one: Wildcard, other: Wildcard) -> bool:
    return len(one.pieces) > 1 and other.pieces[0].startswith(one.pieces[0])


def _complexity_of(wildcards: list[Wildcard]) -> int:
    asterisks = sum(len(each.pieces) - 1 for each in wildcards)
    if asterisks > MAX_WILDCARD_COMPLEXITY:
        return asterisks
    return asterisks + _most_half_met([piece for each in wildcards for piece in each.pieces[1:]])


def _most_half_met(pieces: list[str]) -> int:
    """Return how many beginnings of the pieces can end at one place of a text.

    The pieces make a tree of letters; each node is a beginning, told how many pieces begin so. What ends with
    it besides are the beginnings that are its own ends, and of those the longest knows the others (the
    failure links of Aho and Corasick): so each node is looked at once, for any pieces.
    """
    children: list[dict[str, int]] = [{}]
    ending_here = [0]
    for piece in pieces:
        node = 0
        for letter in piece:
            node = children[node].setdefault(letter, len(children))
            if node == len(children):
                children.append({})
                ending_here.append(0)
            ending_here[node] += 1
    longest_end = [0] * len(children)
    queue = list(children[0].values())
    for node in queue:
        ending_here[node] += ending_here[longest_end[node]]
        for letter, child in children[node].items():
            end = longest_end[node]
            while end and letter not in children[end]:
                end = longest_end[end]
            longest_end[child] = children[end].get(letter, 0)
            queue.append(child)
    return max(ending_here)
