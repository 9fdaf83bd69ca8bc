"""The public form: from a stranger's words to a numbered ticket, and nothing typed or sent is lost."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import override_settings

from accounts.models import User
from files.models import File
from integrations.models import Inbound, State
from integrations.tasks import interpret_pending
from tests import make
from tickets.models import Form, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def words(shop):
    """What a stranger fills in."""
    return {
        "subject": "Checkout fails",
        "description": "It says error 500.",
        "kind": "incident",
        "site": shop.pk,
        "impact": "high",
        "urgency": "medium",
        "name": "Pat",
        "email": "Pat@Home.example",
        "submission": "a" * 32,
    }


def send(client, words, url="/help/new", **more):
    return client.post(url, {**words, **more})


def test_a_stranger_gets_a_number_and_a_page_by_link(client, words, shop):
    answer = client.post("/help/new", words, follow=True)
    ticket = Ticket.objects.get()
    assert answer.status_code == 200 and f"#{ticket.pk}" in answer.content.decode()
    assert (ticket.requester.email, ticket.requester.name, ticket.site) == ("pat@home.example", "Pat", shop)
    assert (ticket.channel, ticket.severity, ticket.kind) == ("form", 2, "incident")
    link = re.search(r'href="[^"]*(/help/t/[^"]+)"', answer.content.decode())
    assert link and client.get(link[1]).status_code == 200


def test_the_receipt_shows_the_link_for_an_hour_only(client, words):
    send(client, words)
    row = Inbound.objects.get()
    Inbound.objects.update(received_at=make.T0)
    assert "/help/t/" not in client.get(f"/help/received/{row.receipt}").content.decode()


def test_somebody_signed_in_need_not_say_who_they_are(as_user, cast, words):
    del words["email"], words["name"]
    send(as_user(cast.customer), words)
    assert Ticket.objects.get().requester == cast.customer


def test_a_mail_domain_tells_the_organisation(client, words, cast):
    send(client, words, email="new@acme.example")
    assert Ticket.objects.get().organisation == cast.acme


def test_sending_the_same_page_twice_is_one_ticket(client, words):
    first, second = send(client, words), send(client, words)
    assert first.url == second.url and Ticket.objects.count() == 1


def test_going_back_and_writing_something_else_is_another_ticket(client, words):
    send(client, words)
    send(client, words, subject="Search fails too")
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "value"), [("subject", ""), ("description", " "), ("email", "no"), ("site", "99999"), ("kind", "problem"),
                         ("impact", "huge"), ("subject", "x" * 301), ("subject", "a\0b")],
)  # fmt: skip
def test_errors_show_beside_the_field_with_everything_typed(client, words, field, value):
    answer = send(client, words, **{field: value})
    html = answer.content.decode()
    assert answer.status_code == 422 and f"id_{field}_error" in html and Inbound.objects.count() == 0
    assert field == "description" or "It says error 500." in html
    assert field == "email" or "Pat@Home.example" in html


def test_a_component_belongs_to_its_site(client, words, shop, front):
    other = make.component(make.site("Blog", front), "Comments")
    assert send(client, words, component=other.pk).status_code == 422
    assert send(client, words, component=make.component(shop, "Cart").pk).status_code == 302


def test_files_come_along(client, words):
    upload = SimpleUploadedFile("../../log.txt", b"lines", content_type="text/html")
    send(client, words, files=[upload, SimpleUploadedFile("b.bin", b"\x00\x01")])
    message = Ticket.objects.get().messages.get()
    assert [file.name for file in message.files.order_by("id")] == ["log.txt", "b.bin"]


@override_settings(FILE_MAX_BYTES=4, FILES_PER_MESSAGE=2)
def test_files_too_large_or_too_many_are_named(client, words):
    html = send(client, words, files=[SimpleUploadedFile("big.txt", b"lines")]).content.decode()
    assert "big.txt is larger than" in html and "choose your files again" in html
    many = [SimpleUploadedFile(f"{n}.txt", b"x") for n in range(3)]
    assert "At most 2 files" in send(client, words, files=many).content.decode()
    assert File.objects.count() == 0


def test_a_machine_that_fills_the_bait_is_told_nothing_and_kept_for_a_replay(client, words):
    answer = client.post("/help/new", {**words, "website": "http://spam.example"}, follow=True)
    assert answer.status_code == 200 and Ticket.objects.count() == 0
    assert Inbound.objects.get().state == State.IGNORED and Inbound.objects.get().can_replay


@override_settings(FORM_LIMIT_PER_ADDRESS=2, FORM_LIMIT_PER_IP=3)
def test_the_limit_holds_in_the_database_and_says_what_to_do(client, words):
    for n in range(2):
        assert send(client, words, submission=str(n)).status_code == 302
    stopped = send(client, words, submission="x")
    assert stopped.status_code == 429 and "Please wait" in stopped.content.decode()
    assert "It says error 500." in stopped.content.decode()
    assert send(client, words, submission="y", email="other@home.example").status_code == 302
    assert send(client, words, submission="z", email="third@home.example").status_code == 429


def test_what_cannot_be_filed_yet_is_kept_and_filed_later(client, words):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_ticket ADD CONSTRAINT shut CHECK (false) NOT VALID")
        answer = client.post("/help/new", words, follow=True)
        row = Inbound.objects.get()
        assert "safely stored" in answer.content.decode() and str(row.receipt) in answer.content.decode()
        assert row.state == State.PENDING and Ticket.objects.count() == 0
        cursor.execute("ALTER TABLE tickets_ticket DROP CONSTRAINT shut")
    Inbound.objects.update(next_try_at=make.T0)
    interpret_pending()
    assert Ticket.objects.get().subject == "Checkout fails"


def test_a_forms_presets_hold(client, words, back, shop):
    Form.objects.create(
        slug="billing", title="Billing", kind="request", site=shop, team=back, category="billing", asks_impact=False
    )
    html = client.get("/help/new/billing").content.decode()
    assert "Billing" in html and 'name="site"' not in html and 'name="impact"' not in html
    send(client, {**words, "site": "", "impact": ""}, "/help/new/billing")
    ticket = Ticket.objects.get()
    assert (ticket.category, ticket.site, ticket.team) == ("billing", shop, back)


def test_an_unknown_or_inactive_form_is_not_found(client, shop):
    Form.objects.create(slug="old", title="Old", is_active=False)
    assert [client.get(f"/help/new/{slug}").status_code for slug in ("old", "none")] == [404, 404]


def test_hostile_words_never_break_it(client, words):
    words |= {
        "subject": "\ud800".encode("utf-8", "replace").decode() + "<script>alert(1)</script>",
        "description": "[" * 20_000,
    }
    assert client.post("/help/new", words, follow=True).status_code == 200
    assert client.post("/help/new", b"{", content_type="application/json").status_code == 422
    assert client.post("/help/new", b"--x", content_type="multipart/form-data; boundary=y").status_code in (400, 422)


def test_it_costs_the_same_with_many_tickets(client, words, shop, django_assert_max_num_queries):
    for n in range(5):
        make.component(shop, f"Part {n}")
    with django_assert_max_num_queries(10):
        client.get("/help/new")
    User.objects.create_user("pat@home.example")
    with django_assert_max_num_queries(60):
        send(client, words)
