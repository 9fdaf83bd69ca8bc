"""What the alerts of one source would make of themselves under its settings: a model, in memory, of what
integrations/episodes/ does with rows. It decides by the same functions; only the rows are not there.

Nobody touches its tickets: none is closed, cancelled or merged by a person.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from catalog.models import Component, Site
from integrations import reading as readings
from integrations.alert_text import component_of, site_of
from integrations.episodes import flapping, groups, severity, silences
from integrations.episodes.groups import Firing
from integrations.episodes.lines import SEVERITIES
from integrations.episodes.opening import new_ticket_of
from integrations.episodes.work import is_late
from integrations.models import Alert, Silence, Source
from integrations.reading import Reading
from tickets.actions.opening import fallback_of, placement_of, severity_of
from tickets.routing import Placement, Rule
from tickets.states import Status

OPENED, JOINED, REPEATED, AGAIN, RESOLVED = "opened", "joined", "repeated", "again", "resolved"
HELD, LATE, NOTED, RECORDED, NOTHING = "held", "late", "noted", "recorded", "nothing"


@dataclass(eq=False, slots=True)
class Ghost:
    """A ticket that would have been: where it was placed, how severe it became."""

    placed: Placement
    severity: int
    site: Site | None
    component: Component | None
    status: str = Status.NEW
    firing: int = 0
    alerts: list["Episode"] = field(default_factory=list)
    verifies_at: datetime | None = None
    calm_at: datetime | None = None

    @property
    def landing(self) -> tuple[Any, ...]:
        """By what two of them are compared: team, tier, severity, site, component, tags."""
        site, part = self.site.pk if self.site else None, self.component.pk if self.component else None
        return self.placed.team, self.placed.tier, self.severity, site, part, self.placed.tags


@dataclass(eq=False, slots=True)
class Group:
    """The ticket that alerts of this key join, and since when the last did."""

    ghost: Ghost | None = None
    joined_at: datetime | None = None


@dataclass(eq=False, slots=True)
class Episode:
    """An alert that would have been: the columns that decide, in a row that is never saved."""

    alert: Alert
    reading: Reading
    ghost: Ghost | None = None
    group: Group | None = None


Told = tuple[str, Ghost | None]


class Desk:
    """One source under one setting. `hear` its readings in the order in which they came."""

    def __init__(self, source: Source, rules: Sequence[Rule], silenced: Sequence[Silence]) -> None:
        self.source, self.rules = source, rules
        guarded = source.team is not None and source.team.restricted
        self.silenced = [one for one in silenced if not guarded or silences.may_hold(one, source)]
        self.quiet = timedelta(minutes=source.quiet_minutes)
        self.episodes: dict[str, Episode] = {}
        self.groups: dict[str, Group] = {}
        self.tickets: list[Ghost] = []
        self.waiting: list[tuple[datetime, int, Episode | Ghost]] = []
        self.number = count()
        self.sites: dict[str, Site | None] = {}
        self.parts: dict[tuple[int, str], Component | None] = {}
        self.fallbacks: dict[int | None, Any] = {}

    def hear(self, reading: Reading, at: datetime) -> Told:
        """What one reading changes, as integrations.episodes.work.open_or_join decides it."""
        self.pass_time(at)
        if reading.status not in (readings.FIRING, readings.ACKNOWLEDGED, readings.RESOLVED):
            return RECORDED, None
        key = reading.key or f"\0{next(self.number)}"
        reading = severity.counted(self.source, replace(reading, key=key))
        last = self.episodes.get(key)
        if reading.status == readings.FIRING:
            return self.fire(last, reading, at)
        if reading.status == readings.RESOLVED:
            return self.recover(last, reading, at)
        if last is None or last.alert.resolved_at or last.ghost is None:
            return NOTHING, None
        last.alert.last_seen_at = at
        return NOTED, last.ghost

    def fire(self, last: Episode | None, reading: Reading, at: datetime) -> Told:
        if last is None:
            return self.open_or_hold(self.firing_of(reading, at), [at])
        if last.alert.resolved_at is None:
            return self.repeat(last, reading, at)
        if is_late(last.alert, reading, at):
            return LATE, None
        firing, ghost = self.firing_of(reading, at), last.ghost
        if ghost is not None:
            going_on = at - last.alert.resolved_at <= self.quiet or ghost.calm_at is not None
            if going_on and ghost.status != Status.CLOSED and not self.covering(firing):
                return self.fire_again(last, ghost, reading, at)
        return self.open_or_hold(firing, flapping.changes(self.source, last.alert, at))

    def repeat(self, last: Episode, reading: Reading, at: datetime) -> Told:
        worse = SEVERITIES.get(reading.severity or "", 9) < SEVERITIES.get(last.alert.severity, 9)
        refresh(last, reading, at)
        if last.ghost is None:
            return HELD, None
        if worse and last.ghost.status != Status.RESOLVED:
            last.ghost.severity = min(last.ghost.severity, SEVERITIES.get(last.alert.severity, 9))
        return REPEATED, last.ghost

    def fire_again(self, last: Episode, ghost: Ghost, reading: Reading, at: datetime) -> Told:
        flips = flapping.changes(self.source, last.alert, at)
        refresh(last, reading, at, resolved_at=None, flipped_at=flips)
        ghost.firing += 1
        ghost.status, ghost.verifies_at = Status.NEW, None
        self.hold(ghost, last, at)
        return AGAIN, ghost

    def recover(self, last: Episode | None, reading: Reading, at: datetime) -> Told:
        if last is None:
            self.episodes[reading.key] = Episode(row(reading, at, resolved_at=at), reading)
            return NOTHING, None
        alert = last.alert
        if alert.resolved_at is not None:
            if at > alert.last_seen_at:
                alert.last_seen_at, alert.source_time = at, reading.source_time
            return NOTHING, None
        older = reading.source_time and alert.source_time and reading.source_time < alert.source_time
        if at < alert.last_seen_at or older:
            return LATE, None
        flips = flapping.changes(self.source, alert, at)
        kept = replace(reading, title=last.reading.title, labels={**last.reading.labels, **reading.labels})
        refresh(last, kept, at, resolved_at=at, acts_at=None, flipped_at=flips)
        ghost = last.ghost
        if ghost is None:
            return RESOLVED, None
        ghost.firing -= 1
        if last.group and not flapping.is_enough(self.source, flips) and ghost.firing:
            return RESOLVED, ghost
        if not self.hold(ghost, last, at) and not ghost.firing:
            ghost.status, ghost.verifies_at = Status.RESOLVED, at + self.quiet
            self.wait(ghost.verifies_at, ghost)
        return RESOLVED, ghost

    def open_or_hold(self, firing: Firing, flips: list[datetime]) -> Told:
        silence = self.covering(firing)
        if silence is None:
            return self.open_new(firing, None, flips)
        episode = Episode(row(firing.reading, firing.at, acts_at=silence.ends_at, flipped_at=flips), firing.reading)
        self.episodes[firing.reading.key] = episode
        self.wait(silence.ends_at, episode)
        return HELD, None

    def open_new(self, firing: Firing, held: Episode | None, flips: list[datetime]) -> Told:
        """Its group's ticket, else one of its own."""
        at, key = firing.at, groups.key_of(firing)
        group = self.groups.setdefault(key, Group()) if key else None
        ghost = self.current(group, at) if group else None
        outcome = JOINED if ghost else OPENED
        if ghost is None:
            new = new_ticket_of(firing)
            ghost = Ghost(self.place(new), severity_of(new), firing.site, firing.component)
            self.tickets.append(ghost)
        elif ghost.status == Status.RESOLVED:
            ghost.status, ghost.verifies_at = Status.NEW, None
        if group:
            group.ghost, group.joined_at = ghost, max(at, group.joined_at or at)
        episode = held or Episode(row(firing.reading, at, flipped_at=flips), firing.reading)
        episode.ghost, episode.group, episode.alert.acts_at = ghost, group, None
        self.episodes[firing.reading.key] = episode
        ghost.alerts.append(episode)
        ghost.firing += 1
        ghost.severity = min(ghost.severity, SEVERITIES.get(episode.alert.severity, 9))
        return outcome, ghost

    def current(self, group: Group, at: datetime) -> Ghost | None:
        """The ticket that one more of a group joins now."""
        if group.ghost is None or group.joined_at is None or group.ghost.status == Status.CLOSED:
            return None
        within = at - group.joined_at <= timedelta(minutes=self.source.group_minutes)
        return group.ghost if within else None

    def place(self, new: Any) -> Placement:
        """Where the rules put it. The fallback is the same for all of a site."""
        site = new.site.pk if new.site else None
        if site not in self.fallbacks:
            self.fallbacks[site] = fallback_of(new)
        return placement_of(new, severity_of(new), self.rules, fallback=self.fallbacks[site])

    def firing_of(self, reading: Reading, at: datetime) -> Firing:
        """A reading with the site and component that it names; each name is looked up once."""
        named, part = reading.labels.get("site", ""), reading.labels.get("component", "")
        if named not in self.sites:
            self.sites[named] = site_of(self.source, reading)
        site = self.sites[named]
        which = site.pk if site else 0, part
        if which not in self.parts:
            self.parts[which] = component_of(self.source, site, reading)
        return Firing(source=self.source, reading=reading, site=site, component=self.parts[which], at=at)

    def covering(self, firing: Firing) -> Silence | None:
        """The longest of the silences that cover it at its instant."""
        found = [
            one
            for one in self.silenced
            if one.starts_at <= firing.at < one.ends_at and one.created_at <= firing.at and silences.covers(one, firing)
        ]
        return max(found, key=lambda one: one.ends_at, default=None)

    def hold(self, ghost: Ghost, episode: Episode, at: datetime) -> bool:
        """Whether flapping holds this ticket open, from now on or already."""
        begins = flapping.is_enough(self.source, episode.alert.flipped_at) and ghost.status != Status.RESOLVED
        if ghost.calm_at is None and not begins:
            return False
        ghost.verifies_at, ghost.calm_at = None, at + flapping.window(self.source)
        self.wait(ghost.calm_at, ghost)
        return True

    def wait(self, until: datetime, what: Episode | Ghost) -> None:
        heapq.heappush(self.waiting, (until, next(self.number), what))

    def pass_time(self, now: datetime) -> None:
        """What time does until now: silences end, what flapped is calm, quiet verifies and closes."""
        while self.waiting and self.waiting[0][0] <= now:
            due, _, what = heapq.heappop(self.waiting)
            if isinstance(what, Episode):
                self.release(what, due)
            elif what.calm_at == due:
                self.let_go(what, due)
            elif what.verifies_at == due:
                what.verifies_at = None
                if what.status == Status.RESOLVED and not what.firing:
                    what.status = Status.CLOSED

    def release(self, episode: Episode, due: datetime) -> None:
        """A silence is over, and what it held back still fires: it acts, or the next one holds it."""
        if episode.alert.acts_at != due:
            return
        firing = self.firing_of(episode.reading, due)
        silence = self.covering(firing)
        if silence is None:
            self.open_new(firing, episode, [])
        else:
            episode.alert.acts_at = silence.ends_at
            self.wait(silence.ends_at, episode)

    def let_go(self, ghost: Ghost, due: datetime) -> None:
        """Calm: what has recovered is resolved, and verified after its quiet time."""
        ghost.calm_at = None
        if ghost.firing or ghost.status == Status.RESOLVED:
            return
        newest = max(ghost.alerts, key=lambda episode: episode.alert.last_seen_at).alert
        ghost.status = Status.RESOLVED
        ghost.verifies_at = max(due, (newest.resolved_at or due) + self.quiet)
        self.wait(ghost.verifies_at, ghost)


def row(reading: Reading, at: datetime, **columns: Any) -> Alert:
    """An alert that is never saved."""
    return Alert(
        key=reading.key, severity=reading.severity or "", first_seen_at=at, last_seen_at=at,
        source_time=reading.source_time, **columns,
    )  # fmt: skip


def refresh(episode: Episode, reading: Reading, at: datetime, **changes: Any) -> None:
    """The columns follow the newest reading."""
    alert = episode.alert
    if at >= alert.last_seen_at:
        alert.severity, alert.last_seen_at, alert.source_time = reading.severity or "", at, reading.source_time
        episode.reading = reading
    for name, value in changes.items():
        setattr(alert, name, value)
