"""Tuning of a source by one click: an alert name silenced or counted as less, longer windows. Each is a line of the
audit log with what was before."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.audit import audit
from accounts.models import User
from integrations.episodes import severity, silences
from integrations.models import Silence, Source
from integrations.reading import SEVERITIES
from tickets.errors import Refused

LONGEST_SILENCE = 90  # days
LONGEST_WINDOW = 1440  # minutes
MINUTES = {"quiet": "quiet_minutes", "window": "group_minutes"}


def silence_name(
    *, source: Source, name: str, by_label: bool, days: int, reason: str, at: datetime, actor: User
) -> Silence:  # fmt: skip
    """Hold back what is called so, for some days. Raises Refused."""
    if not 1 <= days <= LONGEST_SILENCE:
        raise Refused(f"Choose 1 to {LONGEST_SILENCE} days.")
    if not name.strip("* "):
        raise Refused("That name fits every alert.")
    silence = Silence(
        reason=reason[:300], source=source, starts_at=at, ends_at=at + timedelta(days=days),
        **({"labels": {"alertname": name}} if by_label else {"name": name[:250]}),
    )  # fmt: skip
    return silences.make(silence=silence, at=at, actor=actor)


def count_as(*, source: Source, name: str, word: str, at: datetime, actor: User) -> None:
    """From now on alerts of this name count as critical, error, warning or info. Raises Refused."""
    if word not in SEVERITIES:
        raise Refused(f"Choose one of {', '.join(SEVERITIES)}.")
    if not name.strip("* ") or "\n" in name:
        raise Refused("That is no name of an alert.")
    with transaction.atomic():
        locked = Source.objects.select_for_update().get(pk=source.pk)
        try:
            text = severity.with_rule(locked.severities, name.strip(), word)
            severity.rules_of(text)
        except ValueError as error:
            raise Refused(str(error)) from error
        Source.objects.filter(pk=source.pk).update(severities=text)
        audit("source tuned", at=at, actor=actor, object=locked, severities=[locked.severities, text])


def lengthen(*, source: Source, change: str, minutes: int, at: datetime, actor: User) -> int:
    """More quiet minutes (`change` "quiet") or grouping minutes ("window"); answers what it was before. Raises
    Refused."""
    if change not in MINUTES or not 1 <= minutes <= LONGEST_WINDOW:
        raise Refused(f"Choose 1 to {LONGEST_WINDOW} minutes.")
    column = MINUTES[change]
    with transaction.atomic():
        locked = Source.objects.select_for_update().get(pk=source.pk)
        before: int = getattr(locked, column)
        Source.objects.filter(pk=source.pk).update(**{column: minutes})
        audit("source tuned", at=at, actor=actor, object=locked, **{column: [before, minutes]})
    return before
