"""The pages of the desk: who is on, the weeks, standing in; the settings; and what is wrong said in words."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from oncall import weeks
from oncall.models import Layer, LayerMember, Override, Rota, Swap
from oncall.reading import load, who_is_on
from oncall.rota import Shift
from tests import make

pytestmark = pytest.mark.django_db
NEW = {
    "name": "Nights", "position": "2", "length": "1", "unit": "weeks", "first_day": "2026-03-02", "handoff": "09:00",
    "last_day": "", "hours": "daily 22:00-06:00",
}  # fmt: skip


def text_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def local(moment, zone) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}"


# --- the desk ------------------------------------------------------------------------------------------------------


def test_it_says_who_is_on_call_with_the_number_to_call(desk: Client, rota: Rota) -> None:
    on = who_is_on(rota=rota, at=timezone.now())
    User.objects.filter(pk=on.pk).update(phone="+49 30 555 0100")
    page = text_of(desk, "/oncall/")
    assert on.name in page and 'href="tel:+49305550100"' in page and f"mailto:{on.email}" in page


def test_it_is_loud_where_nobody_is(desk: Client, layer: Layer) -> None:
    LayerMember.objects.all().delete()
    assert "Nobody is on call" in text_of(desk, "/oncall/")
    assert "Nobody is on call for" in text_of(desk, f"/oncall/{layer.rota_id}/")


def test_it_says_what_to_do_without_a_rota(desk: Client, boss: Client) -> None:
    assert "No rota" in text_of(desk, "/oncall/") and "/settings/rotas/new" in text_of(boss, "/oncall/")
    assert "No rota" in text_of(boss, "/settings/rotas/")


def test_the_weeks_show_each_day_and_who_carries_how_much(desk: Client, rota: Rota) -> None:
    page = text_of(desk, f"/oncall/{rota.pk}/")
    assert page.count('class="rota__day"') == 56 and "Ada" in page and "Ben" in page and "Weekends" in page
    moved = text_of(desk, f"/oncall/{rota.pk}/?from=2027-06-10")
    assert "Mon 7 Jun" in moved and text_of(desk, f"/oncall/{rota.pk}/?from=nonsense").count("rota__day") == 56


def test_a_day_lists_its_shifts_by_the_rotas_clock(rota: Rota, cast: SimpleNamespace) -> None:
    now = timezone.now()
    shown = weeks.view(load(Rota.objects.all(), since=now)[0], now)
    tomorrow = shown.weeks[1][0]
    assert [part.times for part in tomorrow.parts] == ["00:00–09:00", "09:00–24:00"]
    assert {part.user for part in tomorrow.parts} == {cast.agent, cast.other_agent}
    assert shown.gaps == [] and abs(shown.carried[0].load.hours - shown.carried[1].load.hours) <= 26


def test_somebody_takes_over_by_the_rotas_clock(desk: Client, rota: Rota, cast: SimpleNamespace) -> None:
    begin = timezone.now() + timedelta(days=1)
    said = {"cover-begins_at": local(begin, rota.tz), "cover-ends_at": local(begin + timedelta(hours=2), rota.tz)}
    assert desk.post(f"/oncall/{rota.pk}/overrides", said).status_code == 302
    row = Override.objects.get()
    assert row.user == cast.agent and row.begins_at == begin.replace(second=0, microsecond=0)
    assert desk.post(f"/oncall/overrides/{row.pk}/deletion").status_code == 302 and not Override.objects.exists()


def test_an_agent_cannot_put_somebody_else_on_call(desk: Client, rota: Rota, cast: SimpleNamespace) -> None:
    begin = timezone.now() + timedelta(days=1)
    said = {
        "cover-user": cast.guard.pk, "cover-begins_at": local(begin, rota.tz),
        "cover-ends_at": local(begin + timedelta(hours=2), rota.tz),
    }  # fmt: skip
    desk.post(f"/oncall/{rota.pk}/overrides", said)
    assert Override.objects.get().user == cast.agent


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [
        ("2027-03-28T02:30", "2027-03-28T05:00", "couldn’t be interpreted"),  # which the clocks skip
        ("2027-03-02T10:00", "2027-03-02T09:00", "It ends before it begins."),
        ("yesterday", "2027-03-02T09:00", "Enter a valid date/time."),
        ("2021-03-02T10:00", "2021-03-02T19:00", "It is over already."),
    ],
)
def test_it_says_what_is_wrong_with_an_override(desk: Client, rota: Rota, begin: str, end: str, said: str) -> None:
    answer = desk.post(f"/oncall/{rota.pk}/overrides", {"cover-begins_at": begin, "cover-ends_at": end})
    page = answer.content.decode().replace("&#x27;", "’").replace("'", "’")
    assert answer.status_code == 422 and said in page and not Override.objects.exists()


def test_a_swap_is_asked_and_agreed_to(
    desk: Client, rota: Rota, cast: SimpleNamespace, as_user, coming: Callable[[User], list[Shift]]
) -> None:
    mine, theirs = coming(cast.agent)[0], coming(cast.other_agent)[1]
    said = {
        "swap-mine": f"{cast.agent.pk}/{mine.begin.isoformat()}/{mine.end.isoformat()}",
        "swap-theirs": f"{cast.other_agent.pk}/{theirs.begin.isoformat()}/{theirs.end.isoformat()}",
        "swap-reason": "A wedding",
    }
    assert desk.post(f"/oncall/{rota.pk}/swaps", said).status_code == 302
    swap, other = Swap.objects.get(), as_user(cast.other_agent)
    assert "A wedding" in text_of(other, "/oncall/") and "Agree" in text_of(other, "/oncall/")
    assert "Agree" not in text_of(desk, f"/oncall/{rota.pk}/")
    assert other.post(f"/oncall/swaps/{swap.pk}/agreement").status_code == 302
    assert who_is_on(rota=rota, at=mine.begin) == cast.other_agent
    assert who_is_on(rota=rota, at=theirs.begin) == cast.agent


@pytest.mark.parametrize("theirs", ["", "1", "x/y/z", "7/2026-01-01T00:00:00+00:00/2026-01-02T00:00:00+00:00"])
def test_it_swaps_only_what_can_be_chosen(desk: Client, rota: Rota, theirs: str) -> None:
    answer = desk.post(f"/oncall/{rota.pk}/swaps", {"swap-mine": "1/a/b", "swap-theirs": theirs})
    assert answer.status_code == 422 and not Swap.objects.exists()


def test_its_pages_ask_a_fixed_number_of_queries(
    desk: Client, boss: Client, rota: Rota, layer: Layer, cast: SimpleNamespace
) -> None:
    addresses = ("/oncall/", f"/oncall/{rota.pk}/", "/settings/rotas/", f"/settings/rotas/{rota.pk}/",
                 f"/settings/rotas/layers/{layer.pk}/", "/oncall/calendars/")  # fmt: skip

    def asked() -> list[int]:
        found = []
        for address in addresses:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert boss.get(address).status_code == 200
            found.append(len(queries))
        return found

    asked()
    before = asked()
    now = timezone.now()
    make.layer(*(make.person(f"P{n}", "agent") for n in range(6)), cast.agent, rota=rota, position=2, at=now)
    for _ in range(5):
        Override.objects.create(
            rota=rota, user=make.person(f"O{Override.objects.count()}", "agent"), begins_at=now,
            ends_at=now + timedelta(hours=3), made_at=now,
        )  # fmt: skip
    assert asked() == before and max(before) <= 14


# --- the settings --------------------------------------------------------------------------------------------------


def test_a_rota_is_made_with_a_layer(boss: Client, cast: SimpleNamespace) -> None:
    answer = boss.post("/settings/rotas/new", {"name": "Web", "zone": "Europe/Berlin", "team": "", "drill_hours": "24"})
    row = Rota.objects.get()
    assert answer.status_code == 302 and "It has no layer" in text_of(boss, f"/settings/rotas/{row.pk}/")
    said = NEW | {"turn_1": str(cast.agent.pk), "turn_3": str(cast.other_agent.pk)}
    assert boss.post(f"/settings/rotas/{row.pk}/layers", said).status_code == 302
    layer = row.layers.get()
    assert [member.user for member in layer.members.all()] == [cast.agent, cast.other_agent]
    assert layer.hours["mon"] == [["22:00", "06:00"]]
    assert "1 week<" in text_of(boss, f"/settings/rotas/{row.pk}/")
    page = text_of(boss, f"/settings/rotas/layers/{layer.pk}/")
    assert "daily 22:00-06:00" in page and 'value="2026-03-02"' in page
    assert "Nobody is on call for" in page and "Ada has no phone number." in page


def test_a_preview_saves_nothing(boss: Client, layer: Layer, cast: SimpleNamespace) -> None:
    said = NEW | {"hours": "", "turn_1": str(cast.guard.pk), "preview": "1"}
    page = boss.post(f"/settings/rotas/{layer.rota_id}/layers", said).content.decode()
    assert "as edited" in page and "Gus</span>" in page and Layer.objects.count() == 1
    edited = NEW | {"hours": "", "turn_1": str(cast.guard.pk), "preview": "1"}
    assert "Gus</span>" in boss.post(f"/settings/rotas/layers/{layer.pk}/", edited).content.decode()
    assert [member.user for member in layer.members.all()] == [cast.agent, cast.other_agent]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"length": "0"}, "greater than or equal to 1"),
        ({"length": "8000", "unit": "weeks"}, "366 days at most"),
        ({"length": "", "unit": "months"}, "not one of the available choices"),
        ({"last_day": "2026-03-01"}, "It ends before it begins."),
        ({"first_day": "1066-10-14"}, "between 1970 and 2199"),
        ({"handoff": "25:00"}, "Enter a valid time"),
        ({"hours": "mondays at nine"}, "is not like"),
        ({"hours": "mon 09:00-17:00, 16:00-18:00"}, "overlaps"),
        ({"turn_1": "999999"}, "not one of the available choices"),
        ({"position": "0"}, "greater than or equal to 1"),
    ],
)
def test_it_says_what_is_wrong_with_a_layer(boss: Client, layer: Layer, wrong: dict[str, str], said: str) -> None:
    for address in (f"/settings/rotas/{layer.rota_id}/layers", f"/settings/rotas/layers/{layer.pk}/"):
        for preview in ({}, {"preview": "1"}):
            answer = boss.post(address, NEW | wrong | preview)
            assert answer.status_code == 422 and said in answer.content.decode()
    assert Layer.objects.count() == 1


def test_it_refuses_a_zone_nobody_knows_and_a_name_twice(boss: Client, rota: Rota) -> None:
    for wrong in ({"name": "Other", "zone": "Mars/Olympus"}, {"name": "demo ROTA", "zone": "UTC"}):
        assert boss.post("/settings/rotas/new", wrong).status_code == 422
    assert Rota.objects.count() == 1


def test_a_rota_whose_zone_was_dropped_is_said_and_breaks_nothing(boss: Client, layer: Layer) -> None:
    Rota.objects.update(zone="Mars/Olympus")
    for address in ("/oncall/", f"/oncall/{layer.rota_id}/", "/settings/rotas/", f"/settings/rotas/{layer.rota_id}/",
                    f"/settings/rotas/layers/{layer.pk}/"):  # fmt: skip
        assert boss.get(address).status_code == 200, address
    assert "Unknown time zone" in text_of(boss, f"/settings/rotas/{layer.rota_id}/")


def test_it_warns_of_people_who_cannot_be_reached(boss: Client, layer: Layer, cast: SimpleNamespace) -> None:
    User.objects.filter(pk=cast.agent.pk).update(is_active=False)
    User.objects.filter(pk=cast.other_agent.pk).update(undeliverable_at=timezone.now(), phone="+49 30 555 0100")
    page = text_of(boss, f"/settings/rotas/{layer.rota_id}/")
    assert "Ada is deactivated" in page and "Mail to Ben comes back." in page and "Ben has no phone" not in page
    answer = boss.post(f"/settings/rotas/layers/{layer.pk}/", NEW | {"turn_1": str(cast.agent.pk)})
    assert answer.status_code == 422 and "Give the turn to somebody else." in answer.content.decode()


def test_a_layer_and_a_rota_go(boss: Client, layer: Layer) -> None:
    assert boss.post(f"/settings/rotas/layers/{layer.pk}/deletion").status_code == 302 and not Layer.objects.exists()
    assert boss.post(f"/settings/rotas/{layer.rota_id}/deletion").status_code == 302 and not Rota.objects.exists()
