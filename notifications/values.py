"""What the variables of a letter stand for: about one line of history, for one reader.

Only ever public words: an internal message, a reason, evidence or a note has no variable.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from html import escape
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from lib.html import excerpt, plain
from notifications.languages import Language, LetterKind
from notifications.languages.en import ENGLISH
from notifications.letterhead import Letterhead
from notifications.recipients import Told
from notifications.templating import Block, Value
from sla.models import Obligation
from tickets.links import requester_url
from tickets.models import Event, Message

PICTURE = re.compile(r'<img\b(?:[^>"]|"[^"]*")*>')
SHORT = 400  # characters of the request repeated in an acknowledgement
SCORES = (1, 2, 3, 4, 5)


def values(event: Event, told: Told, head: Letterhead, kind: LetterKind) -> dict[str, Value]:
    """Everything that this kind of letter may name."""
    ticket, user, words = told.ticket, told.user, head.language
    page = requester_url(ticket, user)
    message = None if event.message is None or event.message.is_internal else event.message
    found: dict[str, Value] = {
        "greeting": words.greeting.format(name=user.name) if user.name else words.greeting_without_name,
        "person.name": user.name,
        "ticket.number": f"#{ticket.pk}",
        "ticket.subject": ticket.subject,
        "ticket.site": head.site,
        "team.name": head.team,
        "page": page,
        "author": str(event.actor) if event.actor else head.name,
        "files_note": words.files if message and message.has_files else "",
    }
    match kind:
        case LetterKind.ACKNOWLEDGED:
            found["request"] = excerpt(message.body, SHORT) if message else ""
            found["times"] = table(expected_times(head, user))
            found["expected_by"] = local(ticket.expected_by, user, words)
        case LetterKind.REPLIED:
            found["message"] = Block(message.body, without_pictures(message)) if message else ""
        case LetterKind.PROMISED:
            found["expected_by"] = local(ticket.expected_by, user, words)
        case LetterKind.DEADLINE:
            due = event.data.get("due")
            found["due"] = local(datetime.fromisoformat(due) if due else event.at, user, words)
        case LetterKind.RESOLVED:
            found |= solved(event, told, page, words) | {"resolution": resolution(event, message)}
        case LetterKind.RESOLVED_ELSEWHERE | LetterKind.CLOSED:
            found["resolution"] = resolution(event, None)
            found["rating"] = rating(page, words)
    return found


def solved(event: Event, told: Told, page: str, words: Language) -> dict[str, Value]:
    """The question whether it is fixed: for the requester only."""
    if told.user.pk != told.ticket.requester_id:
        return dict.fromkeys(("fixed_url", "not_fixed_url", "closes_at"), "")
    return {
        "fixed_url": f"{page}?answer=fixed",
        "not_fixed_url": f"{page}?answer=not-fixed",
        "closes_at": local(event.ticket.closes_at, told.user, words),
    }


def resolution(event: Event, message: Message | None) -> Value:
    """How it was solved; as it was written in the message that says so, where there is one for this reader."""
    text = event.ticket.resolution_text
    if not text:
        return ""
    return Block(text, without_pictures(message) if message else plain(text))


def rating(page: str, words: Language) -> Block:
    """A link for each score."""
    said = {SCORES[0]: f" ({words.bad})", SCORES[-1]: f" ({words.excellent})"}
    links = [(score, f"{page}?score={score}") for score in SCORES]
    return Block(
        "\n".join(f"  {score}{said.get(score, '')}: {link}" for score, link in links),
        "<p>" + "".join(f'<a class="go" href="{escape(link)}">{score}</a>' for score, link in links) + "</p>",
    )


def table(rows: Sequence[tuple[str, str]]) -> Value:
    """Facts under each other."""
    if not rows:
        return ""
    cells = "".join(f"<tr><th>{escape(label)}</th><td>{escape(value)}</td></tr>" for label, value in rows)
    return Block(
        "\n".join(f"{label}: {value}" for label, value in rows),
        f'<table role="presentation">{cells}</table><br>',
    )


def expected_times(head: Letterhead, user: User) -> list[tuple[str, str]]:
    """When the running clocks promise an answer and a solution, in the person's own time."""
    words = head.language
    wanted = {Obligation.FIRST_RESPONSE.value: words.first_answer_by, Obligation.RESOLVE.value: words.solved_by}
    return [(wanted[name], local(due, user, words)) for name, due in head.due if name in wanted]


def without_pictures(message: Message) -> SafeString:
    """The message's sanitised HTML. Its pictures are files behind a sign-in: the page shows them, mail cannot."""
    return mark_safe(PICTURE.sub("", message.safe_html))  # noqa: S308 - safe_html is sanitised


def zone(user: User) -> tzinfo:
    """The person's time zone; UTC when it is not one."""
    try:
        return ZoneInfo(user.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def local(at: datetime | None, user: User, words: Language = ENGLISH) -> str:
    """An instant in the reader's own time and language, with its zone: a mail is read anywhere."""
    return words.date(at.astimezone(zone(user))) if at else ""
