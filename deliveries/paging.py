"""Pages of deliveries by cursor: each costs the same, however deep, and none is shown twice while letters arrive."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.http import QueryDict

from deliveries.models import Delivery, DeliveryQuerySet
from lib.numbers import read_number

SIZE = 30


@dataclass(frozen=True)
class Page:
    """Newest first; `newer`, `older`: the query strings of the neighbours, or None."""

    rows: list[Delivery]
    newer: str | None
    older: str | None


def page_of(rows: DeliveryQuerySet, given: QueryDict) -> Page:
    """The page that `?before=` or `?after=` a row asks for, in one statement. Nonsense shows the newest."""
    rows = rows.select_related("user", "event").defer("body_text", "body_html", "headers")
    before, after = cursor(given.get("before", "")), cursor(given.get("after", ""))
    if after:
        at, pk = after
        rows = rows.filter(Q(created_at=at, pk__gt=pk) | Q(created_at__gt=at), created_at__gte=at)
        found = list(rows.order_by("created_at", "pk")[: SIZE + 1])
    else:
        if before:
            at, pk = before
            rows = rows.filter(Q(created_at=at, pk__lt=pk) | Q(created_at__lt=at), created_at__lte=at)
        found = list(rows.order_by("-created_at", "-pk")[: SIZE + 1])
    more, shown = len(found) > SIZE, found[:SIZE]
    if after:
        shown.reverse()
    newer = more if after else bool(before)
    older = True if after else more
    return Page(
        shown, link(given, "after", shown[:1]) if newer else None, link(given, "before", shown[-1:]) if older else None
    )


def cursor(value: str) -> tuple[datetime, int] | None:
    """`<instant>_<id>` of a row somebody saw."""
    instant, _, pk = value.partition("_")
    try:
        at = datetime.fromisoformat(instant)
    except ValueError:
        return None
    key = read_number(pk)
    return (at, key) if at.tzinfo and key is not None else None


def link(given: QueryDict, side: str, rows: list[Delivery]) -> str | None:
    """The query string of the page on one side of a row, with the filters as they are."""
    if not rows:
        return None
    query = given.copy()
    query.pop("before", None)
    query.pop("after", None)
    query[side] = f"{rows[0].created_at.isoformat()}_{rows[0].pk}"
    return f"?{query.urlencode()}"
