"""A faster way through moto's DynamoDB: the same expressions and items, read and measured once.

Moto reads an update expression twice for each call and walks its tree ten times, asking at every node which
kinds of nodes it wants; it reads a condition with six regular expressions for each word; for each attribute
of an item it measures all the others. What depends on an expression's text alone is kept here. And moto takes
no policy for a table's stream, tells two policies of one moment apart by nothing, and puts into a stream what
changed nothing.
"""

import copy
import json
import pickle
from collections import deque
from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

import moto.dynamodb.models as dynamodb_models
import moto.dynamodb.models.dynamo_type as types
import moto.dynamodb.parsing.ast_nodes as nodes
from moto.dynamodb import comparisons
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.table import StreamShard
from moto.dynamodb.parsing import expressions, validators

from scenarios.cloud.kernel.moto_mends import Mend

_nodes: Any = nodes  # moto gives it no types
_expressions: Any = expressions

# ---- update expressions -------------------------------------------------------------------------

_make: Any = _expressions.UpdateExpressionParser.make.__func__


@lru_cache(maxsize=512)
def _parsed(parser: Any, text: str) -> Any:
    """The tree of an expression. Moto only looks at it: what it changes is the copy that it validates."""
    return _make(parser, text)


def _tree_of(parser: Any, text: str) -> Any:
    return _parsed(parser, text)


@lru_cache(maxsize=512)
def _as_text(tree: Any) -> bytes:
    return pickle.dumps(tree, pickle.HIGHEST_PROTOCOL)


def _copied(what: Any) -> Any:
    """What `copy.deepcopy` makes of a tree; of that of an expression, several times faster."""
    if not isinstance(what, _nodes.UpdateExpression):
        return copy.deepcopy(what)
    return pickle.loads(_as_text(what))  # noqa: S301 - written above


@cache
def _is_node(kind: Any) -> bool:
    return issubclass(kind, _nodes.Node)


@cache
def _processed(kind: Any, wanted: tuple[type, ...]) -> bool:
    return issubclass(kind, wanted)


def _traversed(traverser: Any, node: Any, child_id: int = -1) -> Any:
    """As moto's: depth first; a node that the traverser wants is replaced by what it makes of it."""
    return _below(traverser, traverser.nodes_to_be_processed(), node, child_id)


def _below(traverser: Any, wanted: tuple[type, ...], node: Any, child_id: int) -> Any:
    if not _is_node(type(node)):  # type: ignore[arg-type]  # a class can be hashed
        return node
    parent = node.parent
    if node.children is not None:
        for number, child in enumerate(node.children):
            traverser.pre_processing_of_child(node, number)
            _below(traverser, wanted, child, number)
    if _processed(type(node), wanted):  # type: ignore[arg-type]
        node = traverser.process(node)
        node.parent = parent
        if parent:
            parent.children[child_id] = node
    return node


@cache
def _holds_clauses(kind: Any) -> bool:
    return issubclass(kind, (_nodes.Expression, _nodes.UpdateExpressionFunction))


def _clauses(node: Any, kinds: Any) -> list[Any]:
    """As moto's: what is of these kinds below a node, and not below another of them."""
    found = []
    for child in node.children or ():
        if type(child) in kinds:
            found.append(child)
        elif _holds_clauses(type(child)):  # type: ignore[arg-type]
            found += _clauses(child, kinds)
    return found


# ---- conditions ---------------------------------------------------------------------------------

_Parser: Any = comparisons.ConditionExpressionParser
_read: Any = _Parser._lex_condition_expression  # noqa: SLF001


@lru_cache(maxsize=512)
def _words(text: str) -> tuple[Any, ...]:
    return tuple(_read(_Parser(text, {}, {})))


def _words_of(parser: Any) -> deque[Any]:
    """The words of a condition, in a new queue that the parser empties."""
    return deque(_words(parser.condition_expression))


class _Tree(NamedTuple):
    """What a condition says, whatever its values are, and which names and values stand in it."""

    node: Any
    names: tuple[str, ...]
    values: tuple[str, ...]


_parse: Any = _Parser.parse
_operand: Any = _Parser._make_operand  # noqa: SLF001
_TREES: dict[tuple[Any, ...], _Tree] = {}
_MOST_TREES = 2048


def _condition(parser: Any) -> Any:
    """A condition with its values in it; its tree is put together once, and moto does so twice for a put."""
    text = parser.condition_expression
    if not text:
        return _parse(parser)
    names, values = parser.expression_attribute_names or {}, parser.expression_attribute_values or {}
    asked = text, tuple(names.items()), tuple(values)
    if asked not in _TREES:
        if len(_TREES) >= _MOST_TREES:
            _TREES.clear()
        vars(parser)["_make_op_condition"] = lambda node: node
        node = _parse(parser)
        del vars(parser)["_make_op_condition"]
        _TREES[asked] = _Tree(node, tuple(parser.expr_attr_names_found), tuple(parser.expr_attr_values_found))
    else:
        parser.expr_attr_names_found += _TREES[asked].names
        parser.expr_attr_values_found += _TREES[asked].values
    return parser._make_op_condition(_TREES[asked].node)  # noqa: SLF001


def _operand_of(parser: Any, node: Any) -> Any:
    """An operand; the value that a tree has in it is that of whoever asked first."""
    if node.kind == _Parser.Kind.EXPRESSION_ATTRIBUTE_VALUE:
        return comparisons.AttributeValue(parser.expression_attribute_values[node.text])
    return _operand(parser, node)


# ---- items --------------------------------------------------------------------------------------

_LARGEST_ITEM = 405_000  # moto's own measure: bytes of names and values


def _begin_item(item: Any, hash_key: Any, range_key: Any, attrs: Mapping[str, Any]) -> None:
    """An item as moto makes it, measured once; it only grows meanwhile."""
    item.hash_key, item.range_key = hash_key, range_key
    item.attrs = types.LimitedSizeDict()
    dict.update(item.attrs, {name: types.DynamoType(value) for name, value in attrs.items()})
    if not _is_small(attrs) and item.size() > _LARGEST_ITEM:
        raise ItemSizeTooLarge


def _is_small(attrs: Mapping[str, Any]) -> bool:
    """Whether even the text of these attributes is short enough: it is longer than what moto measures."""
    try:
        return len(json.dumps(attrs)) <= _LARGEST_ITEM
    except TypeError:  # bytes among them
        return False


# ---- values --------------------------------------------------------------------------------------

_cast: Any = vars(types.DynamoType)["cast_value"].fget
_IS_ITS_VALUE = frozenset({"S", "B", "BOOL"})


def _cast_value(value: Any) -> Any:
    """As moto's, which asks of each value whether it is one of five other types first."""
    return value.value if value.type in _IS_ITS_VALUE else _cast(value)


def _equals(value: Any, other: Any) -> bool:
    if value.type != other.type:
        return False
    if value.type in _IS_ITS_VALUE:
        return bool(value.value == other.value)
    return bool(_cast(value) == _cast(other))


def _is_less(value: Any, other: Any) -> bool:
    """Of two of different types Python refuses to say, as it does of moto's."""
    if value.type in _IS_ITS_VALUE and other.type in _IS_ITS_VALUE:
        return bool(value.value < other.value)
    return bool(_cast(value) < _cast(other))


# ---- the policies of streams --------------------------------------------------------------------
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-attach-resource-based-policy.html


class _TablesAndStreams:
    """The tables of a backend, found by their names and by the labels of their streams."""

    def __init__(self, tables: Any, stream: str) -> None:
        self._tables = tables
        self._label = stream.rpartition("/")[2]
        self._table = tables.get(stream.rpartition("/stream/")[0].rpartition("/")[2])

    def __contains__(self, name: object) -> bool:
        streams = self._table is not None and self._table.latest_stream_label == self._label
        return name in self._tables or (streams and name == self._label)


def _with_streams(original: Callable[..., Any], backend: Any, resource_arn: str, *args: Any) -> Any:
    """Have moto, which looks for a table of the name behind the last slash, find the stream."""
    if "/stream/" not in resource_arn:
        return original(backend, resource_arn, *args)
    tables, backend.tables = backend.tables, _TablesAndStreams(backend.tables, resource_arn)
    try:
        return original(backend, resource_arn, *args)
    finally:
        backend.tables = tables


def _mended(name: str, original: Any = None) -> Mend:
    original = original or getattr(dynamodb_models.DynamoDBBackend, name)

    def mended(backend: Any, resource_arn: str, *args: Any, **more: Any) -> Any:
        return _with_streams(partial(original, **more), backend, resource_arn, *args)

    return (dynamodb_models.DynamoDBBackend, name, mended)


_put_policy: Any = dynamodb_models.DynamoDBBackend.put_resource_policy


def _put_with_revision(backend: Any, resource_arn: str, *args: Any, **more: Any) -> Any:
    """A changed policy has a revision of its own; moto's is the moment, which two changes may share."""
    before = backend.resource_policies.get(resource_arn)
    policy = _put_policy(backend, resource_arn, *args, **more)
    if before is not None and policy is not before:
        policy.revision_id = str(max(int(policy.revision_id), int(before.revision_id) + 1))
    return policy


_add_to_stream: Any = StreamShard.add


def _add_changed(shard: Any, old: Any, new: Any) -> None:
    """A write that changes nothing is no record of a stream; moto writes one.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
    """
    if old is None or new is None or old.to_json() != new.to_json():
        _add_to_stream(shard, old, new)


MENDS: tuple[Mend, ...] = (
    (StreamShard, "add", _add_changed),
    (_expressions.UpdateExpressionParser, "make", classmethod(_tree_of)),
    (validators, "deepcopy", _copied),
    (_nodes.DepthFirstTraverser, "traverse_node_recursively", _traversed),
    (_nodes.Node, "find_clauses", _clauses),
    (_Parser, "_lex_condition_expression", _words_of),
    (_Parser, "parse", _condition),
    (_Parser, "_make_operand", _operand_of),
    (types.Item, "__init__", _begin_item),
    (types.DynamoType, "cast_value", property(_cast_value)),
    (types.DynamoType, "__eq__", _equals),
    (types.DynamoType, "__lt__", _is_less),
    _mended("put_resource_policy", _put_with_revision),
    _mended("get_resource_policy"),
    _mended("delete_resource_policy"),
)
