"""Statements that the ORM writes once, for pages that ask the same of other rows each time.

Django takes longer to write a statement than PostgreSQL to answer it. `Written` lets it write with stand-ins, finds
those among the parameters, and from then on sends the statement with real values in their place.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet
from django.db.models.query import ModelIterable, get_related_populators

R = TypeVar("R")
FIRST = -(2**40)  # stand-ins go down from here: numbers that fit a key and that nothing has


@dataclass(frozen=True, slots=True)
class Statement:
    """`params` holds at each place the name of the value that goes there; without one, its own goes. `make` turns a row
    into a result."""

    sql: str
    params: list[tuple[str, Any]]
    convert: list[tuple[int, list[Callable[..., Any]], Any]]
    make: Callable[[Any], Any]

    @classmethod
    def of(cls, queryset: QuerySet[Any, Any], stand_ins: dict[str, Any]) -> "Statement":
        """The statement of a queryset that was asked for these values: they are found again by value and type."""
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, given = compiler.as_sql()
        params = [
            (next((name for name, value in stand_ins.items() if type(value) is type(one) and value == one), ""), one)
            for one in given
        ]
        converters = compiler.get_converters([column[0] for column in compiler.select])
        return cls(
            sql=sql,
            params=params,
            convert=[(place, functions, column) for place, (functions, column) in converters.items()],
            make=maker(queryset, compiler),
        )

    def run(self, values: dict[str, Any]) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, [values[name] if name else value for name, value in self.params])
            rows = cursor.fetchall()
        if self.convert:
            rows = [list(row) for row in rows]
            for row in rows:
                for place, converters, expression in self.convert:
                    for converter in converters:
                        row[place] = converter(row[place], expression, connection)
        return [self.make(row) for row in rows]


class Written(Generic[R]):
    """`rows(*kind, **stand-ins)` → a queryset, called once for each kind; `ask(*kind, **values)` → its results.

    `rows` gets a number for each of `names`, which may only become a parameter: nothing may be decided by it. What is
    decided by (a role, an order) belongs into `kind`. A stand-in that the statement does not ask for raises TypeError,
    unless it is one of `maybe`, which some kinds do without.
    """

    def __init__(self, rows: Callable[..., QuerySet[Any, Any]], *names: str, maybe: tuple[str, ...] = ()) -> None:
        self.rows, self.names, self.maybe = rows, (*names, *maybe), maybe
        self.statements: dict[tuple[Hashable, ...], Statement] = {}

    def ask(self, *kind: Hashable, **values: Any) -> list[R]:
        if kind not in self.statements:
            self.statements[kind] = self.write(kind)
        return self.statements[kind].run(values)

    def write(self, kind: tuple[Hashable, ...]) -> Statement:
        stand_ins = {name: FIRST - place for place, name in enumerate(self.names)}
        queryset = self.rows(*kind, **stand_ins)
        statement = Statement.of(queryset, stand_ins)
        if missing := set(self.names) - set(self.maybe) - {name for name, _ in statement.params}:
            raise TypeError(f"{statement.sql} does not ask for {', '.join(sorted(missing))}.")
        return statement


def maker(queryset: QuerySet[Any, Any], compiler: Any) -> Callable[[Any], Any]:
    """How a row becomes what the queryset would have given: an instance with its related ones, or a tuple."""
    if queryset._iterable_class is not ModelIterable:
        return tuple
    select, info = compiler.select, compiler.klass_info
    first, last = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column[0].target.attname for column in select[first:last]]
    related = get_related_populators(info, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]  # stubs of Django 6
    annotations = list((compiler.annotation_col_map or {}).items())

    def make(row: Any) -> Any:
        found = info["model"].from_db(DEFAULT_DB_ALIAS, names, row[first:last])
        for populator in related:
            populator.populate(row, found)
        for name, place in annotations:
            setattr(found, name, row[place])
        return found

    return make
