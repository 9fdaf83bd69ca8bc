"""Which alerts are noise: by source and alert name, what fired, what it opened, and whether anybody had to do anything.

A name is the label `alertname`, else the title with "*" for each word that has a digit, so that “Disk 3 of web-12 is
full” and “Disk 4 of web-7 is full” are one name, which a silence can be given as it is. Nothing is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import BoolOr
from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from accounts.models import Role, User
from integrations.models import Alert, Source
from reports.measures import Period
from reports.noise_rules import LONGEST_GAP, LONGEST_PAUSE, Facts
from tickets.models import Channel, Event, Kind, Resolution
from tickets.states import Status

# What counts as a person having done something. Taking note, tags, closing and cancelling are not: noise asks for those
# as well.
ACTS = (
    Kind.REPLIED, Kind.NOTED, Kind.ASSIGNED, Kind.TEAM_CHANGED, Kind.SEVERITY_CHANGED, Kind.PROMISED, Kind.RESOLVED,
    Kind.HANDED_OVER, Kind.HANDOVER_ACCEPTED, Kind.MERGED,
)  # fmt: skip
AT_WORK = (Status.DIAGNOSING, Status.WAITING, Status.ON_HOLD)
SORTS = {
    "noise": "cleared DESC, fired DESC",
    "name": "lower(name), source_id",
    "fired": "fired DESC",
    "opened": "opened DESC, fired DESC",
    "acted": "acted DESC, fired DESC",
    "cleared": "cleared DESC, opened DESC",
    "paged": "paged DESC, fired DESC",
    "median": "median DESC NULLS LAST",
}
OF = {
    "fired": ("Fired", "TRUE"),
    "held": ("Held back by a silence", "silence_id IS NOT NULL"),
    "opened": ("Opened a ticket", "opened"),
    "acted": ("Somebody acted on its ticket", "opened AND acted"),
    "cleared": ("Cleared by itself", "cleared"),
    "paged": ("Paged somebody", "opened AND paged > 0"),
}
MOST = 1_000  # rows of the page

# seen: alerts of the period that the reader may see; told: what was done on tickets. A ticket is opened by the first of
# its alerts, unless it was there before the period.
_NAMED = r"""
WITH seen AS ({seen}), told AS ({told}), named AS (
  SELECT seen.*,
    CASE WHEN coalesce(label, '') <> '' THEN label ELSE regexp_replace(title, '\w*[0-9]\w*', '*', 'g') END AS name,
    coalesce(label, '') <> '' AS by_label,
    opened_at >= %s AND row_number() OVER (PARTITION BY ticket_id ORDER BY id) = 1 AS opened,
    extract(epoch FROM first_seen_at - lag(resolved_at) OVER (PARTITION BY source_id, key ORDER BY id)) AS pause,
    CASE WHEN group_id IS NOT NULL THEN
      extract(epoch FROM first_seen_at - lag(first_seen_at) OVER (PARTITION BY group_id ORDER BY id)) END AS gap
  FROM seen
), noted AS (
  SELECT named.*, coalesce(told.acted, FALSE) AS acted, coalesce(told.paged, 0) AS paged,
    opened AND resolution = %s AND NOT coalesce(told.acted, FALSE) AS cleared
  FROM named LEFT JOIN told ON told.ticket_id = named.ticket_id
)"""
_ROWS = """
SELECT source_id, name, by_label, count(*) AS fired, sum(count)::bigint AS readings,
  count(*) FILTER (WHERE silence_id IS NOT NULL) AS held, count(*) FILTER (WHERE opened) AS opened,
  count(*) FILTER (WHERE opened AND acted) AS acted, count(*) FILTER (WHERE cleared) AS cleared,
  coalesce(sum(paged) FILTER (WHERE opened), 0)::bigint AS paged,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM resolved_at - first_seen_at)) AS median,
  min(array_position(ARRAY['critical', 'error', 'warning', 'info'], severity::text)) AS worst,
  count(*) FILTER (WHERE pause BETWEEN 0 AND {pause}) AS again,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY pause) FILTER (WHERE pause BETWEEN 0 AND {pause}) AS pause,
  count(*) FILTER (WHERE opened AND gap <= {gap}) AS near,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY gap) FILTER (WHERE opened AND gap <= {gap}) AS gap
FROM noted GROUP BY source_id, name, by_label ORDER BY {order}, source_id, name LIMIT {most}"""


@dataclass(frozen=True)
class Row:
    """One alert name of one source. `fired`: alerts that began; `readings`: those and their repeats. `median`: seconds
    from firing to recovered. The others as in noise_rules.Facts."""

    source: Source
    name: str
    by_label: bool
    fired: int
    readings: int
    held: int
    opened: int
    acted: int
    cleared: int
    paged: int
    median: float | None
    worst: int | None
    again: int
    pause: float | None
    near: int
    gap: float | None

    @property
    def severity(self) -> int:
        """The worst it had, 1 to 4."""
        return self.worst or self.source.severity

    @property
    def is_telling(self) -> bool:
        """Whether the name says something: a silence for “*” would hold back everything."""
        return sum(letter.isalpha() for letter in self.name) >= 3

    def facts(self, *, is_silenced: bool) -> Facts:
        """As the rules read it."""
        return Facts(
            opened=self.opened, acted=self.acted, cleared=self.cleared, fired=self.fired, paged=self.paged,
            severity=self.severity, again=self.again, pause=self.pause, near=self.near, gap=self.gap,
            quiet_minutes=self.source.quiet_minutes, group_minutes=self.source.group_minutes,
            is_telling=self.is_telling, is_silenced=is_silenced,
        )  # fmt: skip


def rows(user: User, period: Period, *, sort: str = "noise", most: int = MOST) -> list[Row]:
    """The names that fired in the period, of what this person may see: three statements."""
    prefix, params = noted(user, period)
    sql = prefix + _ROWS.format(pause=LONGEST_PAUSE, gap=LONGEST_GAP, order=SORTS[sort], most=int(most))
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description or ()][1:]
        found = cursor.fetchall()
    sources = Source.objects.in_bulk({row[0] for row in found})
    return [Row(source=sources[row[0]], **dict(zip(names, row[1:], strict=True))) for row in found]


def alerts(user: User, period: Period, *, source: int, name: str, of: str) -> QuerySet[Alert]:
    """The alerts behind a number of a row, newest first."""
    prefix, params = noted(user, period, source=source)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{prefix} SELECT id FROM noted WHERE name = %s AND ({OF[of][1]})",  # noqa: S608 - of the allow-list
            [*params, name],
        )
        found = [pk for (pk,) in cursor.fetchall()]
    return Alert.objects.filter(pk__in=found).select_related("ticket", "source").order_by("-pk")


def noted(user: User, period: Period, *, source: int | None = None) -> tuple[str, Sequence[Any]]:
    """The statement's beginning and its parameters: each alert of the period with its name and what became of it."""
    seen = Alert.objects.visible_to(user).filter(period.within("first_seen_at"), count__gt=0)
    if source is not None:
        seen = seen.filter(source=source)
    columns = (
        "id", "source_id", "key", "group_id", "ticket_id", "title", "count", "severity", "first_seen_at",
        "resolved_at", "silence_id",
    )  # fmt: skip
    shown = seen.order_by().values(
        *columns, label=KeyTextTransform("alertname", "labels"), opened_at=F("ticket__opened_at"),
        resolution=F("ticket__resolution"),
    )  # fmt: skip
    seen_sql, seen_params = shown.query.sql_with_params()
    told_sql, told_params = told(period).query.sql_with_params()
    params = [*seen_params, *told_params, period.start, Resolution.RECOVERED.value]
    return _NAMED.format(seen=seen_sql, told=told_sql), params


def told(period: Period) -> QuerySet[Any, Any]:
    """Of each ticket that came by alert: whether a person acted, and how often somebody was paged."""
    people = [role.value for role in (Role.ADMIN, Role.MANAGER, Role.AGENT)]
    moved = Q(kind=Kind.STATUS_CHANGED.value, data__to__in=[status.value for status in AT_WORK])
    acted = (Q(kind__in=[kind.value for kind in ACTS]) | moved) & Q(actor__role__in=people)
    paged = Q(kind=Kind.PAGED.value, data__skipped__isnull=True)  # a step that found nobody to call woke nobody
    lines = Event.objects.filter(acted | paged, at__gte=period.start, ticket__channel=Channel.ALERT.value)
    return lines.order_by().values("ticket_id").annotate(
        acted=BoolOr(acted), paged=Count("pk", filter=paged)
    )  # fmt: skip
