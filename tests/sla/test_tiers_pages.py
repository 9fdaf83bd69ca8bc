"""The tiers on the pages: beside a ticket, and in the settings."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from sla.models import TierBudget, TierStay
from tests import make

pytestmark = pytest.mark.django_db
URL = "/settings/tiers/"


def as_shown(client) -> dict[str, object]:
    """What the form would send as it stands."""
    form = client.get(URL).context["form"]
    return {name: form[name].initial for name in form.fields}


def test_a_ticket_says_how_much_of_its_tiers_time_it_used(cast, shop, as_user):
    ticket = make.ticket(site=shop, severity=2, at=timezone.now() - timedelta(minutes=20))
    html = as_user(cast.agent).get(f"/tickets/{ticket.pk}").content.decode()
    assert "L1: 20m of 1h 00m" in html
    TierStay.objects.update(used=3600)
    assert "Over" in as_user(cast.agent).get(f"/tickets/{ticket.pk}").content.decode()


def test_a_manager_edits_the_budgets(cast, as_user):
    client = as_user(cast.manager)
    given = as_shown(client) | {"budget_2_1": "30m", "budget_1_4": "", "budget_3_3": "at once"}
    assert client.post(URL, given).status_code == 302
    seconds = {(row.tier, row.severity): row.seconds for row in TierBudget.objects.all()}
    assert (seconds[2, 1], seconds.get((1, 4)), seconds[3, 3], seconds[0, 2]) == (1800, None, 0, 0)
    assert AuditEntry.objects.filter(action="tier budgets changed").count() == 1


def test_what_it_shows_is_what_it_takes_back(cast, as_user):
    client = as_user(cast.manager)
    before = list(TierBudget.objects.values_list("tier", "severity", "seconds", "calendar"))
    assert client.post(URL, as_shown(client)).status_code == 302
    assert list(TierBudget.objects.values_list("tier", "severity", "seconds", "calendar")) == before
    assert not AuditEntry.objects.filter(action="tier budgets changed").exists()


@pytest.mark.parametrize("text", ["soon", "-1h", "99999999d", "1h maybe"])
def test_nonsense_is_refused_at_its_field(cast, as_user, text):
    client = as_user(cast.manager)
    answer = client.post(URL, as_shown(client) | {"budget_2_1": text})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["budget_2_1"])
