"""What is kept of a reading: the columns of its alert, and lines on the timeline of its ticket."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from integrations.models import Alert
from integrations.reading import Reading
from lib import rows
from tickets.events import record
from tickets.models import Kind, Ticket

VIA = "alert"
SEVERITIES = {"critical": 1, "error": 2, "warning": 3, "info": 4}
HOSTS = ("host", "hostname", "instance", "node", "server", "device")  # labels that name a machine, the first one counts
Outcome = tuple[str, Ticket | None]


def facts(reading: Reading, at: datetime) -> dict[str, Any]:
    """The columns that follow the newest reading."""
    return {
        "status": reading.status,
        "severity": reading.severity or "",
        "title": reading.title or f"Alert {reading.key}"[:250],
        "link": reading.link,
        "links": dict(reading.links),
        "labels": dict(reading.labels),
        "description": reading.description,
        "last_seen_at": at,
        "source_time": reading.source_time,
    }


def refresh(alert: Alert, reading: Reading, at: datetime, **changes: Any) -> None:
    """Count one more reading; the columns follow it unless a newer one was worked before."""
    newest: Mapping[str, Any] = facts(reading, max(at, alert.last_seen_at)) if at >= alert.last_seen_at else {}
    for name, value in {**newest, "count": alert.count + 1, **changes}.items():
        setattr(alert, name, value)
    rows.update(alert)


def tell(locked: Ticket, kind: Kind, alert: Alert, **more: Any) -> None:
    """One line on the timeline of the locked ticket."""
    record(
        locked, kind, at=locked.now, via=VIA, alert=alert.pk, key=alert.key, title=alert.title, link=alert.link,
        count=alert.count, source=alert.source.name, **more,
    )  # fmt: skip


def of_ticket(ticket: Ticket) -> QuerySet[Alert]:
    """The alerts of this ticket and of those merged into it."""
    ours = Ticket.objects.filter(
        Q(pk=ticket.pk) | Q(merged_into=ticket) | Q(merged_into__merged_into=ticket)
    ).values("pk")  # fmt: skip
    return Alert.objects.filter(ticket__in=ours)


def tally(ticket: Ticket) -> dict[str, Any]:
    """`alerts` (how many), `hosts` that they name, `firing` still, `readings` of them all: one statement."""
    host = Coalesce(*(KeyTextTransform(name, "labels") for name in HOSTS))
    return of_ticket(ticket).aggregate(
        alerts=Count("pk"),
        hosts=Count(host, distinct=True),
        firing=Count("pk", filter=Q(resolved_at=None)),
        readings=Coalesce(Sum(F("count")), 0),
    )
