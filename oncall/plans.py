"""A ladder as it is when a page begins: copied, so that an edit never moves whoever is being called.

A plan is {"name", "repeats", "ack_minutes", "steps"}; a step is {"name", "wait" (seconds), "hours" (what sla.hours
reads, or None), "row" (the Step whose turns it takes, or None), "round_robin", "targets"}; a target {"kind", "id"}.
The steps of another ladder stand in its place; one that leads back to a ladder above it is left out, and said so.
"""

from collections.abc import Iterable, Sequence
from typing import Any

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


def of_ladder(ladder: Ladder) -> Plan:
    """The copy of a ladder."""
    return {
        "name": ladder.name, "repeats": ladder.repeats, "ack_minutes": ladder.ack_minutes,
        "steps": steps_of(ladder, above=())[:MAX_STEPS],
    }  # fmt: skip


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


def steps_of(ladder: Ladder, *, above: tuple[int, ...]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    rows = ladder.steps.select_related("calendar").prefetch_related("targets__ladder").order_by("position")
    for step in rows:
        own = [target for target in step.targets.all() if target.kind != TargetKind.LADDER]
        others = [target for target in step.targets.all() if target.kind == TargetKind.LADDER]
        if own or not others:
            found.append(copied(ladder, step, own))
        for target in others:
            found += steps_instead(target, above=(*above, ladder.pk))
    return found


def steps_instead(target: Target, *, above: tuple[int, ...]) -> Sequence[dict[str, Any]]:
    """The steps of another ladder, unless they are under way already."""
    if target.ladder is None or target.ladder.pk in above:
        name = f"the ladder “{target.ladder}” leads back to itself" if target.ladder else "its ladder is gone"
        return [{"name": name, "wait": 60, "hours": None, "row": None, "round_robin": False, "targets": []}]
    return steps_of(target.ladder, above=above)


def copied(ladder: Ladder, step: Step, targets: Iterable[Target]) -> dict[str, Any]:
    return {
        "name": f"{ladder}, step {step.position}",
        "wait": step.wait_minutes * 60,
        "hours": step.calendar.definition() if step.calendar else None,
        "row": step.pk,
        "round_robin": step.round_robin,
        "targets": [{"kind": target.kind, "id": target.what and target.what.pk} for target in targets],
    }
