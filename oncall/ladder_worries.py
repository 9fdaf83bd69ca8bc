"""What a manager should know of the ladders before the night does."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.models import Team
from catalog.models import Site
from oncall.foreseen import Foreseen
from oncall.models import Ladder, TargetKind
from oncall.plans import Plan, all_steps, of_ladder
from oncall.roster import Part
from tickets.models import Severity, Ticket


def plans_of(ladders: Iterable[Ladder]) -> dict[int, Plan]:
    """What each would be copied into: three statements, however many."""
    book = all_steps()
    return {ladder.pk: of_ladder(ladder, book) for ladder in ladders}


def imagined(ladder: Ladder) -> Ticket:
    """A ticket that the ladder is for, thought of; nobody has it."""
    team = ladder.team or (ladder.site.fallback_team if ladder.site else None) or Team()
    return Ticket(team=team, site=ladder.site, severity=min(ladder.severities, default=Severity.P1))


def worries_of(plans: list[tuple[Ladder, Plan]], at: datetime) -> dict[int, list[str]]:
    """Sentences for each ladder by its number; a fixed number of statements for all of them."""
    tickets = {ladder.pk: imagined(ladder) for ladder, _ in plans}
    roster = Foreseen(at, [step for _, plan in plans for step in plan["steps"]], tickets.values())
    found = {}
    for ladder, plan in plans:
        said = [] if plan["steps"] else ["It has no steps: nobody is called, and the managers are told at once."]
        for number, step in enumerate(plan["steps"], 1):
            said += [f"Step {number}: {why}." for why in missing(step, tickets[ladder.pk], roster)]
        found[ladder.pk] = said
    return found


def missing(step: Part, ticket: Ticket, roster: Foreseen) -> list[str]:
    """Whom a step cannot reach, its hours aside. Whether somebody has the ticket only the ticket knows."""
    targets = [target for target in step["targets"] if target["kind"] != TargetKind.ASSIGNEE]
    if step["targets"] and not targets:
        return []
    if step["row"] and not targets:  # what it called was deleted
        return ["it calls nobody any more"]
    whole: dict[str, Any] = {**step, "hours": None, "targets": targets}
    return roster.called(whole, ticket).missing


def uncovered(ladders: Iterable[Ladder]) -> list[str]:
    """Teams and sites whose P1 would wake nobody. A site counts as covered when its fallback team is."""
    able = [row for row in ladders if row.is_automatic and (not row.severities or Severity.P1 in row.severities)]
    everything = any(row.team_id is None and row.site_id is None for row in able)
    if everything:
        return []
    teams = {row.team_id for row in able if row.site_id is None}
    both = {(row.team_id, row.site_id) for row in able}
    bare = [team for team in Team.objects.all() if team.pk not in teams]
    sites = [
        site
        for site in Site.objects.select_related("fallback_team")
        if site.fallback_team_id not in teams and not {(None, site.pk), (site.fallback_team_id, site.pk)} & both
    ]
    said = [f"A P1 of the team {team} wakes nobody by itself." for team in bare]
    return said + [f"A P1 of the site {site} ({site.fallback_team}) wakes nobody by itself." for site in sites]
