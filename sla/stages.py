"""When a clock's stages are reached, and which are due. Changes the row in memory only, as sla/clocks.py does.

`Clock.fired` keeps what has fired: stage -> [arming, last repetition]. The next instant of anything is `fires_at`, so
that one sweep finds all of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sla import spans
from sla.models import Clock, Firing
from sla.rulebook import Mark, Terms

# Answered exactly at the due instant is met. It is late once more than the target is used: a microsecond more, which,
# for a target that ends at closing time, passes only when the desk opens again. A stage at the deadline waits as long.
MORE = 0.000_001
_SECOND = 1_000_000


@dataclass(frozen=True)
class Reached:
    """A stage that is due: since when, and its repetition (0: itself). Missed repetitions fire as one, the last."""

    stage: Mark
    arming: int
    repetition: int
    since: datetime
    at: datetime

    def firing(self, clock: Clock, now: datetime) -> Firing:
        """The row that says it has fired."""
        return Firing(
            clock_id=clock.pk,
            stage_id=self.stage.pk,
            arming=self.arming,
            repetition=self.repetition,
            due_at=self.at,
            fired_at=now,
        )


def needed(stage: Mark, target: int, repetition: int) -> float:
    """Seconds of working time used when this repetition is reached."""
    seconds = stage.seconds(target) + repetition * stage.every
    return seconds + MORE if seconds == target else seconds


def upcoming(clock: Clock, terms: Terms) -> tuple[datetime | None, datetime | None]:
    """Of a running clock with a deadline: (its first stage before the deadline, the next instant of anything)."""
    early = min((s.seconds(terms.target) for s in terms.stages if s.is_early), default=None)
    wanted = [] if clock.breached_at is not None else [terms.target + MORE]
    for stage in terms.stages:
        repetition = state_of(clock, stage)[1] + 1
        if repetition <= stage.times:
            wanted.append(needed(stage, terms.target, repetition))
    warn = None if early is None else spans.instant(terms.hours, clock.spans, early)
    if not wanted:
        return warn, None
    first = min(wanted)
    return warn, warn if first == early else spans.instant(terms.hours, clock.spans, first)


def reached(clock: Clock, terms: Terms, *, now: datetime) -> Iterator[Reached]:
    """The stages of a running clock that are due at `now`, in order; noted in the clock as fired."""
    used = micros(spans.used(terms.hours, clock.spans, now=now).total_seconds())
    found = []
    for stage in terms.stages:
        arming, last = state_of(clock, stage)
        if last >= stage.times or micros(needed(stage, terms.target, last + 1)) > used:
            continue
        repetition = latest(stage, terms.target, used)
        since = at = spans.instant(terms.hours, clock.spans, needed(stage, terms.target, last + 1)) or now
        if repetition > last + 1:
            at = spans.instant(terms.hours, clock.spans, needed(stage, terms.target, repetition)) or now
        clock.fired = {**clock.fired, str(stage.pk): [arming, repetition]}
        found.append(Reached(stage, arming, repetition, min(since, now), min(at, now)))
    yield from sorted(found, key=lambda one: one.since)


def latest(stage: Mark, target: int, used: int) -> int:
    """The last repetition that is reached with so many microseconds used."""
    if not stage.times:
        return 0
    many = min(stage.times, max(0, int((used - micros(stage.seconds(target))) // (stage.every * _SECOND))))
    return many - 1 if micros(needed(stage, target, many)) > used else many


def rearm(clock: Clock, terms: Terms, *, at: datetime) -> None:
    """After a new target: what has fired and now lies in the future fires once more when it comes."""
    used = micros(spans.used(terms.hours, clock.spans, now=at).total_seconds())
    for stage in terms.stages:
        arming, last = state_of(clock, stage)
        if last >= 0 and micros(needed(stage, terms.target, 0)) > used:
            clock.fired = {**clock.fired, str(stage.pk): [arming + 1, -1]}


def state_of(clock: Clock, stage: Mark) -> tuple[int, int]:
    """(its arming, the last repetition that has fired: -1 for none)."""
    arming, last = clock.fired.get(str(stage.pk), (1, -1))
    return arming, last


def micros(seconds: float) -> int:
    """Whole microseconds, as instants are."""
    return round(seconds * _SECOND)
