"""Rows in an order that people give them, one place up or down at a time."""

from typing import Any

from django.db.models import QuerySet


def move(rows: QuerySet[Any], pk: int, *, up: bool) -> bool:
    """One place up or down by `position`; False at the end, and for a row that is gone. All rows are locked, in the
    caller's transaction: two who move at once take turns."""
    found = list(rows.select_for_update(of=("self",)).order_by("position", "pk"))
    here = next((index for index, row in enumerate(found) if row.pk == pk), None)
    there = None if here is None else here + (-1 if up else 1)
    if here is None or there is None or not 0 <= there < len(found):
        return False
    found[here], found[there] = found[there], found[here]
    for position, row in enumerate(found, start=1):
        row.position = position
    rows.model._default_manager.bulk_update(found, ["position"])
    return True
