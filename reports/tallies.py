"""The compliance table as it is laid out: a part for every obligation, a row for every group, the worst first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.models import Organisation, Team, User
from catalog.models import Site
from reports.asked import Asked
from sla.compliance import Tally, Window, tally
from sla.models import Obligation
from tickets.models import Severity, teams_hidden_from

SHOWN = 30  # rows of a part; the file has them all
NOBODY = {"team": "No team", "site": "No site", "organisation": "No organisation"}


@dataclass(frozen=True)
class Line:
    """One row: its name, its numbers, and the query strings that lead to it and to what it missed."""

    name: str
    tally: Tally
    link: str
    missed: str


@dataclass(frozen=True)
class Part:
    """One obligation: all of it, and group by group. `hidden` rows are left to the file."""

    label: str
    all: Line
    lines: Sequence[Line]
    hidden: int


def named(by: str, keys: set[int], user: User) -> Mapping[int, str]:
    """key -> name, of the groups this person may know of: at most one statement."""
    if by == "severity":
        return {value: str(label) for value, label in Severity.choices}
    rows: dict[str, QuerySet[Any]] = {
        "team": Team.objects.exclude(pk__in=teams_hidden_from(user)),
        "site": Site.objects.all(),
        "organisation": Organisation.objects.all(),
    }
    return dict(rows[by].filter(pk__in=keys).values_list("pk", "name"))


def rows(window: Window, asked: Asked, user: User) -> list[tuple[str, str, Tally]]:
    """(obligation, group's name, numbers), the most missed first: two statements."""
    found = tally(window, asked.by)
    names = named(asked.by, {row.group for row in found if row.group is not None}, user)
    order = [obligation.value for obligation in Obligation]
    found.sort(key=lambda row: (order.index(row.obligation), *place(asked.by, row)))
    return [(row.obligation, name_of(asked.by, row.group, names), row) for row in found]


def place(by: str, row: Tally) -> tuple[int, int]:
    """P1 to P4 in their order; anything else by what was missed."""
    return (row.group or 0, 0) if by == "severity" else (-row.breached, -row.decided)


def name_of(by: str, group: int | None, names: Mapping[int, str]) -> str:
    return NOBODY.get(by, "None") if group is None else names.get(group, f"#{group}")


def parts(found: Sequence[tuple[str, str, Tally]], asked: Asked) -> list[Part]:
    """What the page prints; an obligation without any clock is left out."""
    made = []
    for obligation in Obligation:
        mine = [(name, row) for key, name, row in found if key == obligation.value]
        if not mine:
            continue
        whole = Tally(obligation.value, None)
        for _, row in mine:
            whole += row
        lines = [line(asked, name, row) for name, row in mine[:SHOWN]]
        every = asked.link(obligation=obligation.value)
        made.append(Part(str(obligation.label), Line("All", whole, every, every), lines, len(mine) - len(lines)))
    return made


def line(asked: Asked, name: str, row: Tally) -> Line:
    """A row with its links; tickets without a group have none."""
    if row.group is None:
        return Line(name, row, "", "")
    only = {asked.by: row.group}
    return Line(name, row, asked.link(**only), asked.link(obligation=row.obligation, **only))
