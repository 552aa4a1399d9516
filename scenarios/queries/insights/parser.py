"""A query's text as commands.

Raises MalformedQuery with the place, and QueryNotSimulated for what only AWS has.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

from collections.abc import Callable
from typing import Final

from scenarios.queries.errors import MalformedQuery, QueryNotSimulated
from scenarios.queries.insights.expressions import ExpressionReader
from scenarios.queries.insights.scanner import Scanner, Token, unexpected
from scenarios.queries.insights.syntax import (
    Alias,
    Column,
    Command,
    Dedup,
    Expression,
    Field,
    Fields,
    Filter,
    Join,
    Limit,
    Parse,
    Pipeline,
    Sort,
    Source,
    Stats,
    Unnest,
)

LARGEST_LIMIT = 100_000
LONGEST_TEXT = 10_000

NOT_SIMULATED: Final = frozenset(
    {
        *("pattern", "anomaly", "unmask", "filterindex", "lookup", "addtotals", "autoregress"),
        *("logcompare", "filldown", "fillmissing", "cidrlookup", "outlier", "accum", "appendcols"),
        *("sessionize", "countfrequent", "relevantfields", "expand", "estimate"),
    }
)
"""Commands that AWS has and that are loud here; `diff` can only stand behind one of them."""


def parse(text: str) -> Pipeline:
    """Read a whole query."""
    if len(text) > LONGEST_TEXT:
        raise MalformedQuery(
            f"the query is longer than {LONGEST_TEXT} characters", LONGEST_TEXT, len(text) - 1
        )
    reader = _Reader(Scanner(text))
    pipeline = reader.pipeline()
    reader.finish()
    return pipeline


class _Reader:
    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._expressions = ExpressionReader(scanner, self._subquery)
        self._nested = 0
        self._commands: dict[str, Callable[[Token], Command]] = {
            "fields": self._fields,
            "display": self._fields,
            "filter": self._filter,
            "where": self._filter,
            "parse": self._parse,
            "json": self._json,
            "stats": self._stats,
            "sort": self._sort,
            "limit": self._limit,
            "dedup": self._dedup,
            "unnest": self._unnest,
            "join": self._join,
        }

    def pipeline(self) -> Pipeline:
        """Commands with bars between them, perhaps with where their events are before them."""
        source = self._source() if self._scanner.peek().word == "source" else None
        commands = [] if source and self._scanner.takes("|") == "" else [self._command()]
        while commands and self._scanner.takes("|"):
            commands.append(self._command())
        return Pipeline(source=source, commands=tuple(commands))

    def finish(self) -> None:
        if self._scanner.peek().kind != "end":
            self._scanner.fail()

    def _subquery(self) -> Pipeline:
        """The query in a query; AWS allows no third."""
        if self._nested:
            self._scanner.fail()
        self._nested += 1
        found = self.pipeline()
        self._nested -= 1
        return found

    def _command(self) -> Command:
        token = self._scanner.take()
        if token.word == "diff":  # what stands behind a pattern never comes here
            raise MalformedQuery(
                "Diff compilation Failed : Diff operation has to be used after Pattern",
                token.start,
                token.end - 1,
            )
        if token.word in NOT_SIMULATED:
            raise QueryNotSimulated(f"the command {token.text}")
        read = self._commands.get(token.word)
        if read is None:
            raise unexpected(token)
        return read(token)

    # ---- fields, filter, stats -------------------------------------------------------------------

    def _fields(self, token: Token) -> Fields:
        return Fields(start=token.start, word=token.word, columns=self._scanner.listed(self._column))

    def _filter(self, token: Token) -> Filter:
        return Filter(start=token.start, word=token.word, condition=self._expressions.expression())

    def _stats(self, token: Token) -> Stats:
        columns = self._scanner.listed(self._column)
        by = self._scanner.listed(self._column) if self._scanner.takes("by") else ()
        if self._scanner.peek().word == "offset":
            raise QueryNotSimulated("offset behind stats ... by bin()")
        return Stats(start=token.start, word="stats", columns=columns, by=by)

    def _column(self) -> Column:
        start = self._scanner.peek().start
        expression = self._expressions.expression()
        end = self._scanner.last_end
        if self._scanner.takes("as"):
            alias = self._alias()
            return Column(expression=expression, name=alias.name, aliased=True, start=start, end=alias.end)
        name = expression.name if isinstance(expression, Field) else self._scanner.text[start:end]
        return Column(expression=expression, name=name, aliased=False, start=start, end=end)

    def _alias(self) -> Alias:
        field = self._expressions.field()
        return Alias(name=field.name, start=field.start, end=field.end)

    def _aliases(self) -> tuple[Alias, ...]:
        return self._scanner.listed(self._alias)

    # ---- parse -----------------------------------------------------------------------------------

    def _parse(self, token: Token) -> Parse:
        source = self._parse_source(token)
        regex = self._scanner.regex()
        if regex:
            aliases = self._aliases() if self._scanner.takes("as") else ()
            multi = bool(self._scanner.takes("multi"))
            return self._parsed(token, source, "regex", regex.text, aliases, multi=multi)
        if self._scanner.peek().kind == "string":
            pattern = self._scanner.take().string
            self._scanner.need("as")
            aliases = self._aliases()
            if pattern.count("*") != len(aliases):
                raise MalformedQuery(
                    f"parse has {pattern.count('*')} wildcards and {len(aliases)} aliases",
                    token.start,
                    self._scanner.last_end - 1,
                )
            return self._parsed(token, source, "glob", pattern, aliases)
        mode = self._scanner.need("logfmt", "csv")
        self._scanner.need("as")
        aliases = self._aliases()
        if mode == "logfmt" and len(aliases) != 1:
            self._scanner.fail()
        return self._parsed(token, source, mode, "", aliases)

    def _parse_source(self, token: Token) -> Expression:
        """The field, or the message where there is none."""
        following = self._scanner.regex_is_next() or self._scanner.peek().kind == "string"
        if following or self._scanner.peek().word in ("logfmt", "csv"):
            return Field(steps=("@message",), start=token.end, end=token.end)
        return self._expressions.expression(above=_ONLY_OPERANDS)

    def _json(self, token: Token) -> Parse:
        source: Expression = Field(steps=("@message",), start=token.end, end=token.end)
        if self._scanner.takes("field"):
            self._scanner.need("=")
            source = self._expressions.field()
        path = self._scanner.string()
        self._scanner.need("as")
        return self._parsed(token, source, "json", path, (self._alias(),))

    def _parsed(
        self,
        token: Token,
        source: Expression,
        mode: str,
        pattern: str,
        aliases: tuple[Alias, ...],
        *,
        multi: bool = False,
    ) -> Parse:
        return Parse(
            start=token.start,
            word="parse",
            source=source,
            mode=mode,
            pattern=pattern,
            aliases=aliases,
            multi=multi,
        )

    # ---- sort, limit, dedup, unnest --------------------------------------------------------------

    def _sort(self, token: Token) -> Sort:
        self._scanner.takes("by")  # one of AWS's samples has it
        return Sort(start=token.start, word="sort", keys=self._scanner.listed(self._sort_key))

    def _sort_key(self) -> tuple[Column, bool]:
        return self._column(), self._scanner.takes("asc", "desc") == "desc"

    def _limit(self, token: Token) -> Limit:
        first_found = bool(self._scanner.takes("any"))
        number = self._scanner.take()
        if number.kind != "number" or not number.text.isdigit():
            raise unexpected(number)
        count = int(number.text)
        if not 1 <= count <= LARGEST_LIMIT:
            raise MalformedQuery(f"limit must be between 1 and {LARGEST_LIMIT}", number.start, number.end - 1)
        return Limit(start=token.start, word="limit", count=count, first_found=first_found)

    def _dedup(self, token: Token) -> Dedup:
        fields = self._scanner.listed(self._expressions.field)
        return Dedup(start=token.start, word="dedup", fields=fields)

    def _unnest(self, token: Token) -> Unnest:
        field = self._expressions.expression(above=_ONLY_OPERANDS)
        self._scanner.need("into")
        return Unnest(start=token.start, word="unnest", field=field, into=self._alias())

    # ---- join, SOURCE ----------------------------------------------------------------------------

    def _join(self, token: Token) -> Join:
        options: dict[str, str] = {}
        while (option := self._scanner.takes("type", "left", "right")) and option not in options:
            self._scanner.need("=")
            options[option] = self._scanner.take().text
        if not {"left", "right"} <= options.keys() or options.get("type", "inner") not in ("inner", "left"):
            self._scanner.fail()
        self._scanner.need("where")
        sides = {each.steps[0]: each for each in self._equal_fields()}
        if sides.keys() != {options["left"], options["right"]}:
            self._scanner.fail()
        self._scanner.need("(")
        other = self._subquery()
        self._scanner.need(")")
        return Join(
            start=token.start,
            word="join",
            keep_all=options.get("type") == "left",
            left=options["left"],
            right=options["right"],
            key=sides[options["left"]],
            other_key=sides[options["right"]],
            other=other,
        )

    def _equal_fields(self) -> tuple[Field, Field]:
        first = self._expressions.field()
        self._scanner.need("=")
        return first, self._expressions.field()

    def _source(self) -> Source:
        self._scanner.take()
        if self._scanner.takes("loggroups"):
            return self._chosen_groups()
        if only_aws := self._scanner.takes("loggrouptags", "datasource"):
            raise QueryNotSimulated(f"SOURCE {only_aws}")
        names = self._scanner.listed(self._scanner.string)
        return Source(groups=names, begin=self._shift("start"), end=self._shift("end"))

    def _shift(self, word: str) -> str:
        if not self._scanner.takes(word):
            return ""
        self._scanner.need("=")
        sign = self._scanner.takes("-")
        token = self._scanner.take()
        if token.kind not in ("number", "period"):
            raise unexpected(token)
        return f"{sign}{token.text}"

    def _chosen_groups(self) -> Source:
        """All of the account and of those that are linked to it, as far as no option leaves some out."""
        self._scanner.need("(")
        found: dict[str, tuple[str, ...]] = {}
        while self._scanner.peek().word != ")":
            if found:
                self._scanner.need(",")
            option = self._scanner.need("nameprefix", "accountidentifiers", "class")
            self._scanner.need(":")
            found[option] = self._strings()
        self._scanner.need(")")
        return Source(
            prefixes=found.get("nameprefix", ()),
            accounts=found.get("accountidentifiers", ()),
            group_class=found.get("class", ()),
            begin=self._shift("start"),
            end=self._shift("end"),
        )

    def _strings(self) -> tuple[str, ...]:
        """A list of strings, maybe empty; or one string, as the console writes a class."""
        if not self._scanner.takes("["):
            return (self._scanner.string(),)
        found = () if self._scanner.peek().word == "]" else self._scanner.listed(self._scanner.string)
        self._scanner.need("]")
        return found


_ONLY_OPERANDS: Final = 100  # no operator holds so strongly
