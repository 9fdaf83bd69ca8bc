"""Sites and their components in the settings."""

import pytest

from catalog.models import Component, Site
from tests import make

pytestmark = pytest.mark.django_db


def parts(*rows: tuple[object, str, bool]) -> dict[str, object]:
    """The components' part of the form."""
    data: dict[str, object] = {"components-TOTAL_FORMS": len(rows), "components-INITIAL_FORMS": 0}
    for number, (pk, name, gone) in enumerate(rows):
        data |= {f"components-{number}-pk": pk, f"components-{number}-name": name}
        data |= {f"components-{number}-gone": "on"} if gone else {}
    return data


def test_it_makes_a_site_with_components(cast, front, as_user):
    client = as_user(cast.manager)
    data = {"name": "Blog", "url": "blog.example", "fallback_team": front.pk, "is_active": "on"}
    answer = client.post(
        "/settings/sites/new", data | parts(("", "Comments", False), ("", "Search", False), ("", "", False))
    )
    site = Site.objects.get(slug="blog")
    assert answer.status_code == 302 and site.url == "https://blog.example"
    assert [c.slug for c in site.components.all()] == ["comments", "search"]
    assert "Blog" in client.get("/settings/sites/?q=blog").content.decode()
    assert client.get(f"/settings/sites/{site.pk}/").status_code == 200


def test_it_keeps_a_component_that_tickets_name(cast, shop, as_user):
    used, unused = make.component(shop, "Checkout"), make.component(shop, "Banner")
    make.ticket(requester=cast.customer, site=shop, component=used)
    data = {"name": "Shop", "fallback_team": shop.fallback_team_id}
    client = as_user(cast.manager)
    url = f"/settings/sites/{shop.pk}/"
    answer = client.post(url, data | parts((used.pk, "Checkout", True), (unused.pk, "Banner", True)))
    assert answer.status_code == 422 and "tickets name it" in answer.content.decode()
    assert Component.objects.count() == 2
    client.post(url, data | parts((used.pk, "Till", False), (unused.pk, "Banner", True)))
    assert [c.name for c in Component.objects.all()] == ["Till"]


def test_it_says_what_needs_a_site_before_it_goes(cast, shop, front, as_user):
    make.ticket(requester=cast.customer, site=shop)
    client = as_user(cast.admin)
    assert (
        "cannot be deleted: 1 ticket"
        in client.post(f"/settings/sites/{shop.pk}/deletion", follow=True).content.decode()
    )
    other = make.site("Other", front)
    client.post(f"/settings/sites/{other.pk}/deletion")
    assert [s.name for s in Site.objects.all()] == ["Shop"]


def test_it_does_not_touch_another_sites_component(cast, shop, front, as_user):
    foreign = make.component(make.site("Other", front), "Theirs")
    data = {"name": "Shop", "fallback_team": front.pk} | parts((foreign.pk, "Renamed", True))
    as_user(cast.manager).post(f"/settings/sites/{shop.pk}/", data)
    foreign.refresh_from_db()
    assert foreign.name == "Theirs"


@pytest.mark.parametrize("name", ["shop", ""])
def test_it_refuses_a_name_that_is_taken_or_missing(name, cast, shop, front, as_user):
    data = {"name": name, "fallback_team": front.pk} | parts()
    assert as_user(cast.manager).post("/settings/sites/new", data).status_code == 422
