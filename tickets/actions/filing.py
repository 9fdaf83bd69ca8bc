"""Keeping the record straight: severity, tags, details, promises."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import User
from catalog.models import Component, Site
from tickets.errors import Refused
from tickets.events import record, working_on
from tickets.models import Kind, Severity, Ticket


def change_severity(*, ticket: Ticket, to: int, reason: str, at: datetime, actor: User | None, via: str) -> Ticket:
    """P1 to P4, by hand with a reason; the clocks are re-planned by their follower."""
    with working_on(ticket.pk, at=at) as locked:
        if to not in Severity.values:
            raise Refused("Choose P1 to P4.", field="severity")
        if locked.severity == to:
            return locked
        if not reason.strip():
            raise Refused("Say why the severity changes.", field="reason")
        before, locked.severity = locked.severity, to
        nobody = locked.assignee_id is None and locked.acknowledged_at is None
        urgent = to == Severity.P1 and nobody and locked.is_open
        locked.unowned_at = locked.now + timedelta(seconds=settings.UNOWNED_P1_SECONDS) if urgent else None
        record(
            locked, Kind.SEVERITY_CHANGED, at=locked.now, actor=actor, via=via, reason=reason.strip(),
            data={"from": before, "to": to},
        )  # fmt: skip
    return locked


def clean_tags(tags: Sequence[str]) -> list[str]:
    """Lower case, no blanks, sorted, 40 characters and 20 tags at most."""
    return sorted({tag.strip().lower().replace(" ", "-")[:40] for tag in tags if tag.strip()})[:20]


def set_tags(*, ticket: Ticket, tags: Sequence[str], at: datetime, actor: User | None, via: str) -> Ticket:
    with working_on(ticket.pk, at=at) as locked:
        before, after = set(locked.tags), clean_tags(tags)
        if before == set(after):
            return locked
        locked.tags = after
        record(
            locked, Kind.TAGS_CHANGED, at=locked.now, actor=actor, via=via,
            added=sorted(set(after) - before), removed=sorted(before - set(after)),
        )  # fmt: skip
    return locked


def change_details(
    *, ticket: Ticket, at: datetime, actor: User, via: str, subject: str | None = None, kind: str | None = None,
    site: Site | None = None, component: Component | None = None,
) -> Ticket:  # fmt: skip
    """Subject, kind, site, component: what is None stays. A component belongs to the site."""
    with working_on(ticket.pk, at=at) as locked:
        wanted = {
            "subject": subject and " ".join(subject.split())[:300],
            "kind": kind,
            "site": site,
            "component": component,
        }
        changed = {
            name: [str(getattr(locked, name) or ""), str(value)]
            for name, value in wanted.items()
            if value is not None and getattr(locked, name) != value
        }
        if not changed:
            return locked
        for name in changed:
            setattr(locked, name, wanted[name])
        if locked.component and locked.component.site_id != locked.site_id:
            if component is not None:
                raise Refused("That component belongs to another site.", field="component")
            locked.component = None
        if not locked.subject:
            raise Refused("Give it a subject.", field="subject")
        record(locked, Kind.DETAILS_CHANGED, at=locked.now, actor=actor, via=via, changed=changed)
    return locked


def promise(*, ticket: Ticket, expected_by: datetime | None, at: datetime, actor: User, via: str) -> Ticket:
    """Tell the requester when to expect it (None takes it back)."""
    with working_on(ticket.pk, at=at) as locked:
        if expected_by is not None and expected_by <= locked.now:
            raise Refused("Promise a time in the future.", field="expected_by")
        locked.expected_by = expected_by
        record(
            locked, Kind.PROMISED, at=locked.now, actor=actor, via=via,
            expected_by=expected_by.isoformat() if expected_by else None,
        )  # fmt: skip
    return locked
