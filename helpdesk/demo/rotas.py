"""Two rotas of the demo desk: one around the clock, one for the evenings and weekends of a small team."""

from datetime import datetime, time, timedelta
from typing import Any

from accounts.models import Team, User
from oncall import rota as pure
from oncall.actions import standins
from oncall.actions.setup import LayerPlan, save_layer, save_rota
from oncall.models import Rota
from oncall.reading import load
from oncall.rota import Span

ZONE = "Europe/Berlin"
PHONES = {"ada": "+49 30 5550101", "finn": "+49 30 5550102", "ben": "+49 30 5550103", "lea": "+49 30 5550104",
          "ivo": "+49 30 5550105", "gus": "+49 30 5550106"}  # fmt: skip
EVENINGS = {
    **{day: [["17:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "sat": [["08:00", "24:00"]], "sun": [["08:00", "24:00"]],
}  # fmt: skip


def make_rotas(*, teams: dict[str, Team], desk: dict[str, User], now: datetime) -> None:
    """With an override of the week to come, and a swap that waits for its answer."""
    for short, phone in PHONES.items():
        User.objects.filter(pk=desk[short].pk).update(phone=phone)
    began = (now - timedelta(days=35)).date()
    monday = began - timedelta(days=began.weekday())
    actor = desk["manager"]
    always = save_rota(
        rota=None, name="Demo platform", zone=ZONE, team=teams["infrastructure"], at=now, actor=actor
    )  # fmt: skip
    plan: dict[str, Any] = {"unit": "weeks", "length": 1, "first_day": monday, "last_day": None, "handoff": time(9)}
    ivo, lea, gus, ben = (desk[short] for short in ("ivo", "lea", "gus", "ben"))
    save_layer(
        layer=None, rota=always, at=now, actor=actor,
        plan=LayerPlan(name="Round the clock", position=1, hours={}, people=[ivo, lea, gus], **plan),
    )  # fmt: skip
    office = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    save_layer(
        layer=None, rota=always, at=now, actor=actor,
        plan=LayerPlan(name="Office hours", position=2, hours=office, people=[ben, ivo, lea, gus],
                       **plan | {"unit": "days"}),
    )  # fmt: skip
    evenings = save_rota(
        rota=None, name="Demo shops, evenings", zone=ZONE, team=teams["front-end"], at=now, actor=actor
    )  # fmt: skip
    save_layer(
        layer=None, rota=evenings, at=now, actor=actor,
        plan=LayerPlan(name="Evenings and weekends", position=1, hours=EVENINGS, people=[desk["ada"], desk["finn"]],
                       **plan | {"handoff": time(8)}),
    )  # fmt: skip
    stand_in(always, desk, now)


def stand_in(rota: Rota, desk: dict[str, User], now: datetime) -> None:
    """Ben takes an evening; Ivo asks Lea for one of his weeks."""
    evening = now.replace(hour=17, minute=0, second=0, microsecond=0) + timedelta(days=3)
    standins.take_over(
        rota=rota, user=desk["ben"], begins_at=evening, ends_at=evening + timedelta(hours=5),
        reason="Ivo is at a demo concert", at=now, actor=desk["ben"],
    )  # fmt: skip
    found = load(Rota.objects.filter(pk=rota.pk), since=now)[0]
    ahead = pure.shifts(found.rota, now + timedelta(days=7), now + timedelta(days=49))[1:]
    mine = next((shift for shift in ahead if shift.person == desk["ivo"].pk), None)
    if mine:
        standins.ask_swap(
            rota=rota, other=desk["lea"], mine=Span(mine.begin, mine.end), reason="Demo holidays", at=now,
            actor=desk["ivo"],
        )  # fmt: skip
