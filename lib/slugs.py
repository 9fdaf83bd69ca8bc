"""Short names for addresses."""

from typing import Any

from django.db.models import QuerySet
from django.utils.text import slugify

LONGEST = 60


def free_slug(rows: "QuerySet[Any]", name: str) -> str:
    """A slug made of `name` that none of the rows has: "front-end", "front-end-2". The constraint has the last word."""
    wanted = slugify(name)[: LONGEST - 4] or "item"
    taken = set(rows.filter(slug__startswith=wanted).values_list("slug", flat=True))
    return next(slug for n in range(1, len(taken) + 2) if (slug := wanted if n == 1 else f"{wanted}-{n}") not in taken)
