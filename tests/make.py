"""Plain builders: each makes one real row, through the real verb where there is one."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from accounts.models import Membership, Organisation, Role, Team, User
from catalog.models import Component, Site
from integrations.models import Channel
from oncall.actions.setup import LayerPlan, save_layer, save_rota
from oncall.models import ContactMethod, Ladder, Layer, Rota, Step, Target
from sla import rulebook
from sla.models import Contract, Policy
from tickets.actions.opening import NewTicket, open_ticket
from tickets.models import Ticket

# A Monday morning; tests add to it.
T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


def later(**kwargs: float) -> datetime:
    """T0 plus a timedelta."""
    return T0 + timedelta(**kwargs)


def person(name: str, role: str = Role.REQUESTER, *, teams: tuple[Team, ...] = (), **fields: Any) -> User:
    """A person who can sign in with PASSWORD, at <name>@<domain>.example."""
    email = fields.pop("email", f"{name.lower()}@people.example")
    user = User.objects.create_user(email, PASSWORD, name=name, role=role, **fields)
    user.emailaddress_set.create(email=email, verified=True, primary=True)
    for team in teams:
        Membership.objects.create(team=team, user=user)
    return user


def team(name: str, **fields: Any) -> Team:
    return Team.objects.create(name=name, slug=name.lower().replace(" ", "-"), **fields)


def organisation(name: str, **fields: Any) -> Organisation:
    return Organisation.objects.create(name=name, **fields)


def site(name: str, fallback: Team, **fields: Any) -> Site:
    return Site.objects.create(
        name=name, slug=name.lower().replace(" ", "-"), url="https://shop.example", fallback_team=fallback, **fields
    )


def component(site: Site, name: str) -> Component:
    return Component.objects.create(site=site, name=name, slug=name.lower().replace(" ", "-"))


def contract(organisation: Organisation, policy: Policy | None = None, **fields: Any) -> Contract:
    """From the beginning of 2026 on, for the default policy unless told otherwise."""
    fields = {"name": "Gold", "begins": date(2026, 1, 1), **fields}
    made = Contract.objects.create(
        organisation=organisation, policy=policy or Policy.objects.get(is_default=True), **fields
    )
    rulebook.renew()
    return made


def layer(*people: User, at: datetime = T0, rota: Rota | None = None, **fields: Any) -> Layer:
    """A layer of turns, a day each from nine o'clock of T0's date on, of a rota in Berlin unless told otherwise."""
    row = rota or save_rota(rota=None, name="Demo rota", zone="Europe/Berlin", team=None, at=at, actor=None)
    plan = {
        "name": "Days", "position": 1, "length": 1, "unit": "days", "first_day": T0.date(), "handoff": time(9),
        "last_day": None, "hours": {}, **fields,
    }  # fmt: skip
    return save_layer(layer=None, rota=row, plan=LayerPlan(people=people, **plan), at=at, actor=None)


def ladder(
    *steps: "User | Rota | Channel | Ladder | Team | str", at: datetime = T0, wait: int = 5, **fields: Any
) -> Ladder:
    """A ladder that calls one of these a step, five minutes apart; a string is "assignee" or "manager"."""
    made = Ladder.objects.create(**{"name": "Demo ladder", "changed_at": at, **fields})
    for position, whom in enumerate(steps, 1):
        step = Step.objects.create(ladder=made, position=position, wait_minutes=wait)
        kind = whom if isinstance(whom, str) else type(whom).__name__.lower()
        Target.objects.create(step=step, kind=kind, **({} if isinstance(whom, str) else {kind: whom}))
    return made


def contact_method(user: User, via: str, address: str = "", *, at: datetime = T0, **fields: Any) -> ContactMethod:
    """A verified way to reach somebody, used at once."""
    given = {"user": user, "via": via, "address": address, "made_at": at, "verified_at": at, **fields}
    return ContactMethod.objects.create(**given)


def twilio(**fields: Any) -> Channel:
    """An account that sends SMS and calls."""
    return Channel.objects.create(**{"name": "Demo Twilio", "kind": "twilio", **fields})


def ticket(*, requester: User | None = None, at: datetime = T0, actor: User | None = None, **fields: Any) -> Ticket:
    """An open ticket, opened by form unless told otherwise."""
    fields = {"subject": "Checkout fails", "body": "It says error 500.", "channel": "form", **fields}
    via = fields["channel"]
    return open_ticket(new=NewTicket(requester=requester, **fields), at=at, actor=actor or requester, via=via)
