"""Flapping: what fires and recovers again and again holds its ticket open, told once, until it has been calm."""

from datetime import datetime, timedelta

from integrations.episodes.lines import of_ticket, tell
from integrations.models import Alert, Recovery, Source
from integrations.recovery import on_time, others_open, was_answered
from tickets.actions import progress
from tickets.events import working_on
from tickets.models import Kind, Resolution, Ticket
from tickets.rows import FLAPPING as TAG

MOST = 50  # changes remembered


def window(source: Source) -> timedelta:
    return timedelta(minutes=source.flap_minutes)


def changes(source: Source, alert: Alert | None, at: datetime) -> list[datetime]:
    """When this alert changed between firing and resolved within the window, now included."""
    before = alert.flipped_at if alert else []
    return [*(then for then in before if at - then < window(source)), at][-MOST:]


def is_enough(source: Source, flips: list[datetime]) -> bool:
    """Whether so many changes within the window are flapping."""
    return bool(source.flap_flips and len(flips) >= source.flap_flips)


def is_held(ticket: Ticket) -> bool:
    """Whether flapping holds this ticket open."""
    return Recovery.objects.filter(ticket=ticket, calm_at__isnull=False).exists()


def hold(locked: Ticket, alert: Alert, source: Source) -> bool:
    """After a change of an alert of this locked, open ticket: whether flapping holds it, from now on or already."""
    at = locked.now
    calm_at = at + window(source)
    if Recovery.objects.filter(ticket=locked, calm_at__isnull=False).update(calm_at=calm_at, verifies_at=None):
        return True
    if not (is_enough(source, alert.flipped_at) and locked.is_open):
        return False
    wanted = {"recovered_at": at, "verifies_at": None, "calm_at": calm_at}
    Recovery.objects.update_or_create(ticket=locked, defaults=wanted)
    locked.tags = sorted({*locked.tags, TAG})
    tell(locked, Kind.ALERT_REPEATED, alert, flapping=len(alert.flipped_at), minutes=source.flap_minutes)
    return True


def calm_due(now: datetime) -> int:
    """Let go of what has been calm for its window; answers how many. One that fails is logged and tried again."""
    return on_time("calm_at", let_go, now, failing="letting go of #%s failed")


def let_go(ticket: Ticket, now: datetime) -> bool:
    """Calm: the mark goes; what has recovered is resolved, and verified after its quiet time."""
    held = Recovery.objects.get(pk=ticket.pk)
    if held.calm_at is None or held.calm_at > now:
        return False
    due = held.calm_at
    Recovery.objects.filter(pk=ticket.pk).update(calm_at=None)
    alert = of_ticket(ticket).select_related("source").order_by("-last_seen_at").first()
    with working_on(ticket.pk, at=due) as locked:
        locked.tags = [tag for tag in locked.tags if tag != TAG]
        if alert is None or not locked.is_open:
            return True
        firing = others_open(locked)
        asks = not firing and was_answered(locked)
        tell(locked, Kind.ALERT_RESOLVED, alert, calm=True, others=firing, asks=asks)
        locked.needs_reply = locked.needs_reply or asks
        if firing or asks:
            return True
        quiet = timedelta(minutes=alert.source.quiet_minutes)
        until = max(due, (alert.resolved_at or due) + quiet)
        Recovery.objects.filter(pk=ticket.pk).update(recovered_at=alert.resolved_at or due, verifies_at=until)
    text = f"“{alert.title}” flapped and has been calm for {alert.source.flap_minutes} minutes."
    progress.resolve(ticket=ticket, code=Resolution.RECOVERED, text=text, at=due, actor=None, via="alert")
    return True
