"""Pages of tickets by cursor: each page costs the same, however deep, and none is shown twice while tickets arrive."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, F, Func, OrderBy, QuerySet, Value
from django.utils.dateparse import parse_datetime

from tickets.models import Ticket

PAGE = 25
Fetch = Callable[[QuerySet[Ticket]], list[Any]]
Key = list[Any]  # [the sort column's value, the ticket's number], or [the number] alone


@dataclass(frozen=True)
class Sort:
    """An order by (column, id). `empty_last`: the column may be NULL, and then comes last."""

    name: str
    column: str = ""
    descending: bool = False
    empty_last: bool = False

    @property
    def columns(self) -> list[str]:
        return [self.column, "id"] if self.column else ["id"]

    def key(self, row: Any) -> Key:
        return [getattr(row, column) for column in self.columns]


SORTS = {
    "due": Sort("Due first", "next_due_at", empty_last=True),
    "newest": Sort("Newest first", descending=True),
    "oldest": Sort("Oldest first"),
    "activity": Sort("Latest activity", "last_event_at", descending=True),
    "severity": Sort("Severity", "severity"),
}


class Beyond(Func):
    """(a, b) > (x, y) as PostgreSQL compares rows, so that one index range answers a page."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, columns: Sequence[str], values: Sequence[Any], *, greater: bool) -> None:
        n = len(columns)
        left, right = ", ".join(["{}"] * n), ", ".join(["{}"] * n)
        self.shape = f"(({left}) {'>' if greater else '<'} ({right}))"
        super().__init__(*map(F, columns), *map(Value, values))

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        return self.shape.format(*[sql for sql, _ in parts]), [value for _, values in parts for value in values]


@dataclass
class Page:
    """Rows of one page: tickets, unless read as something else. `next` and `prev` are cursors, empty where there is
    nothing further."""

    rows: list[Any] = field(default_factory=list)
    next: str = ""
    prev: str = ""


def encode(name: str, way: str, key: Key) -> str:
    """An opaque cursor. It opens nothing: it only says where in an order a page begins."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in key]
    return base64.urlsafe_b64encode(json.dumps([name, way, *plain]).encode()).decode().rstrip("=")


def decode(cursor: str, name: str) -> tuple[str, Key] | None:
    """(way, key) of a cursor of this order; None for anything else."""
    sort = SORTS[name]
    try:
        padded = cursor[:300].encode("ascii") + b"=" * (-len(cursor[:300]) % 4)
        said, way, *key = json.loads(base64.urlsafe_b64decode(padded))
        if said != name or way not in ("next", "prev") or len(key) != len(sort.columns):
            return None
        if not isinstance(key[-1], int) or not 0 <= key[-1] < 2**63:
            return None
        if sort.column.endswith("_at") and key[0] is not None:
            key[0] = parse_datetime(key[0])
            return (way, key) if key[0] is not None and key[0].tzinfo else None
        whole = sort.column != "severity" or (isinstance(key[0], int) and 0 <= key[0] < 10)
        return (way, key) if whole and (key[0] is not None or sort.empty_last) else None
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None


def ordering(sort: Sort, *, backwards: bool) -> list[OrderBy]:
    down = sort.descending != backwards
    return [F(column).desc() if down else F(column).asc() for column in sort.columns]


def read(
    tickets: QuerySet[Ticket], sort: Sort, *, way: str, key: Key | None, size: int, fetch: Fetch = list
) -> list[Any]:
    """Up to `size` tickets beyond `key`, nearest first. A second statement only where dates end and blanks begin."""
    backwards = way == "prev"
    ordered = tickets.order_by(*ordering(sort, backwards=backwards))
    if key is None:
        return fetch(ordered[:size])
    greater = sort.descending == backwards
    if not sort.empty_last:
        return fetch(ordered.filter(Beyond(sort.columns, key, greater=greater))[:size])
    filled, blank = {f"{sort.column}__isnull": False}, {f"{sort.column}__isnull": True}
    by_number = Beyond(["id"], key[-1:], greater=greater)
    by_both = Beyond(sort.columns, key, greater=greater)
    if backwards:
        first = ordered.filter(by_number, **blank) if key[0] is None else ordered.filter(by_both)
        then = ordered.filter(**filled) if key[0] is None else None
    else:
        first = ordered.filter(by_number, **blank) if key[0] is None else ordered.filter(by_both)
        then = ordered.filter(**blank) if key[0] is not None else None
    rows = fetch(first[:size])
    if then is not None and len(rows) < size:
        rows += fetch(then[: size - len(rows)])
    return rows


def page_of(tickets: QuerySet[Ticket], *, sort: str, cursor: str = "", size: int = PAGE, fetch: Fetch = list) -> Page:
    """One page of `tickets` in an order of SORTS. A cursor that cannot be read means the first page.

    `fetch` reads the tickets it is given as rows, in their order; each has `id` and the column of the order.
    """
    order = SORTS[sort]
    way, key = decode(cursor, sort) or ("next", None)
    rows = read(tickets, order, way=way, key=key, size=size + 1, fetch=fetch)
    return cut(rows, sort=sort, way=way, key=key, size=size)


def cut(rows: list[Any], *, sort: str, way: str = "next", key: Key | None = None, size: int = PAGE) -> Page:
    """A page of rows that were read one further than it goes, nearest to its cursor first."""
    order = SORTS[sort]
    more, rows = len(rows) > size, rows[:size]
    if way == "prev":
        rows.reverse()
    if not rows:
        return Page()
    after = way == "prev" or more
    before = key is not None and (way == "next" or more)
    return Page(
        rows=rows,
        next=encode(sort, "next", order.key(rows[-1])) if after else "",
        prev=encode(sort, "prev", order.key(rows[0])) if before else "",
    )
