"""What a manager may be told to change about a noisy alert: `suggestions(facts)`. Pure; docs/alerts.md gives the rules.

A suggestion is one of four: `severity` (one step lower for that name), `silence` (of that name for SILENCE_DAYS),
`quiet` (more quiet minutes of the source) and `window` (more grouping minutes of the source).
"""

from collections.abc import Iterator
from dataclasses import dataclass

ENOUGH = 5  # tickets, or times: fewer prove nothing
SELDOM = 10  # percent of its tickets on which somebody acted: up to here a name is noise
SILENCE_DAYS = 7
QUIET_STEPS = (15, 30, 45, 60, 90, 120)
WINDOW_STEPS = (30, 60, 90, 120, 180, 240)
LONGEST_PAUSE = 60 * QUIET_STEPS[-1]  # seconds between a recovery and the next firing that more quiet would bridge
LONGEST_GAP = 60 * WINDOW_STEPS[-1]  # seconds between two of a group that a longer window would join
WORDS = {1: "critical", 2: "error", 3: "warning", 4: "info"}

SEVERITY, SILENCE, QUIET, WINDOW = "severity", "silence", "quiet", "window"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Of one alert name of one source in a period. `opened`: tickets it opened; of them on `acted` a person did
    something, and `cleared` recovered without. `severity`: the worst it had, 1 to 4. `again`: how often it fired within
    LONGEST_PAUSE after it had recovered, nine in ten of them within `pause` seconds; `near`: how many of its tickets
    opened within LONGEST_GAP after another of their group began, nine in ten within `gap` seconds."""

    opened: int
    acted: int = 0
    cleared: int = 0
    fired: int = 0
    paged: int = 0
    severity: int = 3
    again: int = 0
    pause: float | None = None
    near: int = 0
    gap: float | None = None
    quiet_minutes: int = 15
    group_minutes: int = 30
    is_telling: bool = True
    is_silenced: bool = False


@dataclass(frozen=True)
class Suggestion:
    """What to change, to what (a severity's word, days or minutes), and why."""

    change: str
    to: str
    why: str


def suggestions(facts: Facts) -> list[Suggestion]:
    """What the facts justify; mostly nothing."""
    return list(_of_name(facts)) + list(_of_source(facts))


def _of_name(facts: Facts) -> Iterator[Suggestion]:
    seldom = facts.opened >= ENOUGH and 100 * facts.acted <= SELDOM * facts.opened
    if not seldom or not facts.is_telling or facts.is_silenced:
        return
    if facts.severity in (1, 2):
        woke = f", which paged {facts.paged} time{'' if facts.paged == 1 else 's'}" if facts.paged else ""
        done = "nobody" if not facts.acted else "hardly anybody"
        yield Suggestion(
            SEVERITY, WORDS[facts.severity + 1], f"{done} had to do anything on {facts.opened} tickets{woke}"
        )
    if facts.severity > 1 and facts.acted == 0 and facts.cleared == facts.opened:
        yield Suggestion(SILENCE, str(SILENCE_DAYS), f"all {facts.opened} tickets cleared by themselves")


def _of_source(facts: Facts) -> Iterator[Suggestion]:
    quiet = _step(QUIET_STEPS, facts.pause, facts.quiet_minutes)
    if quiet and facts.again >= ENOUGH and 2 * facts.again >= facts.fired:
        yield Suggestion(QUIET, str(quiet), f"it fired again soon after it recovered, {facts.again} times")
    window = _step(WINDOW_STEPS, facts.gap, facts.group_minutes)
    if window and facts.near >= ENOUGH and 2 * facts.near >= facts.opened:
        yield Suggestion(WINDOW, str(window), f"{facts.near} tickets came soon after another of their group")


def _step(steps: tuple[int, ...], seconds: float | None, now: int) -> int | None:
    """The smallest step that bridges so many seconds and is longer than what is set; None when there is none."""
    if seconds is None:
        return None
    return next((minutes for minutes in steps if minutes > now and 60 * minutes >= seconds), None)
