"""Which mails went before: what In-Reply-To and References of a letter name."""

import re
from collections import defaultdict
from collections.abc import Sequence

from django.db import connection

from deliveries.references import Side
from integrations.mail import arrival
from tickets.models import Kind

LOOKED_AT = 200  # newest letters of a ticket, whoever got them
MAILS = 20  # newest mails of a ticket
LONGEST = 254  # of a longer id only the beginning is kept (integrations.models.Mail)
_ID = re.compile(r"[!-;=?-~]+")  # fit for a header: printable ASCII, no blank, no angle brackets

# Letters to each reader, and whatever the asking side sent (user NULL: part of everybody's thread). By time.
_ASK = """
SELECT ticket_id, user_id, message_id FROM (
    SELECT newest.* FROM unnest(%s::bigint[]) AS asked(ticket) CROSS JOIN LATERAL (
        SELECT id, ticket_id, user_id, message_id, created_at AS at FROM deliveries_delivery
         WHERE ticket_id = asked.ticket AND user_id = ANY(%s) ORDER BY id DESC LIMIT %s) AS newest
    UNION ALL
    SELECT came.* FROM unnest(%s::bigint[]) AS asked(ticket) CROSS JOIN LATERAL (
        SELECT mail.inbound_id, mail.ticket_id, NULL::bigint, mail.mail_id, mail.received_at
          FROM integrations_mail mail LEFT JOIN accounts_user author ON author.id = mail.author_id
         WHERE mail.ticket_id = asked.ticket AND mail.outcome IN ('created', 'appended') AND mail.mail_id <> ''
               AND coalesce(author.role, 'requester') = 'requester'
         ORDER BY mail.received_at DESC LIMIT %s) AS came
) AS earlier ORDER BY at, user_id NULLS FIRST, id
"""


def earlier_ids(lines: Sequence[tuple[str, int, int]]) -> dict[tuple[int, int], list[str]]:
    """(kind of event, ticket, user) → Message-IDs by (ticket, user), oldest first, in angle brackets: what each of them
    already has of this ticket, and the mails of the asking side. One statement; none for a ticket's first letters."""
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    asked = {(ticket, user) for kind, ticket, user in lines if kind != Kind.OPENED}
    if asked:
        tickets, users = sorted({ticket for ticket, _ in asked}), sorted({user for _, user in asked})
        with connection.cursor() as cursor:
            cursor.execute(_ASK, [tickets, users, LOOKED_AT, tickets, MAILS])
            for ticket, reader, message_id in cursor.fetchall():
                if reader is not None:
                    found[ticket, reader].append(message_id)
                elif usable(message_id):
                    for user in users:
                        found[ticket, user].append(f"<{message_id}>")
    for kind, ticket, user in lines:
        if kind in (Kind.OPENED, Kind.RECEIVED):
            mail = arrival.current(ticket)
            if mail and usable(mail.message_id):  # its row is written after the verb that it causes
                found[ticket, user].append(f"<{mail.message_id}>")
    return found


def without_notes(ids: Sequence[str]) -> list[str]:
    """Without letters whose answers become internal notes (deliveries.references.Side.NOTE)."""
    return [one for one in ids if not one.startswith(f"<{Side.NOTE}.")]


def usable(message_id: str) -> bool:
    """Whether a stranger's id may stand in a header of ours."""
    return len(message_id) <= LONGEST and bool(_ID.fullmatch(message_id))
