"""Full-text search over subjects and messages (PostgreSQL; no other engine).

Newest first. A page of answers must cost the same for a rare word and for one in every ticket, in a thousand tickets
and in a million: each search document also holds a word for its thousand ("@b12"), so the index itself can be asked for
"these words, among the newest" before it is asked for everything.
"""

from collections.abc import Iterable, Sequence

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection
from django.db.models import F, QuerySet

from accounts.models import User
from lib.numbers import read_number
from tickets.models import Audience, Ticket

CONFIG = "english"
MAX_CHARS = 60_000  # of one message; a tsvector holds 1 MB
MAX_LEXEMES = 20_000  # of one ticket; later messages of a monster thread are found by their ticket's other words
MAX_QUERY = 200
BUCKET = 1024  # tickets that share a bucket word
STEPS = (1, 2, 8)  # buckets asked at a time, from the newest on, before all of them
RANKED = 100  # newest answers among which the best are looked for


def bucket_word(number: int) -> str:
    """The word that a ticket shares with its neighbours by number. No text can hold it: words have no "@b"."""
    return f"@b{number // BUCKET}"


def bucket_sql(number: str) -> str:
    """The same as a tsvector, in SQL: for who fills search documents in bulk. `number` is a column."""
    return f"array_to_tsvector(ARRAY['@b' || ({number} / {BUCKET})])"


def index_text(ticket: Ticket, text: str, audience: str) -> None:
    """Add words to a ticket's search document: one statement."""
    index_texts([(ticket, text, audience)])


def index_texts(texts: Iterable[tuple[Ticket, str, str]]) -> None:
    """The same for several, each ticket once: (ticket, words, audience). One statement."""
    tickets, words, audiences = zip(*texts, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO tickets_searchdocument AS doc (ticket_id, public, internal)
            SELECT id, CASE WHEN is_public THEN words || place ELSE place END, words || place
              FROM (SELECT id, is_public, to_tsvector('{CONFIG}', text) AS words, {bucket_sql("id")} AS place
                      FROM unnest(%s::bigint[], %s::text[], %s::boolean[]) AS new(id, text, is_public) OFFSET 0) AS new
            ON CONFLICT (ticket_id) DO UPDATE
               SET internal = doc.internal || excluded.internal, public = doc.public || excluded.public
             WHERE length(doc.internal) < {MAX_LEXEMES}
            """,  # noqa: S608 - only constants are formatted in
            [
                [ticket.pk for ticket in tickets],
                [clean(text, MAX_CHARS) for text in words],
                [audience == Audience.PUBLIC for audience in audiences],
            ],
        )


def index_anew(ticket: Ticket) -> None:
    """Make a ticket's search document again, of the words it holds now."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tickets_searchdocument WHERE ticket_id = %s", [ticket.pk])
    index_text(ticket, ticket.subject, Audience.PUBLIC)
    for body, audience in ticket.messages.values_list("body", "audience").iterator():
        index_text(ticket, body, audience)


def clean(text: str, most: int) -> str:
    """Text as PostgreSQL takes it."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()[:most]


def search(tickets: QuerySet[Ticket], query: str, *, internal: bool, buckets: Sequence[str] = ()) -> QuerySet[Ticket]:
    """Those of `tickets` that hold every word of `query` (web search syntax: "a phrase", -not, or).

    `internal`: whether words of internal notes count. `buckets`: only tickets of these bucket words.
    """
    column = "internal" if internal else "public"
    wanted, params = f"websearch_to_tsquery('{CONFIG}', %s)", [clean(query, MAX_QUERY)]
    if buckets:
        wanted += " && %s::tsquery"
        params.append(" | ".join(f"'{word}'" for word in buckets))
    return tickets.extra(  # noqa: S610 - only constants are formatted in
        tables=["tickets_searchdocument"],
        where=[
            "tickets_searchdocument.ticket_id = tickets_ticket.id",
            f"tickets_searchdocument.{column} @@ ({wanted})",
        ],
        params=params,
    )


def newest_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM tickets_ticket")
        return cursor.fetchone()[0] or 0


def buckets_before(bucket: int, count: int) -> list[str]:
    """The bucket words of this bucket and of those before it, `count` of them at most."""
    return [bucket_word(place * BUCKET) for place in range(bucket, max(-1, bucket - count), -1)]


def number_in(query: str) -> int | None:
    """The ticket number that a query is, as "#1042" or "1042"."""
    return read_number(query.strip().removeprefix("#"))


def find(user: User, query: str, *, before: int | None = None, size: int = 25) -> list[int]:
    """Numbers of the tickets this person may see that hold every word of `query`, newest first.

    The desk finds words of internal notes too; a requester only what is public, of her own tickets. `before`: the
    number where the last page ended.
    """
    visible = Ticket.objects.visible_to(user)
    if before is not None:
        visible = visible.filter(pk__lt=before)
    if not clean(query, MAX_QUERY).strip():
        return []

    def ask(buckets: Sequence[str], most: int) -> list[int]:
        matches = search(visible, query, internal=user.is_desk, buckets=buckets)
        # "+ 0" keeps the planner from walking back through all documents, each of which it would have to unpack.
        return list(matches.order_by((F("pk") + 0).desc()).values_list("pk", flat=True)[:most])

    if user.is_desk:  # the few tickets of a requester need no such care
        found: list[int] = []
        bucket = (newest_number() if before is None else before) // BUCKET
        for count in STEPS:
            if bucket < 0:
                break
            found += ask(buckets_before(bucket, count), size - len(found))
            if len(found) == size:
                return found
            bucket -= count
    return ask((), size)


def best(user: User, query: str, *, size: int = 25) -> list[int]:
    """The best matches among the newest RANKED ones: by how often and how near each other the words are."""
    newest = find(user, query, size=RANKED)
    column = "search__internal" if user.is_desk else "search__public"
    wanted = SearchQuery(clean(query, MAX_QUERY), config=CONFIG, search_type="websearch")
    ranked = Ticket.objects.filter(pk__in=newest).annotate(rank=SearchRank(F(column), wanted, normalization=1))
    return list(ranked.order_by("-rank", "-pk").values_list("pk", flat=True)[:size])
