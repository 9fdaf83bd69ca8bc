"""A ladder as it is when a page begins: copied, so that an edit never moves whoever is being called.

A plan is {"name", "repeats", "ack_minutes", "steps"}; a step is {"name", "wait" (seconds), "hours" (what sla.hours
reads, or None), "row" (the Step whose turns it takes, or None), "round_robin", "targets"}; a target {"kind", "id"}.
The steps of another ladder stand in its place; one that leads back to a ladder above it is left out, and said so.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from oncall.models import Ladder, Step, Target, TargetKind
from tickets.models import Ticket

MAX_STEPS = 50  # with those of other ladders
BY_HAND_WAIT = 5 * 60  # seconds until somebody who is called by hand is called again

Plan = dict[str, Any]


def fitting(ticket: Ticket, *, by_itself: bool) -> Ladder | None:
    """The first ladder for a ticket; `by_itself`: among those that start by themselves. One statement."""
    ladders = Ladder.objects.filter(is_automatic=True) if by_itself else Ladder.objects.all()
    return next((ladder for ladder in ladders if fits(ladder, ticket)), None)


def fits(ladder: Ladder, ticket: Ticket) -> bool:
    """Whether every condition that it has holds for the ticket."""
    return (
        ladder.team_id in (None, ticket.team_id)
        and ladder.site_id in (None, ticket.site_id)
        and (not ladder.severities or ticket.severity in ladder.severities)
    )


Book = Mapping[int, Sequence[Step]]  # the steps of ladders, by the ladder's number


def of_ladder(ladder: Ladder, book: Book | None = None) -> Plan:
    """The copy of a ladder. `book`: the steps of all ladders, for whoever looks at many."""
    return {
        "name": ladder.name, "repeats": ladder.repeats, "ack_minutes": ladder.ack_minutes,
        "steps": steps_of(ladder, above=(), book=book)[:MAX_STEPS],
    }  # fmt: skip


def all_steps() -> Book:
    """The steps of every ladder with their targets and calendars: three statements."""
    found: dict[int, list[Step]] = {}
    for step in with_targets(Step.objects.all()):
        found.setdefault(step.ladder_id, []).append(step)
    return found


def with_targets(steps: "QuerySet[Step]") -> "QuerySet[Step]":
    rows = steps.select_related("calendar").order_by("ladder", "position")
    return rows.prefetch_related("targets__ladder")


def of_people(people: Iterable[User], *, ack_minutes: int | None = None) -> Plan:
    """Of those who are called by hand: one step, repeated."""
    step = {
        "name": "called by hand", "wait": BY_HAND_WAIT, "hours": None, "row": None, "round_robin": False,
        "targets": [{"kind": TargetKind.USER.value, "id": user.pk} for user in people],
    }  # fmt: skip
    return {"name": "", "repeats": 2, "ack_minutes": ack_minutes, "steps": [step]}


def people_of(plan: Plan, number: int) -> list[int]:
    """The keys of those whom the step of this number names themselves."""
    targets = plan["steps"][number - 1]["targets"] if number <= len(plan["steps"]) else []
    return [target["id"] for target in targets if target["kind"] == TargetKind.USER]


def steps_of(ladder: Ladder, *, above: tuple[int, ...], book: Book | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    rows = with_targets(ladder.steps.all()) if book is None else book.get(ladder.pk, ())
    for step in rows:
        own = [target for target in step.targets.all() if target.kind != TargetKind.LADDER]
        others = [target for target in step.targets.all() if target.kind == TargetKind.LADDER]
        if own or not others:
            found.append(copied(ladder, step, own))
        for target in others:
            if len(found) >= MAX_STEPS:  # ladders that lead to one another many times over would take for ever
                return found
            found += steps_instead(target, above=(*above, ladder.pk), book=book)
    return found


def steps_instead(target: Target, *, above: tuple[int, ...], book: Book | None) -> Sequence[dict[str, Any]]:
    """The steps of another ladder, unless they are under way already."""
    if target.ladder is None:
        return [nobody("its ladder is gone")]
    if target.ladder.pk in above:
        return [nobody(f"the ladder “{target.ladder}” leads back to itself")]
    return steps_of(target.ladder, above=above, book=book) or [nobody(f"the ladder “{target.ladder}” has no steps")]


def nobody(why: str) -> dict[str, Any]:
    """A step that reaches nobody, and says why."""
    return {"name": why, "wait": 60, "hours": None, "row": None, "round_robin": False, "targets": []}


def copied(ladder: Ladder, step: Step, targets: Iterable[Target]) -> dict[str, Any]:
    return {
        "name": f"{ladder}, step {step.position}",
        "wait": step.wait_minutes * 60,
        "hours": step.calendar.definition() if step.calendar else None,
        "row": step.pk,
        "round_robin": step.round_robin,
        "targets": [{"kind": target.kind, "id": target.what_id} for target in targets],
    }
