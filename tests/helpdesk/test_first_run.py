"""The first start of an empty desk."""

import threading

import pytest
from allauth.account.models import EmailAddress
from django.db import connection

from accounts.errors import Refused
from accounts.models import Membership, Role, User
from catalog.models import Site
from helpdesk.first_run import make_first_admin
from tests import make
from tests.make import PASSWORD, T0
from tickets.models import Form

GIVEN = {"name": "Alma", "email": "Alma@Desk.example", "password": PASSWORD, "site": "Shop"}


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/", "/accounts/login/"])
def test_an_empty_desk_leads_to_its_setup(url, client):
    answer = client.get(url)
    assert (answer.status_code, answer.url) == (302, "/setup/")
    assert "Set up the desk" in client.get("/setup/").content.decode()


@pytest.mark.django_db
def test_the_first_admin_is_signed_in_and_told_what_next(client):
    answer = client.post("/setup/", GIVEN, follow=True)
    admin = User.objects.get()
    assert answer.redirect_chain[-1][0] == "/settings/" and "To do" in answer.content.decode()
    assert (admin.email, admin.role, admin.is_admin) == ("alma@desk.example", Role.ADMIN, True)
    assert EmailAddress.objects.get(user=admin).verified and EmailAddress.objects.get(user=admin).primary
    assert Membership.objects.get(user=admin).team.name == "Support"
    assert Site.objects.get().fallback_team.name == "Support" and Form.objects.get().is_active
    make.ticket(requester=make.person("Cora"))


@pytest.mark.django_db
def test_the_setup_is_gone_once_somebody_works_here(client):
    client.post("/setup/", GIVEN)
    client.logout()
    assert client.get("/setup/").status_code == 404
    assert client.post("/setup/", GIVEN | {"email": "eve@evil.example"}).status_code == 404
    assert client.get("/").url == "/help/" and client.get("/accounts/login/").status_code == 200


@pytest.mark.django_db
def test_a_requester_who_came_earlier_changes_nothing(client):
    make.person("Early")
    assert client.get("/").url == "/setup/"
    client.post("/setup/", GIVEN | {"email": "early@people.example", "site": ""})
    assert User.objects.get().is_admin


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"password": "short"}, {"email": "x"}, {"name": ""}])
def test_it_names_what_is_wrong(wrong, client):
    assert client.post("/setup/", GIVEN | wrong).status_code == 422
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_first_admins_one_comes_in():
    refused, barrier = [], threading.Barrier(6)

    def ask(number: int) -> None:
        barrier.wait()
        try:
            make_first_admin(name="A", email=f"a{number}@desk.example", password=PASSWORD, at=T0)
        except Refused:
            refused.append(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.count() == 1 and len(refused) == 5


def test_the_settings_open_with_what_is_left(cast, as_user):
    seen = as_user(cast.manager).get("/settings/").content.decode()
    assert "things left to set up" in seen
    assert as_user(cast.agent).get("/settings/").status_code == 404
