"""8. Set up: from an empty desk to a test alert that a rule has placed, all in the product's own pages."""

import re

import pytest

from accounts.models import Invitation, Role, Team, User
from catalog.models import Site
from deliveries.models import Delivery
from integrations.models import Source
from integrations.tasks import interpret_pending
from tests.journeys.road import seen_by
from tests.make import PASSWORD
from tickets.models import RoutingRule, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    """Whoever opened the empty desk first."""
    assert client.get("/").url == "/setup/"
    given = {"name": "Alma", "email": "alma@desk.example", "password": PASSWORD, "site": ""}
    assert client.post("/setup/", given, follow=True).redirect_chain[-1][0] == "/settings/"
    assert User.objects.get().role == Role.ADMIN
    return client


def test_from_an_empty_desk_to_a_routed_test_alert(admin):
    admin.post("/settings/teams/new", {"name": "Platform", "tier": 2, "members": [User.objects.get().pk]})
    team = Team.objects.get(name="Platform")
    parts = {"components-TOTAL_FORMS": 1, "components-INITIAL_FORMS": 0, "components-0-name": "Checkout"}
    fallback = Team.objects.get(name="Support")
    said = {"name": "Shop", "url": "shop.example", "fallback_team": fallback.pk, "is_active": "on"}
    assert admin.post("/settings/sites/new", said | parts).status_code == 302
    site = Site.objects.get()
    rule = {"name": "Monitoring", "is_active": "on", "team": team.pk, "if_channel": ["alert"], "if_site": [site.pk]}
    assert admin.post("/settings/rules/new", rule).status_code == 302
    tool = {
        "name": "Prometheus", "kind": "alertmanager", "site": site.pk, "severity": 3, "quiet_minutes": 15,
        "mapping": "{}",
    }  # fmt: skip
    made = admin.post("/settings/sources/new", tool).content.decode()
    assert re.search(r"/api/v1/sources/src_[\w-]+", made)
    admin.post(f"/settings/sources/{Source.objects.get().pk}/tests", {"status": "firing"})
    interpret_pending()
    ticket = Ticket.objects.get()
    assert (ticket.team, ticket.rule, ticket.site) == (team, RoutingRule.objects.get(), site)
    assert "Routing rule <b>“Monitoring”</b> placed it with <b>Platform</b>" in seen_by(admin, ticket)
    assert f"/tickets/{ticket.pk}" in admin.get("/intake/").content.decode()


def test_an_invited_agent_signs_in_by_the_letters_link_and_works(admin, as_user, client):
    said = {"email": "nia@desk.example", "name": "Nia", "role": "agent", "teams": [Team.objects.get().pk]}
    assert admin.post("/settings/people/invitations", said).status_code in (200, 302)
    assert Invitation.objects.count() == 1
    letter = Delivery.objects.get(address="nia@desk.example")
    path = re.search(r"https?://[^/\s]+(/invitations/\S+)", letter.body_text)[1]
    admin.logout()
    assert client.get(path, follow=True).status_code == 200
    client.post(path, {"name": "Nia", "password": PASSWORD}, follow=True)
    nia = User.objects.get(email="nia@desk.example")
    assert (nia.role, nia.teams.get().name) == (Role.AGENT, "Support")
    assert client.get("/queue/needs-me").status_code == 200


@pytest.mark.parametrize(
    "part", ["policies/", "calendars/", "forms/", "severity/", "people/import", "tokens/", "audit/"]
)
def test_the_rest_is_edited_there_too(admin, part):
    assert admin.get(f"/settings/{part}").status_code == 200
