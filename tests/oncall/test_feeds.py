"""Calendar addresses: secret, renewable, revocable; concrete events in UTC."""

from datetime import UTC, timedelta
from types import SimpleNamespace

import icalendar
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from oncall.actions.feeds import renew_feed
from oncall.models import Feed, Rota
from oncall.reading import who_is_on

pytestmark = pytest.mark.django_db


def events(client: Client, secret: str) -> list[icalendar.Event]:
    answer = client.get(f"/oncall/calendars/{secret}.ics")
    assert answer.status_code == 200 and answer["Content-Type"] == "text/calendar"
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


def test_it_tells_ones_own_shifts_in_utc(client: Client, rota: Rota, cast: SimpleNamespace) -> None:
    _, secret = renew_feed(rota=None, at=timezone.now(), actor=cast.agent)
    found = events(client, secret)
    assert {str(event["SUMMARY"]) for event in found} == {"On call: Demo rota"}
    for event in found:
        begin, end = event["DTSTART"].dt, event["DTEND"].dt
        assert begin.utcoffset() == timedelta(0) and begin.tzinfo is not None and end > begin
        assert who_is_on(rota=rota, at=begin.astimezone(UTC)) == cast.agent
    assert len({str(event["UID"]) for event in found}) == len(found) > 20


def test_it_tells_everybodys_shifts_of_a_rota(client: Client, rota: Rota, cast: SimpleNamespace) -> None:
    _, secret = renew_feed(rota=rota, at=timezone.now(), actor=cast.manager)
    assert {str(event["SUMMARY"]) for event in events(client, secret)} == {"Ada: Demo rota", "Ben: Demo rota"}


def test_it_says_that_nothing_has_changed(client: Client, rota: Rota, cast: SimpleNamespace) -> None:
    _, secret = renew_feed(rota=rota, at=timezone.now(), actor=cast.agent)
    address = f"/oncall/calendars/{secret}.ics"
    tag = client.get(address)["ETag"]
    again = client.get(address, headers={"If-None-Match": tag})
    assert again.status_code == 304 and again.content == b""


def test_the_address_before_is_void_once_renewed(client: Client, rota: Rota, cast: SimpleNamespace) -> None:
    _, before = renew_feed(rota=rota, at=timezone.now(), actor=cast.agent)
    row, now = renew_feed(rota=rota, at=timezone.now(), actor=cast.agent)
    assert client.get(f"/oncall/calendars/{before}.ics").status_code == 404
    assert client.get(f"/oncall/calendars/{now}.ics").status_code == 200
    assert Feed.objects.count() == 1 and now not in row.digest and now not in row.prefix


def test_it_is_void_once_revoked_or_its_owner_is_gone(
    client: Client, rota: Rota, cast: SimpleNamespace, as_user
) -> None:
    _, mine = renew_feed(rota=rota, at=timezone.now(), actor=cast.agent)
    row, other = renew_feed(rota=rota, at=timezone.now(), actor=cast.other_agent)
    User.objects.filter(pk=cast.agent.pk).update(is_active=False)
    assert client.get(f"/oncall/calendars/{mine}.ics").status_code == 404
    assert as_user(cast.manager).post(f"/oncall/calendars/{row.pk}/revocation").status_code == 404  # not theirs
    assert as_user(cast.other_agent).post(f"/oncall/calendars/{row.pk}/revocation").status_code == 302
    assert client.get(f"/oncall/calendars/{other}.ics").status_code == 404


def test_the_page_shows_an_address_once(rota: Rota, cast: SimpleNamespace, as_user, settings) -> None:
    desk = as_user(cast.agent)
    made = desk.post("/oncall/calendars/", {"rota": rota.pk}).content.decode()
    assert f"{settings.BASE_URL}/oncall/calendars/cal_" in made
    assert f"{settings.BASE_URL}/oncall/calendars/cal_" not in desk.get("/oncall/calendars/").content.decode()
    assert desk.post("/oncall/calendars/", {"rota": "99999"}).status_code == 404
    assert desk.post("/oncall/calendars/", {"rota": "x"}).status_code == 404
