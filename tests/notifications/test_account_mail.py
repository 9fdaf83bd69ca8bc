"""Mail about accounts: confirmations, resets and invitations."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client

from accounts.actions.invitations import accept, invite, withdraw
from accounts.actions.people import requester_for
from accounts.errors import Refused
from accounts.models import Invitation, Role, User
from deliveries.models import Delivery
from tests.make import PASSWORD, T0, later

pytestmark = pytest.mark.django_db


def link(delivery: Delivery) -> str:
    """The path of the only link into accounts in a mail."""
    (found,) = {
        url for url in re.findall(r"https?://[^\s\"<]+", delivery.body_text) if "/accounts/" in url or "/invit" in url
    }
    assert found.startswith(settings.BASE_URL)
    assert found in delivery.body_html
    return found.removeprefix(settings.BASE_URL)


def sign_up(client: Client, email: str) -> None:
    form = {"email": email, "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", form, headers={"host": "evil.example"})


def test_signing_up_queues_a_confirmation_on_our_own_host(client, cast):
    sign_up(client, "nora@acme.example")
    sent = Delivery.objects.get(address="nora@acme.example")
    person = User.objects.get(email="nora@acme.example")
    assert (person.role, person.organisation) == (Role.REQUESTER, cast.acme)
    assert "evil.example" not in sent.body_text + sent.body_html + sent.subject
    client.post(link(sent))
    assert EmailAddress.objects.get(user=person).verified


def test_signing_up_answers_the_same_whether_the_account_exists(client, cast):
    new = client.post("/accounts/signup/", {"email": "x@acme.example", "password1": PASSWORD, "password2": PASSWORD})
    known = Client().post(
        "/accounts/signup/", {"email": cast.customer.email, "password1": PASSWORD, "password2": PASSWORD}
    )
    assert (new.status_code, new.headers["Location"]) == (known.status_code, known.headers["Location"])
    assert Delivery.objects.filter(address=cast.customer.email).exists()


def test_somebody_who_only_ever_wrote_a_form_gets_a_password_by_mail(client, cast):
    person = requester_for(email="Nora@acme.example", name="Nora")
    client.post("/accounts/password/reset/", {"email": person.email}, headers={"host": "evil.example"})
    page = client.get(link(Delivery.objects.get(user=person)), follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_an_address_somebody_only_claims_brings_them_nobodys_tickets(cast):
    EmailAddress.objects.create(user=cast.stranger, email="boss@acme.example", verified=False)
    assert requester_for(email="boss@acme.example") != cast.stranger
    EmailAddress.objects.create(user=cast.stranger, email="sam2@elsewhere.example", verified=True)
    assert requester_for(email="sam2@elsewhere.example") == cast.stranger


def test_an_invitation_makes_a_person_of_the_desk_once(client, cast, front):
    invitation, url = invite(
        email="Nia@people.example", name="Nia", role=Role.AGENT, teams=[front], at=later(), actor=cast.manager
    )
    Invitation.objects.update(expires_at=later(days=36500))
    sent = Delivery.objects.get(address="nia@people.example")
    path = link(sent)
    assert settings.BASE_URL + path == url
    assert url.rpartition("/")[2] not in str(Invitation.objects.values())
    assert "Mona invites you as agent" in client.get(path).content.decode()
    answer = client.post(path, {"name": "Nia", "password": PASSWORD})
    nia = User.objects.get(email="nia@people.example")
    assert (answer.status_code, nia.role, list(nia.teams.all())) == (302, Role.AGENT, [front])
    assert client.get("/").headers["Location"].startswith("/queue/")
    assert Client().get(path).status_code == Client().post(path, {"name": "X", "password": PASSWORD}).status_code == 404
    assert invitation.email == "nia@people.example"


def test_a_weak_password_does_not_use_the_invitation_up(client, cast):
    _, url = invite(email="nia@people.example", role=Role.AGENT, at=later(), actor=cast.manager)
    Invitation.objects.update(expires_at=later(days=36500))
    assert client.post(url.removeprefix(settings.BASE_URL), {"name": "Nia", "password": "short"}).status_code == 422
    assert Invitation.objects.get().used_at is None


@pytest.mark.parametrize("spoil", ["used", "old", "withdrawn", "replaced"])
def test_a_spoilt_link_lets_nobody_in(cast, spoil):
    invitation, url = invite(email="nia@people.example", role=Role.AGENT, at=T0, actor=cast.manager)
    secret = url.rpartition("/")[2]
    if spoil == "used":
        accept(secret=secret, name="Nia", password=PASSWORD, at=later(days=1))
    elif spoil == "withdrawn":
        withdraw(invitation=invitation, at=later(days=1), actor=cast.manager)
    elif spoil == "replaced":
        invite(email="nia@people.example", role=Role.AGENT, at=later(days=1), actor=cast.manager)
    with pytest.raises(Refused):
        accept(secret=secret, name="Nia", password=PASSWORD, at=later(days=7 if spoil == "old" else 2))


def test_only_admins_make_admins_and_requesters_nobody(cast):
    for actor, role in ((cast.manager, Role.ADMIN), (cast.agent, Role.AGENT), (cast.manager, Role.REQUESTER)):
        with pytest.raises(Refused):
            invite(email="nia@people.example", role=role, at=T0, actor=actor)
    assert invite(email="nia@people.example", role=Role.ADMIN, at=T0, actor=cast.admin)


def test_who_asked_before_keeps_the_account_and_its_tickets(cast):
    _, url = invite(email=cast.customer.email, role=Role.AGENT, at=T0, actor=cast.manager)
    user = accept(secret=url.rpartition("/")[2], name="Cora", password=PASSWORD, at=later(days=1))
    assert (user.pk, user.role) == (cast.customer.pk, Role.AGENT)
