"""What a change would have made of the last months: both settings live the same bodies, and what differs is told."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accounts.models import Team, User
from catalog.models import Site
from integrations.models import Inbound, Silence
from integrations.reading import Reading
from integrations.replay.desk import (
    AGAIN,
    HELD,
    JOINED,
    LATE,
    NOTED,
    NOTHING,
    OPENED,
    RECORDED,
    REPEATED,
    RESOLVED,
    Desk,
    Ghost,
)
from integrations.replay.stored import Body, Sides, read
from tickets.models import rules_in_force
from tickets.routing import Rule

DAYS = 90
SECONDS = 4.0
READING = 0.55  # of the time; the rest is for living it, which takes less
SHOWN = 50
REMEMBERED = 500  # differences of which those may be shown that the reader may see
UNREAD, NOT_THERE = "unread", ""
WORDS = {
    OPENED: "opens a ticket", JOINED: "joins its group's ticket", REPEATED: "repeats", AGAIN: "fires again",
    RESOLVED: "recovers", HELD: "held back by a silence", LATE: "came late, changes nothing", NOTED: "acknowledged",
    RECORDED: "recorded only", NOTHING: "nothing of it was open", UNREAD: "cannot be read", NOT_THERE: "is not there",
}  # fmt: skip
BEGINS = (OPENED, JOINED, HELD)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one alert of a body on one side."""

    outcome: str
    ghost: Ghost | None = None
    reason: str = ""

    def says(self, teams: dict[int, str], sites: dict[int, str]) -> str:
        """ "opens a ticket: Front-end · P2 · Shop" """
        words = WORDS[self.outcome] + (f": {self.reason}" if self.reason else "")
        if self.ghost is None or self.outcome not in (OPENED, JOINED):
            return words
        team, tier, severity, site, _, tags = self.ghost.landing
        where = [teams.get(team or 0, "no team"), f"P{severity}", sites.get(site or 0, "")]
        where += [f"L{tier}"] if tier is not None else []
        return f"{words}: {' · '.join(part for part in (*where, *(f'+{tag}' for tag in tags)) if part)}"


@dataclass(frozen=True, slots=True)
class Pair:
    """One alert of a stored body on both sides."""

    body: int
    title: str
    before: Fate
    after: Fate
    reads_otherwise: bool

    @property
    def lands_elsewhere(self) -> bool:
        """It begins on both sides, and its tickets are placed differently."""
        old, new = self.before, self.after
        if old.ghost is None or new.ghost is None or not (old.outcome in BEGINS and new.outcome in BEGINS):
            return False
        return old.ghost.landing != new.ghost.landing

    @property
    def differs(self) -> bool:
        return self.before.outcome != self.after.outcome or self.lands_elsewhere or self.reads_otherwise


@dataclass(frozen=True)
class Example:
    """A difference, told: the stored body, and what becomes of the alert now and then."""

    body: Inbound
    title: str
    before: str
    after: str
    moves: bool


@dataclass
class Verdict:
    """`bodies` looked at, the oldest from `back_to`; `is_part`: there are older ones for which there was no time. Pairs
    are (as it is, as it would be)."""

    since: datetime
    back_to: datetime | None = None
    is_part: bool = False
    bodies: int = 0
    unread: tuple[int, int] = (0, 0)
    alerts: tuple[int, int] = (0, 0)
    tickets: tuple[int, int] = (0, 0)
    outcomes: list[tuple[str, int, int]] = field(default_factory=list)
    elsewhere: int = 0
    otherwise: int = 0
    differing: int = 0
    examples: list[Example] = field(default_factory=list)


def compare(
    sides: Sequence[Sides], *, rules: Sequence[Rule] | None = None, at: datetime, user: User, seconds: float = SECONDS
) -> Verdict:
    """Let the last DAYS days come again, for at most about so many seconds. `rules`: the routing rules as they would
    be, None for those in force. Raises tickets' Refused on a desk without any team."""
    verdict = Verdict(since=at - timedelta(days=DAYS))
    bodies, verdict.is_part = read(sides, since=verdict.since, seconds=seconds * READING)
    verdict.bodies, verdict.back_to = len(bodies), bodies[-1].at if bodies else None
    verdict.unread = sum(bool(body.reasons[0]) for body in bodies), sum(bool(body.reasons[1]) for body in bodies)
    desks = desks_of(sides, rules, verdict.since)
    pairs = [pair for body in reversed(bodies) for pair in pairs_of(body, *desks[body.source])]
    for old, new in desks.values():
        old.pass_time(at)
        new.pass_time(at)
    verdict.tickets = (
        sum(len(old.tickets) for old, _ in desks.values()), sum(len(new.tickets) for _, new in desks.values()),
    )  # fmt: skip
    return told(verdict, pairs, user)


def desks_of(sides: Sequence[Sides], rules: Sequence[Rule] | None, since: datetime) -> dict[int, tuple[Desk, Desk]]:
    """A model of each source on both sides."""
    now = rules_in_force()
    silenced = list(Silence.objects.filter(ends_at__gt=since).select_related("created_by"))
    return {
        source.pk: (Desk(source, now, silenced), Desk(draft, now if rules is None else rules, silenced))
        for source, draft in sides
    }


def pairs_of(body: Body, old: Desk, new: Desk) -> Iterator[Pair]:
    """What becomes of a body on both sides, alert by alert; one pair of nothing for one that neither can read."""
    unread = [Fate(UNREAD, reason=reason) if reason else Fate(NOT_THERE) for reason in body.reasons]
    readings = list(body.pairs) or ([(None, None)] if any(body.reasons) else [])
    for before, after in readings:
        otherwise = before is not None and after is not None and before != after
        fates = live(old, before, body.at, unread[0]), live(new, after, body.at, unread[1])
        yield Pair(body.pk, title_of(before, after), *fates, otherwise)


def live(desk: Desk, reading: Reading | None, at: datetime, unread: Fate) -> Fate:
    """One alert of a body on one side."""
    if reading is None:
        return unread
    return Fate(*desk.hear(reading, at))


def title_of(before: Reading | None, after: Reading | None) -> str:
    return next((one.title or one.key for one in (after, before) if one and (one.title or one.key)), "")


def told(verdict: Verdict, pairs: list[Pair], user: User) -> Verdict:
    """Counts of everything, and the newest differences of bodies that this person may see."""
    old, new = Counter(pair.before.outcome for pair in pairs), Counter(pair.after.outcome for pair in pairs)
    verdict.outcomes = [(words, old[key], new[key]) for key, words in WORDS.items() if key and (old[key] or new[key])]
    verdict.alerts = sum(old[key] for key in BEGINS), sum(new[key] for key in BEGINS)
    verdict.elsewhere = sum(pair.lands_elsewhere for pair in pairs)
    verdict.otherwise = sum(pair.reads_otherwise for pair in pairs)
    differing = [pair for pair in reversed(pairs) if pair.differs]
    verdict.differing = len(differing)
    seen = (
        Inbound.objects.visible_to(user).defer("raw", "headers").in_bulk({one.body for one in differing[:REMEMBERED]})
    )
    teams = dict(Team.objects.values_list("pk", "name"))
    sites = dict(Site.objects.values_list("pk", "name"))
    verdict.examples = [
        Example(
            seen[one.body], one.title, one.before.says(teams, sites), one.after.says(teams, sites), one.lands_elsewhere
        )
        for one in differing[:REMEMBERED]
        if one.body in seen
    ][:SHOWN]
    return verdict
