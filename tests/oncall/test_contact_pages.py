"""The page on which people say how they are reached, and the one that says which drills arrived."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deliveries.models import Delivery, State
from oncall.actions import drills
from oncall.models import ContactMethod, Drill, Pager, Rota
from tests import make

pytestmark = pytest.mark.django_db
PAGE = "/oncall/contact"
SMS = {"sms-address": "+49 151 5550101", "sms-urgent_after": "0", "sms-calm_after": "never"}


def text_of(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_says_what_happens_with_nothing_set_up(desk) -> None:
    page = text_of(desk)
    assert "called by mail to the address that you sign in with" in page and "Mail address" in page


def test_only_ways_that_the_desk_can_send_by_are_offered(desk) -> None:
    assert "/methods/sms" not in text_of(desk) and desk.post(f"{PAGE}/methods/sms", SMS).status_code == 404
    make.twilio()
    page = text_of(desk)
    assert "/methods/sms" in page and "/methods/voice" in page and "/methods/slack" not in page
    assert desk.post(f"{PAGE}/methods/carrier-pigeon", {}).status_code == 404


def test_a_number_is_added_and_verified(desk, cast) -> None:
    make.twilio()
    assert desk.post(f"{PAGE}/methods/sms", SMS).status_code == 302
    row = ContactMethod.objects.get(user=cast.agent)
    assert (row.urgent_after, row.calm_after) == (0, None)
    assert "Waiting for its code" in text_of(desk)
    code = Delivery.objects.get().body_text[:6]
    wrong = desk.post(f"{PAGE}/methods/{row.pk}/verification", {f"c{row.pk}-code": "12"})
    assert wrong.status_code == 422 and "4 tries left" in wrong.content.decode()
    assert desk.post(f"{PAGE}/methods/{row.pk}/verification", {f"c{row.pk}-code": code}).status_code == 302
    page = text_of(desk)
    assert "At once for P1 and P2, never for P3 and P4" in page and "Verified" in page


def test_it_says_what_is_wrong_at_the_field(desk) -> None:
    make.twilio()
    answer = desk.post(f"{PAGE}/methods/sms", SMS | {"sms-address": "0151 555"})
    assert answer.status_code == 422 and "Write it with its country" in answer.content.decode()
    assert desk.post(f"{PAGE}/methods/sms", SMS | {"sms-urgent_after": "7"}).status_code == 422
    assert "Failed" not in desk.post(f"{PAGE}/browsers", {"subscription": "x"}, follow=True).content.decode()
    assert not ContactMethod.objects.exists()


def test_a_rule_a_test_and_a_deletion(desk, cast) -> None:
    row = make.contact_method(cast.agent, "email", "phone@people.example")
    said = {f"m{row.pk}-urgent_after": "3", f"m{row.pk}-calm_after": "3"}
    desk.post(f"{PAGE}/methods/{row.pk}/rule", said)
    assert "After 3 minutes" in text_of(desk)
    assert "on its way" in desk.post(f"{PAGE}/methods/{row.pk}/tests", follow=True).content.decode()
    assert "less than a minute ago" in desk.post(f"{PAGE}/methods/{row.pk}/tests", follow=True).content.decode()
    assert Delivery.objects.get().subject.startswith("Test, no alarm")
    desk.post(f"{PAGE}/methods/{row.pk}/deletion")
    assert not ContactMethod.objects.exists() and Drill.objects.get().method is None


@pytest.mark.parametrize("what", ["rule", "codes", "verification", "tests", "deletion"])
def test_somebody_elses_is_not_there(boss, cast, what) -> None:
    row = make.contact_method(cast.agent, "email", "phone@people.example")
    assert boss.post(f"{PAGE}/methods/{row.pk}/{what}", {}).status_code == 404
    assert ContactMethod.objects.filter(pk=row.pk, verified_at__isnull=False).exists()


def test_the_providers_words_stand_at_a_way_that_fails(desk, cast) -> None:
    make.contact_method(cast.agent, "sms", "+491515550101", trouble="Answered STOP.")
    page = text_of(desk)
    assert "Failing" in page and "Answered STOP." in page


def test_managers_read_what_does_not_work_and_addresses_in_part(boss, cast, rota) -> None:
    number = "+491515550101"
    make.contact_method(cast.agent, "sms", number, trouble=f"The number {number} is not valid.")
    for address in (f"/oncall/{rota.pk}/", f"/settings/rotas/{rota.pk}/"):
        page = text_of(boss, address)
        assert "The number +49 ••• 01 is not valid." in page and number not in page, address
    assert "Ben has no verified contact method besides mail." in page


def test_the_page_of_who_is_on_call_says_which_drills_had_no_answer(desk, boss, cast, rota, as_user) -> None:
    now = timezone.now()
    known = {"user": cast.agent, "rota": rota, "way": "email", "label": "E-mail of the account"}
    Drill.objects.create(**known, begins_at=now - timedelta(hours=1), made_at=now - timedelta(days=1))
    for client in (desk, boss):
        assert "did not prove to work before the shift" in text_of(client, "/oncall/")
    assert "did not prove" not in text_of(as_user(cast.other_agent), "/oncall/")
    Drill.objects.create(**known, made_at=now, confirmed_at=now)
    assert "did not prove" not in text_of(boss, "/oncall/")


def test_quiet_hours_are_kept_and_refused_in_words(desk) -> None:
    assert desk.post(f"{PAGE}/quiet-hours", {"quiet_from": "22:00", "quiet_to": "07:00"}).status_code == 302
    assert Pager.objects.get().quiet_to is not None and 'value="22:00"' in text_of(desk)
    answer = desk.post(f"{PAGE}/quiet-hours", {"quiet_from": "22:00", "quiet_to": ""})
    assert answer.status_code == 422 and "Give both times, or neither." in answer.content.decode()


# --- drills --------------------------------------------------------------------------------------------------------


@pytest.fixture
def drill(cast: SimpleNamespace) -> Drill:
    method = make.contact_method(cast.agent, "sms", "+491515550101", channel=make.twilio())
    return drills.test(method=method, at=timezone.now(), actor=cast.agent)


def link_of(drill: Drill) -> str:
    assert drill.delivery is not None
    return "/p/d/" + str(drill.delivery.data["token"])


def test_one_tap_without_signing_in_says_that_it_arrived_and_a_get_says_nothing(client, drill) -> None:
    assert "It reached me" in text_of(client, link_of(drill))
    drill.refresh_from_db()
    assert drill.confirmed_at is None
    answer = client.post(link_of(drill), follow=True)
    drill.refresh_from_db()
    assert "Thank you" in answer.content.decode() and drill.confirmed_at is not None
    assert answer["X-Robots-Tag"] == "noindex, nofollow" and answer["Referrer-Policy"] == "same-origin"


def test_a_link_that_is_not_ours_is_a_friendly_page(client, drill) -> None:
    for address in (link_of(drill)[:-3] + "AAA", "/p/d/x", "/p/d/x.y.z"):
        answer = client.get(address)
        assert answer.status_code == 404 and "no longer works" in answer.content.decode()


def test_everybody_sees_their_own_drills_and_managers_all_with_a_part_of_the_address(desk, boss, drill, as_user, cast):
    for client in (desk, boss):
        page = text_of(client, "/oncall/drills")
        assert "SMS +49 ••• 01" in page
    assert "Not yet" in text_of(desk, "/oncall/drills")
    assert "No drills yet" in text_of(as_user(cast.other_agent), "/oncall/drills")
    assert "SMS" in text_of(boss, "/oncall/drills?open=1")
    drills.confirm(drill=drill, at=timezone.now())
    assert "All confirmed" in text_of(boss, "/oncall/drills?open=1") and "after 0s" in text_of(boss, "/oncall/drills")


def test_a_drill_that_was_not_delivered_says_why(boss, drill) -> None:
    Delivery.objects.update(state=State.DEAD, next_try_at=None, answer="No such number.")
    Drill.objects.update(made_at=timezone.now() - timedelta(hours=1))
    page = text_of(boss, "/oncall/drills")
    assert page.count("Not confirmed") == 2  # the tab as well
    assert "No such number." in text_of(boss, "/oncall/drills")


def test_managers_drill_a_rota_now(desk, boss, rota: Rota) -> None:
    assert desk.post(f"/oncall/{rota.pk}/drills").status_code == 404 and not Drill.objects.exists()
    answer = boss.post(f"/oncall/{rota.pk}/drills", follow=True).content.decode()
    assert "2 messages are on the way" in answer and Drill.objects.filter(rota=rota).count() == 2
    assert "Nobody is left to drill" in boss.post(f"/oncall/{rota.pk}/drills", follow=True).content.decode()


def test_its_pages_ask_a_fixed_number_of_queries(desk, boss, cast, rota) -> None:
    make.twilio()

    def asked() -> list[int]:
        found = []
        for client, address in (
            (desk, PAGE),
            (boss, "/oncall/drills"),
            (boss, f"/oncall/{rota.pk}/"),
            (boss, "/oncall/"),
        ):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found.append(len(queries))
        return found

    for user in (cast.agent, cast.other_agent):
        method = make.contact_method(user, "email", "one@people.example")
        drills.test(method=method, at=timezone.now(), actor=user)
    asked()
    before = asked()
    for place in range(8):
        for user in (cast.agent, cast.other_agent):
            method = make.contact_method(user, "sms", f"+4915155501{place:02}")
            drills.test(method=method, at=timezone.now(), actor=user)
    assert asked() == before and max(before) <= 15
