"""The pages that show what left the desk."""

import pytest
from django.utils import timezone

from deliveries.actions import freeze, queue_mail
from deliveries.models import Delivery, DeliverySwitch, State
from deliveries.paging import SIZE
from tests import make
from tests.make import T0, later
from tickets.links import requester_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(cast, shop) -> Delivery:
    """The acknowledgement of Cora's request."""
    make.ticket(requester=cast.customer, site=shop)
    return Delivery.objects.get()


@pytest.fixture
def with_server(settings) -> None:
    settings.EMAIL_HOST = "mail.example"


def text(answer) -> str:
    return answer.content.decode()


def test_the_desk_reads_the_local_mailbox_with_live_links(cast, sent, as_user):
    page = text(as_user(cast.agent).get(f"/mailbox/{sent.pk}"))
    assert f'href="{requester_url(sent.ticket, cast.customer)}"' in page
    assert sent.message_id.strip("<>") in page
    assert "<style" not in page and page.count("<h1") == 1


def test_with_a_mail_server_only_managers_read_and_nobody_gets_the_links(cast, sent, as_user, with_server):
    assert as_user(cast.agent).get("/mailbox/").status_code == 404
    for reader in (cast.manager, cast.admin):
        page = text(as_user(reader).get(f"/mailbox/{sent.pk}"))
        assert "We have received your request" in page
        assert "/help/t/•••" in page
        assert sent.ticket.token not in page


def test_requesters_and_strangers_find_nothing(cast, sent, as_user, client):
    for person in (cast.customer, cast.stranger):
        assert as_user(person).get("/mailbox/").status_code == 404
        assert as_user(person).get(f"/mailbox/{sent.pk}").status_code == 404
    assert client.get("/mailbox/").status_code == 302


def test_account_mail_is_for_admins_only(cast, as_user):
    secret = queue_mail(
        address=cast.admin.email, user=cast.admin, subject="Reset", text="/accounts/password/reset/key/1-abc/", html="",
        at=timezone.now(),
    )  # fmt: skip
    for person in (cast.agent, cast.manager):
        assert as_user(person).get(f"/mailbox/{secret.pk}").status_code == 404
        assert "Reset" not in text(as_user(person).get("/mailbox/"))
    assert "1-abc" in text(as_user(cast.admin).get(f"/mailbox/{secret.pk}"))


def test_account_links_are_masked_once_mail_is_sent(cast, as_user, with_server):
    doors = "accounts/password/reset/key/1-secretword/", "accounts/confirm-email/secretword/", "invitations/secretword"
    for door in doors:
        row = queue_mail(address="x@x.example", user=None, subject="S", text=f"https://d.test/{door}", html="", at=T0)
        assert "secretword" not in text(as_user(cast.admin).get(f"/mailbox/{row.pk}"))


def test_a_restricted_teams_mail_stays_with_it(cast, security, as_user):
    make.ticket(requester=cast.customer, team=security, subject="Breach")
    row = Delivery.objects.get()
    assert as_user(cast.agent).get(f"/mailbox/{row.pk}").status_code == 404
    assert "Breach" not in text(as_user(cast.manager).get("/mailbox/"))
    assert as_user(cast.guard).get(f"/mailbox/{row.pk}").status_code == 200


def test_it_pages_by_cursor_both_ways_without_repeats(cast, shop, as_user):
    for number in range(SIZE + 5):
        queue_mail(address=f"p{number:02}@x.example", user=None, subject=f"Mail {number:02}.", text="", html="", at=T0)
    client = as_user(cast.admin)
    first = client.get("/mailbox/").context["page"]
    second = client.get(f"/mailbox/{first.older}").context["page"]
    again = client.get(f"/mailbox/{second.newer}").context["page"]
    assert [row.subject for row in first.rows][:2] == ["Mail 34.", "Mail 33."]
    assert len(second.rows) == 5 and not {r.pk for r in first.rows} & {r.pk for r in second.rows}
    assert (again.rows, again.newer, second.older, first.newer) == (first.rows, None, None, None)


def test_it_filters_by_state_and_recipient_and_shrugs_at_nonsense(cast, sent, as_user):
    Delivery.objects.update(state=State.DEAD, next_try_at=None)
    client = as_user(cast.admin)
    assert len(client.get("/mailbox/?state=dead&q=CORA@").context["page"].rows) == 1
    assert not client.get("/mailbox/?state=sent").context["page"].rows
    assert not client.get("/mailbox/?q=%25").context["page"].rows
    nonsense = ["state=evil", "before=x", "before=2026-01-01_1", f"after={'9' * 99}", "q=%00"]
    for query in [*nonsense, "before=2026-01-01T00:00:00%2B00:00_²"]:
        assert client.get(f"/mailbox/?{query}").status_code == 200


def test_managers_replay_and_cancel_agents_do_not(cast, sent, as_user, settings):
    assert as_user(cast.agent).post(f"/mailbox/{sent.pk}/cancellation").status_code == 404
    as_user(cast.manager).post(f"/mailbox/{sent.pk}/cancellation")
    sent.refresh_from_db()
    assert sent.state == State.CANCELLED
    page = as_user(cast.manager).post(f"/mailbox/{sent.pk}/attempts", follow=True)
    sent.refresh_from_db()
    assert sent.state == State.PENDING and "sent again" in text(page)
    assert as_user(cast.manager).get(f"/mailbox/{sent.pk}/attempts").status_code == 405


def test_an_admin_releases_frozen_sending_from_the_banner(cast, sent, as_user):
    freeze(reason="Restored from a backup.", at=later(), actor=None)
    page = text(as_user(cast.manager).get("/mailbox/"))
    assert "Sending is frozen" in page and "Restored from a backup." in page and "Release" not in page
    assert as_user(cast.manager).post("/mailbox/sending").status_code == 404
    assert "Release" in text(as_user(cast.admin).get("/mailbox/"))
    as_user(cast.admin).post("/mailbox/sending")
    assert DeliverySwitch.now().frozen_at is None
    as_user(cast.admin).post("/mailbox/sending", {"frozen": "yes"})
    assert DeliverySwitch.now().frozen_at is not None


def test_a_hostile_letter_stays_text(cast, as_user):
    evil = '<script>alert(1)</script><a href="javascript:alert(1)">x</a><img src=//e.example/x><p onclick=x>z</p>'
    row = queue_mail(address="x@x.example", user=None, subject=evil, text=evil, html=evil, at=T0)
    page = text(as_user(cast.admin).get(f"/mailbox/{row.pk}"))
    assert "<script>alert" not in page and "javascript:" not in page.replace("javascript:alert(1)&quot;", "")
    assert "<img src=//" not in page and "<p onclick" not in page
