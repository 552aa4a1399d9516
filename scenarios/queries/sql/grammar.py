"""What of sqlglot's trees is understood here: each kind of node, and its parts.

A tree with anything else in it is refused before any of it is translated, so that no part of a text is passed
over: sqlglot writes NOT of a LIKE, for instance, as a part of that node.
"""

from collections.abc import Mapping
from typing import Final

from sqlglot import exp

from scenarios.queries.sql.errors import SqlNotSimulated

_LINES: Final = """
Add this expression
Alias this alias
All this
And this expression
Anonymous this expressions
Any this
Array expressions bracket_notation
AtTimeZone this zone
Between this low high
Boolean this
Bracket this expressions offset safe
CTE this alias
Case this ifs default
Cast this to
Column this table db catalog
ColumnDef this kind
Cube expressions
CurrentDate
CurrentTimestamp
DPipe this expression safe
DataType this expressions nested
DataTypeParam this
Distinct expressions
Div this expression typed safe
Dot this expression
EQ this expression
Escape this expression
Except with_ this expression distinct order limit offset
Exists this
Extract this expression
Fetch direction count limit_options
Filter this expression
From this
GT this expression
GTE this expression
Group expressions grouping_sets cube rollup
GroupConcat this separator
GroupingSets expressions
Having this
HexString this
Identifier this quoted
If this true false
In this expressions query
Intersect with_ this expression distinct order limit offset
Interval this unit
Is this expression negate
Join this on side kind using
LT this expression
LTE this expression
Lambda this expressions
Like this expression negate
Limit expression
LimitOptions rows
Literal this is_string
Localtimestamp
Mod this expression
Mul this expression
NEQ this expression
Neg this
Not this
Null
NullSafeEQ this expression
NullSafeNEQ this expression
Offset expression
Or this expression
Order this expressions
Ordered this desc nulls_first
Paren this
Placeholder this
Rollup expressions
Select with_ expressions distinct from_ joins where group having order limit offset
Star
StrPosition this substr
Sub this expression
Subquery this alias with_ order limit offset
Substring this start length
Table this alias db catalog
TableAlias this columns
Trim this expression position
TryCast this to safe
Tuple expressions
Union with_ this expression distinct order limit offset
Unnest expressions alias offset
Values expressions alias order limit offset
Var this
Where this
Window this partition_by order spec over
WindowSpec kind start start_side end end_side
With expressions
"""
_PARTS: Final[Mapping[str, frozenset[str]]] = {
    line.split()[0]: frozenset(line.split()[1:]) for line in _LINES.strip().splitlines()
}

_LONGEST_NUMBER: Final = 1000  # digits; Python reads at most 4300 as a whole number


def check(tree: exp.Expression) -> None:
    """Raises SqlNotSimulated for a node, or a part of one, that isn't in the table or is endless."""
    for node in tree.walk():
        name = type(node).__name__
        if name not in _PARTS:
            raise SqlNotSimulated(f"{name} ({node.sql('trino')[:60]})")
        beyond = {part for part, value in node.args.items() if value} - _PARTS[name]
        if beyond:
            raise SqlNotSimulated(f"{', '.join(sorted(beyond))} of {name} ({node.sql('trino')[:60]})")
        if isinstance(node, exp.Literal) and not node.is_string and len(node.name) > _LONGEST_NUMBER:
            raise SqlNotSimulated(f"a number of more than {_LONGEST_NUMBER} digits")
