"""The policies and calendars in force, kept in memory: one cheap statement tells whether they still are."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from django.db import connection

from sla import workdays
from sla.hours import Calendar as Hours
from sla.hours import CalendarError
from sla.models import Calendar, Contract, Edition, Policy, Reopening, Retargeting, Scope, Stage, Target
from tickets.models import Ticket, TicketKind

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mark:
    """A stage as the clocks read it: at `percent` of the target, or `offset` seconds from it; then `times` more, each
    `every` seconds of working time later."""

    pk: int
    percent: int | None
    offset: int
    every: int
    times: int
    actions: tuple[Mapping[str, Any], ...] = ()

    def seconds(self, target: int) -> float:
        """The working time used when it is reached first."""
        return max(target + self.offset, 0) if self.percent is None else target * self.percent / 100

    @property
    def is_early(self) -> bool:
        """Whether it comes before the deadline."""
        return self.offset < 0 if self.percent is None else self.percent < 100


@dataclass(frozen=True)
class Terms:
    """What one obligation is held to: `target` seconds of `hours`, with what happens on the way. Where the target is
    given in working days, `target` is what they usually come to; each clock has its own."""

    target: int
    hours: Hours
    calendar: int
    calendar_version: int
    days: int = 0
    end_of_day: bool = False
    stages: tuple[Mark, ...] = ()

    def target_from(self, begin: datetime) -> int:
        """The target of a clock that counts from `begin`, in seconds of working time."""
        if not self.days:
            return self.target
        found = workdays.seconds_of(self.hours, begin, self.days, end_of_day=self.end_of_day)
        return found or self.target


@dataclass(frozen=True)
class Rule:
    """A policy as the clocks read it. The conditions that are None or empty hold for every ticket. `contract`: the one
    that chose it, in words."""

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
    resets: bool = False  # reopening starts a new resolve clock
    from_change: bool = False  # a new target counts from the change
    any_message: bool = False  # next response is owed to every message, the request too
    times_desk_opened: bool = True
    contract: str = ""

    def holds(self, ticket: Ticket) -> bool:
        """Whether every condition holds for the ticket."""
        return (
            self.organisation in (None, ticket.organisation_id)
            and self.site in (None, ticket.site_id)
            and self.kind in ("", ticket.kind)
        )

    def promises(self, obligation: str) -> bool:
        """Whether it has a target of this kind, at any severity."""
        return any(name == obligation for _, name in self.terms)

    @property
    def because(self) -> str:
        """Why it was chosen, in words: the contract, or its conditions."""
        if self.contract:
            return f"contract {self.contract}"
        reasons = []
        if self.organisation is not None:
            reasons.append(f"customer {self.organisation_name}")
        if self.site is not None:
            reasons.append(f"site {self.site_name}")
        if self.kind:
            reasons.append(f"kind {TicketKind(self.kind).label.lower()}")
        return " and ".join(reasons) or "no other policy applies"


@dataclass(frozen=True)
class Engagement:
    """A contract as the choice of a policy reads it: from its first day to its last, or on."""

    begins: date
    ends: date | None
    rule: Rule


@dataclass(frozen=True)
class Rulebook:
    """All active policies in the order in which they are tried, the default last; before them the contracts by
    organisation, the one that began last first."""

    rules: tuple[Rule, ...] = ()
    by_pk: Mapping[int, Rule] = field(default_factory=dict)
    contracts: Mapping[int, tuple[Engagement, ...]] = field(default_factory=dict)

    def choose(self, ticket: Ticket) -> Rule | None:
        """The policy of the contract that was in force when the ticket was opened, else the first whose conditions
        hold; None only when there is no default (then nothing is promised)."""
        if engagements := self.contracts.get(ticket.organisation_id or 0):
            day = ticket.opened_at.astimezone(UTC).date()
            for one in engagements:
                if one.begins <= day and (one.ends is None or day <= one.ends):
                    return one.rule
        return next((rule for rule in self.rules if rule.holds(ticket)), None)


_known: dict[str, Rulebook] = {}


def current() -> Rulebook:
    """The rulebook in force: one statement, and six more after an edit."""
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
    stages: dict[int, list[Stage]] = {}
    for stage in Stage.objects.all():
        stages.setdefault(stage.policy_id, []).append(stage)
    policies = Policy.objects.filter(is_active=True).select_related("site", "organisation")
    rules = tuple(
        as_rule(policy, targets.get(policy.pk, []), calendars, stages.get(policy.pk, [])) for policy in policies
    )
    by_pk = {rule.pk: rule for rule in rules}
    return Rulebook(rules=rules, by_pk=by_pk, contracts=engagements(by_pk))


def engagements(by_pk: Mapping[int, Rule]) -> dict[int, tuple[Engagement, ...]]:
    """The contracts whose policy is in use, by organisation."""
    found: dict[int, tuple[Engagement, ...]] = {}
    for contract in Contract.objects.select_related("organisation").order_by("-begins", "-pk"):
        rule = by_pk.get(contract.policy_id)
        if rule is not None:
            one = Engagement(contract.begins, contract.ends, replace(rule, contract=str(contract)))
            found[contract.organisation_id] = (*found.get(contract.organisation_id, ()), one)
    return found


def as_rule(
    policy: Policy, targets: list[Target], calendars: Mapping[int, tuple[int, Hours]], stages: Sequence[Stage] = ()
) -> Rule:
    """The plain form of one policy."""
    terms = {}
    for target in targets:
        if target.calendar_id not in calendars:
            continue
        version, hours = calendars[target.calendar_id]
        terms[target.severity, target.obligation] = Terms(
            target=target.seconds or (target.days or 0) * usual_day(hours),
            hours=hours,
            calendar=target.calendar_id,
            calendar_version=version,
            days=target.days or 0,
            end_of_day=target.end_of_day,
            stages=marks(stages, target.severity, target.obligation),
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
        resets=policy.reopening == Reopening.RESET,
        from_change=policy.retargeting == Retargeting.FROM_CHANGE,
        any_message=policy.scope == Scope.ANY_MESSAGE,
        times_desk_opened=policy.times_desk_opened,
    )


def marks(stages: Sequence[Stage], severity: int, obligation: str) -> tuple[Mark, ...]:
    """The stages of one target, in the policy's order."""
    return tuple(
        Mark(
            pk=stage.pk,
            percent=stage.percent,
            offset=stage.offset or 0,
            every=stage.repeat_every,
            times=stage.repeat_times if stage.repeat_every else 0,
            actions=tuple(stage.actions),
        )
        for stage in stages
        if stage.obligation in ("", obligation) and (not stage.severities or severity in stage.severities)
    )


def usual_day(hours: Hours) -> int:
    """Seconds of a usual working day: the middle one of the week's, eight hours where there is none."""
    days = sorted(length for windows in hours.hours if (length := sum(end - begin for begin, end in windows)))
    return days[len(days) // 2] if days else 8 * 3600
