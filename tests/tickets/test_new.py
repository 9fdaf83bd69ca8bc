"""A ticket opened by an agent for somebody."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Team, User
from files.models import File
from tests import make
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast: SimpleNamespace, shop: Any, as_user: Callable[..., Client]) -> Client:
    return as_user(cast.agent)


def said(**more: Any) -> dict[str, Any]:
    return {
        "email": "Walker@Street.example", "name": "Wanda Walker", "channel": "phone", "kind": "incident",
        "subject": "Cannot pay", "body": "The reader shows nothing.", **more,
    }  # fmt: skip


def test_it_makes_a_requester_it_does_not_know(desk: Client, cast: SimpleNamespace) -> None:
    response = desk.post("/tickets/new", said())
    ticket = Ticket.objects.get()
    assert response.headers["Location"] == f"/tickets/{ticket.pk}"
    assert (ticket.requester.email, ticket.requester.name) == ("walker@street.example", "Wanda Walker")
    message = ticket.messages.get()
    assert (ticket.channel, message.author, message.from_desk) == ("phone", cast.agent, True)


def test_it_finds_the_requester_it_knows(desk: Client, cast: SimpleNamespace) -> None:
    desk.post("/tickets/new", said(email=cast.customer.email))
    assert Ticket.objects.get().requester == cast.customer
    assert Ticket.objects.get().organisation == cast.acme


def test_it_takes_severity_from_impact_and_urgency_and_the_site_from_its_component(desk: Client, shop: Any) -> None:
    part = make.component(shop, "Till")
    desk.post("/tickets/new", said(impact="high", urgency="high", component=part.pk))
    ticket = Ticket.objects.get()
    assert (ticket.severity, ticket.site, ticket.component) == (1, shop, part)


def test_it_lets_the_agent_choose_a_team_she_may_name(desk: Client, back: Team, security: Team) -> None:
    assert desk.post("/tickets/new", said(team=security.pk)).status_code == 422
    desk.post("/tickets/new", said(team=back.pk))
    assert Ticket.objects.get().team == back


def test_it_keeps_what_was_attached(desk: Client) -> None:
    desk.post(
        "/tickets/new", said(files=[SimpleUploadedFile("till.log", b"error 7"), SimpleUploadedFile("b.txt", b"b")])
    )
    assert {file.name for file in Ticket.objects.get().messages.get().files.all()} == {"till.log", "b.txt"}


def test_it_leaves_nothing_behind_when_a_file_is_too_large(desk: Client, settings: Any) -> None:
    settings.FILE_MAX_BYTES = 5
    files = [SimpleUploadedFile("a.txt", b"ok"), SimpleUploadedFile("b.txt", b"too large")]
    response = desk.post("/tickets/new", said(files=files))
    assert response.status_code == 422 and "larger than" in response.content.decode()
    assert not Ticket.objects.exists() and not File.objects.exists()
    assert not User.objects.filter(email="walker@street.example").exists()


def test_it_gives_the_form_back_as_it_was(desk: Client, shop: Any, front: Team) -> None:
    other = make.component(make.site("Blog", front), "Comments")
    response = desk.post("/tickets/new", said(subject="", site=shop.pk, component=other.pk))
    text = response.content.decode()
    assert response.status_code == 422
    assert "Comments is not a part of Shop." in text and "Wanda Walker" in text
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    "field", ["email", "subject", "body", "channel", "kind", "site", "team", "component", "impact"]
)
@pytest.mark.parametrize("value", ["\0", "x" * 400 + "@", "-1", "<b>", "99999999999999999999"])
def test_it_answers_nonsense_with_a_reason(desk: Client, field: str, value: str) -> None:
    assert desk.post("/tickets/new", said(**{field: value})).status_code in (302, 422)


def test_it_is_for_the_desk(client: Client, cast: SimpleNamespace, as_user: Callable[..., Client]) -> None:
    assert client.get("/tickets/new").headers["Location"].startswith("/accounts/login/")
    assert as_user(cast.customer).post("/tickets/new", said()).status_code == 404
