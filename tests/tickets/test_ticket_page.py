"""The ticket's page."""

import re

import pytest
from django.test import Client
from tickets.actions import assignment, conversation, filing, merging, progress
from tickets.models import RoutingRule

from tests import make
from tests.make import T0, later

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def page(client: Client, ticket, **kwargs) -> str:
    return client.get(f"/tickets/{ticket.pk}", **kwargs).content.decode()


def text(html: str) -> str:
    """Words a person would read, without tags and doubled blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def ticket(cast, shop):
    return make.ticket(requester=cast.customer, site=shop)


def test_it_shows_the_conversation_and_the_composer(cast, ticket, as_user):
    html = page(as_user(cast.agent), ticket)
    assert "Checkout fails" in html
    assert "It says error 500." in html
    assert 'id="composer"' in html


def test_it_is_not_there_for_who_may_not_see_it(cast, ticket, security, as_user):
    secret = make.ticket(requester=cast.stranger, team=security)
    assert as_user(cast.agent).get(f"/tickets/{secret.pk}").status_code == 404
    assert as_user(cast.customer).get(f"/tickets/{ticket.pk}").status_code == 404
    assert Client().get(f"/tickets/{ticket.pk}").status_code == 302
    assert as_user(cast.guard).get(f"/tickets/{secret.pk}").status_code == 200
