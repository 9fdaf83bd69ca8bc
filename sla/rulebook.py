"""The policies and calendars in force, kept in memory: one cheap statement tells whether they still are."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from django.db import connection

from sla.hours import Calendar as Hours
from sla.hours import CalendarError
from sla.models import Calendar, Edition, Policy, Target
from tickets.models import Ticket, TicketKind

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Terms:
    """What one obligation is held to: `target` seconds of `hours`, warned at `warn` seconds."""

    target: int
    warn: float
    hours: Hours
    calendar: int
    calendar_version: int


@dataclass(frozen=True)
class Rule:
    """A policy as the clocks read it. The conditions that are None or empty hold for every ticket."""

    pk: int
    name: str
    version: int
    organisation: int | None
    site: int | None
    kind: str
    pauses: Mapping[str, frozenset[str]]
    terms: Mapping[tuple[int, str], Terms]
    site_name: str = ""
    organisation_name: str = ""

    def holds(self, ticket: Ticket) -> bool:
        """Whether every condition holds for the ticket."""
        return (
            self.organisation in (None, ticket.organisation_id)
            and self.site in (None, ticket.site_id)
            and self.kind in ("", ticket.kind)
        )

    @property
    def because(self) -> str:
        """Why it was chosen, in words: its conditions."""
        reasons = []
        if self.organisation is not None:
            reasons.append(f"contract of {self.organisation_name}")
        if self.site is not None:
            reasons.append(f"site {self.site_name}")
        if self.kind:
            reasons.append(f"kind {TicketKind(self.kind).label.lower()}")
        return " and ".join(reasons) or "no other policy applies"


@dataclass(frozen=True)
class Rulebook:
    """All active policies in the order in which they are tried, the default last."""

    rules: tuple[Rule, ...] = ()
    by_pk: Mapping[int, Rule] = field(default_factory=dict)

    def choose(self, ticket: Ticket) -> Rule | None:
        """The first policy whose conditions hold; None only when there is no default (then nothing is promised)."""
        return next((rule for rule in self.rules if rule.holds(ticket)), None)


_known: dict[str, Rulebook] = {}


def current() -> Rulebook:
    """The rulebook in force: one statement, and four more after an edit."""
    with connection.cursor() as cursor:  # every verb asks: plain SQL costs a fifth of a queryset
        cursor.execute("SELECT token::text FROM sla_edition")
        row = cursor.fetchone()
    if row is None:
        return load()
    token: str = row[0]
    known = _known.get(token)
    if known is None:
        known = load()
        _known.clear()
        _known[token] = known
    return known


def renew() -> None:
    """Policies or calendars have changed: every process reads them anew once this is committed."""
    Edition.objects.update_or_create(pk=1, defaults={"token": uuid4()})


def load() -> Rulebook:
    """Read everything from the database."""
    calendars: dict[int, tuple[int, Hours]] = {}
    for calendar in Calendar.objects.all():
        try:
            calendars[calendar.pk] = calendar.version, calendar.as_hours()
        except CalendarError:  # forms refuse such a calendar; should one exist, replies must still go through
            log.exception("calendar %s cannot be read: its targets are left out", calendar.pk)
    targets: dict[int, list[Target]] = {}
    for target in Target.objects.all():
        targets.setdefault(target.policy_id, []).append(target)
    policies = Policy.objects.filter(is_active=True).select_related("site", "organisation")
    rules = tuple(as_rule(policy, targets.get(policy.pk, []), calendars) for policy in policies)
    return Rulebook(rules=rules, by_pk={rule.pk: rule for rule in rules})


def as_rule(policy: Policy, targets: list[Target], calendars: Mapping[int, tuple[int, Hours]]) -> Rule:
    """The plain form of one policy."""
    terms = {}
    for target in targets:
        if target.calendar_id not in calendars:
            continue
        version, hours = calendars[target.calendar_id]
        terms[target.severity, target.obligation] = Terms(
            target=target.seconds,
            warn=target.seconds * policy.warn_percent / 100,
            hours=hours,
            calendar=target.calendar_id,
            calendar_version=version,
        )
    return Rule(
        pk=policy.pk,
        name=policy.name,
        version=policy.version,
        organisation=policy.organisation_id,
        site=policy.site_id,
        kind=policy.kind,
        site_name=policy.site.name if policy.site else "",
        organisation_name=policy.organisation.name if policy.organisation else "",
        pauses={obligation: frozenset(statuses) for obligation, statuses in policy.pauses.items()},
        terms=terms,
    )
