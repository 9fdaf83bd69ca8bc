"""What a routing rule would do to tickets that came already: read only, placed by the same pure `place`."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import Team, User
from tickets.models import Audience, Message, RoutingRule, Ticket, rules_in_force
from tickets.routing import FIELDS, Draft, Placement, Rule, place

LAST = 100


@dataclass(frozen=True, slots=True)
class Tried:
    """One ticket under trial: why the rule matches it (None: it does not), where all rules place it now and then."""

    ticket: Ticket
    because: list[str] | None
    now: str
    then: str

    @property
    def moves(self) -> bool:
        """The edit would place it elsewhere."""
        return self.now != self.then


def drafts_of(tickets: Sequence[Ticket], *, first_team: int | None) -> list[Draft]:
    """What was known of each when it came, as far as it is kept: one statement for their first messages."""
    firsts = Message.objects.filter(ticket__in=[t.pk for t in tickets], audience=Audience.PUBLIC)
    words = dict(firsts.order_by("ticket_id", "at", "id").distinct("ticket_id").values_list("ticket_id", "body"))
    return [
        Draft(
            kind=t.kind,
            severity=t.severity,
            channel=t.channel,
            subject=t.subject,
            text=words.get(t.pk, ""),
            site=t.site_id,
            component=t.component_id,
            organisation=t.organisation_id,
            fallback_team=t.site.fallback_team_id if t.site else first_team,
        )
        for t in tickets
    ]


def with_edit(rules: Sequence[Rule], edited: Rule, *, is_active: bool) -> list[Rule]:
    """The rules in order as they would be: the edited one in its place, a new one last, one switched off left out."""
    others = [edited if rule.id == edited.id else rule for rule in rules]
    if edited.id not in {rule.id for rule in rules}:
        others.append(edited)
    return [rule for rule in others if is_active or rule.id != edited.id]


def rules_with(edited: Rule, *, is_active: bool) -> list[Rule]:
    """The rules as they would be in force: in order, also when the edited one is switched off now and would be on."""
    rows = [row for row in RoutingRule.objects.all() if row.is_active or row.pk == edited.id]
    return with_edit([row.as_rule() for row in rows], edited, is_active=is_active)


def try_rule(edited: Rule, *, is_active: bool, user: User) -> list[Tried]:
    """The last hundred tickets that this person sees, newest first."""
    now, then = rules_in_force(), rules_with(edited, is_active=is_active)
    tickets = list(Ticket.objects.visible_to(user).select_related("site").order_by("-pk")[:LAST])
    teams = dict(Team.objects.order_by("pk").values_list("pk", "name"))
    drafts = drafts_of(tickets, first_team=next(iter(teams), None))
    return [
        Tried(
            ticket=ticket,
            because=None if (held := edited.matches(draft)) is None else [FIELDS[name] for name, _ in held],
            now=told(place(draft, now), teams, ticket.severity),
            then=told(place(draft, then), teams, ticket.severity),
        )
        for ticket, draft in zip(tickets, drafts, strict=True)
    ]


def told(placed: Placement, teams: dict[int, str], severity: int) -> str:
    """ "Front-end · P2 · +checkout (Checkout errors)" """
    words = [teams.get(placed.team or 0, "No team"), f"P{placed.severity or severity}"]
    if placed.tier is not None:
        words.append(f"L{placed.tier}")
    words += [f"+{tag}" for tag in placed.tags]
    return f"{' · '.join(words)} ({placed.rule_name or 'no rule: fallback'})"
