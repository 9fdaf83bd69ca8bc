"""The pages of silences, the click on a ticket, and a source's noise."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.episodes import silences
from integrations.episodes.work import open_or_join
from integrations.models import Alert, Silence, Source
from integrations.reading import Reading

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(shop):
    source = Source(name="Prometheus", kind="alertmanager", site=shop)
    source.new_token()
    source.save()
    return source


@pytest.fixture
def fired(source):
    """fired(key) → (what was done, the ticket), now."""

    def fire(key="k1", **fields):
        reading = Reading(key=key, title="Disk full", labels={"host": "web-1"}, **fields)
        return open_or_join(source=source, reading=reading, at=timezone.now())

    return fire


def test_one_click_on_a_ticket_holds_such_alerts_back(cast, as_user, source, fired):
    _, ticket = fired()
    client = as_user(cast.agent)
    assert "Hold such alerts back" in client.get(f"/tickets/{ticket.pk}").content.decode()
    answer = client.post(f"/tickets/{ticket.pk}/silences", {"hours": "4"})
    silence = Silence.objects.get()
    assert answer.headers["Location"] == f"/settings/silences/{silence.pk}"
    assert (silence.labels, silence.name, silence.source) == ({"host": "web-1"}, "Disk full", source)
    assert fired("k2")[1] is None
    page = client.get(f"/settings/silences/{silence.pk}").content.decode()
    assert "Disk full" in page and "fires, held back" in page and "Active" in page


def test_a_ticket_without_alerts_cannot_be_silenced(cast, as_user, shop, fired):
    _, ticket = fired()
    Alert.objects.all().delete()
    as_user(cast.agent).post(f"/tickets/{ticket.pk}/silences")
    assert not Silence.objects.exists()


FORM = {"kind": "maintenance", "reason": "Moving racks", "starts_at": "2031-01-05T09:00", "ends_at": "2031-01-05T11:00"}


def test_it_makes_a_coming_window_and_lists_it(cast, as_user):
    client = as_user(cast.agent)
    assert "No silence" in client.get("/settings/silences/").content.decode()
    client.post("/settings/silences/new", FORM | {"labels": "host = web-*\nrack=7"})
    silence = Silence.objects.get()
    assert (silence.labels, silence.created_by) == ({"host": "web-*", "rack": "7"}, cast.agent)
    page = client.get("/settings/silences/").content.decode()
    assert "Coming" in page and "Moving racks" in page and "host = web-*" in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "Say which alerts"),
        ({"labels": "nonsense"}, "write name=value"),
        ({"name": "x", "ends_at": "2031-01-05T08:00"}, "It ends before it begins"),
        ({"name": "x", "starts_at": "2020-01-05T08:00", "ends_at": "2020-01-05T09:00"}, "over already"),
    ],
)
def test_it_says_what_is_wrong(cast, as_user, change, said):
    answer = as_user(cast.agent).post("/settings/silences/new", FORM | change)
    assert answer.status_code == 422 and said in answer.content.decode()


def test_ending_it_is_for_everybody_of_the_desk_once(cast, as_user, fired):
    _, ticket = fired()
    client = as_user(cast.other_agent)
    client.post(f"/tickets/{ticket.pk}/silences")
    url = f"/settings/silences/{Silence.objects.get().pk}"
    assert "is over" not in client.post(f"{url}/ending", follow=True).content.decode()
    assert "It was over already" in client.post(f"{url}/ending", follow=True).content.decode()


def test_what_a_restricted_team_silences_is_nobody_elses(cast, as_user, security, source, fired):
    source.team = security
    source.site = None
    source.save()
    _, ticket = fired()
    as_user(cast.guard).post(f"/tickets/{ticket.pk}/silences")
    silence = Silence.objects.get()
    for person, status in ((cast.guard, 200), (cast.agent, 404), (cast.manager, 404), (cast.admin, 200)):
        assert as_user(person).get(f"/settings/silences/{silence.pk}").status_code == status
    assert "Known" not in as_user(cast.agent).get("/settings/silences/").content.decode()
    assert "Prometheus" not in as_user(cast.agent).get("/settings/silences/new").content.decode()
    fired("k2")
    assert list(Alert.objects.visible_to(cast.agent)) == [] and Alert.objects.visible_to(cast.guard).count() == 2


@pytest.mark.parametrize(("maker", "held"), [("agent", False), ("guard", True), ("admin", True)])
def test_nobody_holds_back_alerts_of_a_team_they_do_not_see(maker, held, cast, security, shop, source, fired):
    source.team = security
    source.save()
    now = timezone.now()
    silences.make(
        silence=Silence(reason="Window", site=shop, starts_at=now, ends_at=now + timedelta(hours=1)),
        at=now, actor=getattr(cast, maker),
    )  # fmt: skip
    assert (fired()[1] is None) is held


def test_the_list_takes_a_fixed_number_of_queries(cast, as_user, source, django_assert_max_num_queries):
    now = timezone.now()
    for number in range(30):
        Silence.objects.create(
            reason=f"Known {number}", source=source, created_by=cast.agent, starts_at=now, created_at=now,
            ends_at=now.replace(year=now.year + (1 if number % 2 else -1)),
        )  # fmt: skip
    client = as_user(cast.agent)
    with django_assert_max_num_queries(8):
        client.get("/settings/silences/")


def test_a_managers_noise_settings_watch_the_source(cast, as_user, source):
    form = {
        "group_by": "site,  cluster, site", "group_minutes": 20, "flap_flips": 0, "flap_minutes": 30,
        "expected_minutes": 10,
    }  # fmt: skip
    client = as_user(cast.manager)
    assert client.post(f"/settings/sources/{source.pk}/noise", form).status_code == 302
    source.refresh_from_db()
    assert (source.group_by, source.flap_flips, source.expected_minutes) == ("site, cluster", 0, 10)
    assert 9 * 60 < (source.silent_at - timezone.now()).total_seconds() <= 600
    answer = client.post(f"/settings/sources/{source.pk}/noise", form | {"group_minutes": 0})
    assert answer.status_code == 422


def test_a_flapping_ticket_is_marked_in_its_queue(cast, as_user, fired):
    _, ticket = fired()
    ticket.tags = ["flapping"]
    ticket.save()
    assert "Flapping" in as_user(cast.agent).get("/queue/all").content.decode()
