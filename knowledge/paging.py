"""Pages of articles by number: ranked lists have no cursor, and a desk has thousands of articles, not millions."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from knowledge.models import Article

PAGE = 20
LAST = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page; `prev`, `next`: the query strings of its neighbours, or None."""

    rows: list[Any]
    number: int
    prev: str | None
    next: str | None


def page_of(articles: QuerySet[Article], given: QueryDict) -> Page:
    """The page that `?page=` asks for: one statement. Nonsense asks for the first."""
    wanted = given.get("page", "")
    number = min(max(int(wanted), 1), LAST) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 6 else 1
    rows = list(articles[(number - 1) * PAGE : number * PAGE + 1])
    more = len(rows) > PAGE and number < LAST
    return Page(
        rows[:PAGE], number, _at(given, number - 1) if number > 1 else None, _at(given, number + 1) if more else None
    )


def _at(given: QueryDict, number: int) -> str:
    query = given.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"
