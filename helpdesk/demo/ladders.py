"""Two ladders of the demo desk, and what they are for: one page that somebody took, and one that is calling now."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from accounts.models import Team, User
from catalog.models import Site
from deliveries.send import keep_past
from oncall import engine, rings
from oncall.actions import paging
from oncall.actions.ladders import LadderPlan, StepPlan, save_ladder
from oncall.models import Rota
from oncall.reading import who_is_on
from tickets.actions import conversation
from tickets.actions.opening import NewTicket, open_ticket
from tickets.models import Channel, Severity, Ticket


def make_ladders(*, teams: dict[str, Team], desk: dict[str, User], sites: dict[str, Site], now: datetime) -> None:
    """After the rotas, whose people they call, and after the replayed days, which woke nobody."""
    platform, shops = Rota.objects.order_by("name")
    boss = desk["manager"]
    in_turn = StepPlan(None, 10, None, True, [("user", desk["ben"].pk), ("user", desk["lea"].pk)])
    both = StepPlan(None, 10, None, False, [("user", desk["ada"].pk), ("user", desk["finn"].pk)])
    last = StepPlan(None, 15, None, False, [("manager", None)])
    save("Demo platform", teams["infrastructure"], [1, 2], [first(platform), in_turn, last], now, boss)
    save("Demo shops", teams["front-end"], [1], [first(shops), both, last], now, boss)
    began = now - timedelta(minutes=14)
    taken = called("Demo: the database replica runs out of disk", teams["infrastructure"], sites["api"], began)
    page, who = paging.open_page(taken), who_is_on(rota=platform, at=began) or desk["ivo"]
    if page:
        at = began + timedelta(minutes=2)
        paging.acknowledge(page=page, at=at, actor=who, via="link")
        text, later = "Old archives fill it. Moving them away.", at + timedelta(minutes=4)
        conversation.note(ticket=taken, body=text, at=later, actor=who, via="web")
    called(
        "Demo: checkout answers 502 for some customers", teams["front-end"], sites["shop"], now - timedelta(minutes=2)
    )  # fmt: skip
    keep_past(now)


def first(rota: Rota) -> StepPlan:
    """Whoever is on call, and whoever has the ticket already."""
    return StepPlan(None, 5, None, False, [("rota", rota.pk), ("assignee", None)])


def save(name: str, team: Team, severities: list[int], steps: Sequence[StepPlan], now: datetime, boss: User) -> None:
    plan = LadderPlan(
        name=name, is_automatic=True, team=team, site=None, severities=severities, repeats=2, ack_minutes=30,
        steps=steps,
    )  # fmt: skip
    save_ladder(ladder=None, plan=plan, at=now, actor=boss)


def called(subject: str, team: Team, site: Site, at: datetime) -> Ticket:
    """A P1 by phone, about which the first step is called at once."""
    new = NewTicket(subject=subject, body=subject, channel=Channel.PHONE, site=site, team=team, severity=Severity.P1)
    ticket = open_ticket(new=new, at=at, actor=None, via="web")
    engine.climb_due(at)
    rings.ring_due(at)
    return ticket
