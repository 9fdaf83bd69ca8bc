"""Whom a letter comes from, in which language and whose words, and what it may promise: one statement for a batch.

From is the mailbox that the ticket's first mail came to, else its site's, else its team's, else the one that has
settings.DEFAULT_FROM_EMAIL, else that address itself, to which nobody may answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.db import connection

from deliveries import references
from deliveries.references import Side
from integrations.mail import arrival
from notifications.languages import Language, LetterKind, Words
from notifications.variables import LANGUAGES
from tickets.models import Kind, Ticket

Asked = tuple[Ticket, str, str]  # the ticket, the letter's kind ("" for the desk's own letters), the kind of event

_ASK = """
SELECT asked.ticket, asked.kind, box.address, box.name, coalesce(nullif(site.language, ''), %s), site.name, team.name,
       own.subject, own.body, clock.names, clock.ends
  FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])
       AS asked(ticket, kind, site, team, mailbox)
  LEFT JOIN catalog_site site ON site.id = asked.site
  LEFT JOIN accounts_team team ON team.id = asked.team
  LEFT JOIN LATERAL (
       SELECT mailbox_id AS id FROM integrations_mail
        WHERE ticket_id = asked.ticket AND mailbox_id IS NOT NULL AND outcome <> 'alert'
        ORDER BY received_at LIMIT 1) came ON true
  LEFT JOIN LATERAL (
       SELECT address, name FROM integrations_mailbox box
        WHERE box.id = coalesce(came.id, asked.mailbox) OR lower(box.address) = %s
              OR box.is_active AND (box.site_id = asked.site OR box.team_id = asked.team)
        ORDER BY box.id = coalesce(came.id, asked.mailbox) DESC NULLS LAST, box.is_active DESC,
              box.site_id = asked.site DESC NULLS LAST, box.team_id = asked.team DESC NULLS LAST, box.id
        LIMIT 1) box ON true
  LEFT JOIN LATERAL (
       SELECT subject, body FROM notifications_ownwords words
        WHERE words.kind = asked.kind AND words.language = coalesce(nullif(site.language, ''), %s)
              AND (words.team_id = asked.team OR words.team_id IS NULL)
        ORDER BY words.team_id NULLS LAST LIMIT 1) own ON true
  LEFT JOIN LATERAL (
       SELECT array_agg(obligation ORDER BY due_at) AS names, array_agg(due_at ORDER BY due_at) AS ends FROM sla_clock
        WHERE ticket_id = asked.ticket AND asked.kind = %s AND due_at IS NOT NULL) clock ON true
"""


@dataclass(frozen=True)
class Letterhead:
    """`mailbox` is the address that answers may go to; "" when there is none. `own` is what somebody wrote instead of
    the words a letter comes with; `due` holds the running deadlines, (obligation, instant), of an acknowledgement."""

    mailbox: str
    name: str
    language: Language
    site: str = ""
    team: str = ""
    own: Words | None = None
    due: tuple[tuple[str, datetime], ...] = ()

    @property
    def address(self) -> str:
        return self.mailbox or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    def sender(self, person: str = "") -> str:
        """From: the desk, or "Ada (Shop support)" when a person of the desk wrote."""
        name = " ".join((f"{person} ({self.name})" if person else self.name).split())
        return formataddr((name, self.address))[:320]

    def answers_to(self, ticket: Ticket, user: int, side: Side) -> str:
        """Reply-To: the mailbox with the signed reference; "" when nobody reads there."""
        if not self.mailbox:
            return ""
        return formataddr((self.name, references.reply_address(self.mailbox, ticket.pk, user, side=side)))

    def words(self, kind: LetterKind) -> Words:
        """What the letter says."""
        return self.own or self.language.letters[kind]


def language_of(code: str) -> Language:
    """The language; the desk's own when it is not known."""
    return LANGUAGES.get(code) or LANGUAGES.get(settings.LETTER_LANGUAGE) or LANGUAGES["en"]


def plain() -> Letterhead:
    """Of letters about no one ticket: the desk's own address, which takes no answers."""
    name = parseaddr(settings.DEFAULT_FROM_EMAIL)[0]
    return Letterhead(mailbox="", name=name or "Helpdesk", language=language_of(settings.LETTER_LANGUAGE))


def mailbox_of(ticket: int) -> int | None:
    """Where the mail came to that opens it just now."""
    mail = arrival.current(ticket)
    return mail.mailbox if mail else None


def letterheads(asked: Iterable[Asked]) -> dict[tuple[int, str], Letterhead]:
    """By (ticket, kind of letter). One statement; none when nothing is asked."""
    rows = {(ticket.pk, kind): (ticket, event) for ticket, kind, event in asked}
    if not rows:
        return {}
    desk, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    columns = list(
        zip(
            *(
                (pk, kind, ticket.site_id, ticket.team_id, mailbox_of(pk) if event == Kind.OPENED else None)
                for (pk, kind), (ticket, event) in rows.items()
            ),
            strict=True,
        )
    )
    language = settings.LETTER_LANGUAGE
    with connection.cursor() as cursor:
        cursor.execute(_ASK, [language, *map(list, columns), address.lower(), language, LetterKind.ACKNOWLEDGED.value])
        return {
            (pk, kind): Letterhead(
                mailbox=mailbox or "",
                name=name or desk or "Helpdesk",
                language=language_of(code),
                site=site or "",
                team=team or "",
                own=Words(subject, body) if body is not None else None,
                due=tuple(zip(names or (), ends or (), strict=True)),
            )
            for pk, kind, mailbox, name, code, site, team, subject, body, names, ends in cursor.fetchall()
        }
