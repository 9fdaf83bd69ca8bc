"""What letters to the requester's side say, by language, until somebody writes his own words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import models


class LetterKind(models.TextChoices):
    """The letters that the requester's side gets: a closed list."""

    ACKNOWLEDGED = "acknowledged", "We have your request"
    REPLIED = "replied", "An answer"
    RESOLVED = "resolved", "Solved: is it fixed?"
    RESOLVED_ELSEWHERE = "resolved_elsewhere", "Solved together with others"
    CLOSED = "closed", "Closed: how did we do?"
    PROMISED = "promised", "Expected by"
    WITHDRAWN = "withdrawn", "The date no longer holds"
    REMINDED = "reminded", "We wait for an answer"
    DEADLINE = "deadline", "To a contract's contacts: a deadline"


@dataclass(frozen=True)
class Words:
    """`subject` and `body` are templates (notifications/templating.py)."""

    subject: str
    body: str


@dataclass(frozen=True)
class Language:
    """One language: its letters and the phrases around them. `above` has to be among the phrases by which
    integrations.mail.wording knows where an answer ends."""

    code: str
    name: str
    letters: dict[LetterKind, Words]
    greeting: str  # {name}
    greeting_without_name: str
    above: str
    read_here: str
    reference: str
    first_answer_by: str
    solved_by: str
    files: str
    bad: str
    excellent: str
    date: Callable[[datetime], str]
