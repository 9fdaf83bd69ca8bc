"""Full-text search over subjects and messages (PostgreSQL; no other engine)."""

from django.db import connection
from django.db.models import QuerySet

from tickets.models import Audience, Ticket

CONFIG = "english"
MAX_CHARS = 60_000  # of one message; a tsvector holds 1 MB
MAX_LEXEMES = 20_000  # of one ticket; later messages of a monster thread are found by their ticket's other words


def index_text(ticket: Ticket, text: str, audience: str) -> None:
    """Add words to a ticket's search document: one statement."""
    public = audience == Audience.PUBLIC
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO tickets_searchdocument AS doc (ticket_id, public, internal)
            SELECT %(ticket)s, {"words" if public else "''::tsvector"}, words
              FROM to_tsvector('{CONFIG}', %(text)s) AS words
            ON CONFLICT (ticket_id) DO UPDATE
               SET internal = doc.internal || excluded.internal, public = doc.public || excluded.public
             WHERE length(doc.internal) < {MAX_LEXEMES}
            """,  # noqa: S608 - only constants are formatted in
            {"ticket": ticket.pk, "text": text[:MAX_CHARS].replace("\0", "")},
        )


def search(tickets: QuerySet[Ticket], query: str, *, internal: bool) -> QuerySet[Ticket]:
    """Those of `tickets` that hold every word of `query` (web search syntax: "a phrase", -not, or)."""
    column = "internal" if internal else "public"
    return tickets.extra(
        tables=["tickets_searchdocument"],
        where=[
            "tickets_searchdocument.ticket_id = tickets_ticket.id",
            f"tickets_searchdocument.{column} @@ websearch_to_tsquery('{CONFIG}', %s)",
        ],
        params=[query.replace("\0", "")[:200]],
    )
