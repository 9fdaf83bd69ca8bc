"""Severity by alert name, and what one click changes of a source."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from integrations.episodes import severity
from integrations.episodes.work import open_or_join
from integrations.models import Silence, Source
from integrations.reading import Reading
from tests.make import T0

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(shop):
    source = Source(name="Prometheus", kind="alertmanager", site=shop)
    source.new_token()
    source.save()
    return source


@pytest.fixture
def tune(cast, as_user, source):
    """tune(change=…, to=…) → the answer to the manager's click."""
    client = as_user(cast.manager)
    return lambda **fields: client.post(f"/settings/sources/{source.pk}/tuning", {"name": "DiskFull"} | fields)


def fire(source, *, name="", at=T0, **fields):
    source.refresh_from_db()
    labels = {"alertname": name} if name else {}
    return open_or_join(source=source, reading=Reading(labels=labels, **{"key": "k1"} | fields), at=at)[1]


@pytest.mark.parametrize(
    ("reading", "counts_as"),
    [
        ({"name": "DiskFull", "severity": "critical"}, 3),
        ({"name": "diskfull", "title": "Disk of web-1"}, 3),
        ({"title": "Backup of web-1 is late", "severity": "error"}, 4),
        ({"name": "Other", "title": "Disk of web-1", "severity": "error"}, 2),
        ({"name": "BackupMissing", "severity": "critical"}, 4),
    ],
)
def test_alerts_of_a_name_count_as_their_source_says(source, reading, counts_as):
    source.severities = "DiskFull = warning\nBackup* = P4\n* = critical" if "Other" not in str(reading) else "Disk*l=p3"
    source.save()
    assert fire(source, **reading).severity == counts_as


def test_the_first_line_that_fits_counts_and_a_repeat_does_not_raise_it_again(source):
    source.severities = "Disk* = warning\nDiskFull = critical"
    source.save()
    ticket = fire(source, name="DiskFull", severity="critical")
    assert fire(source, name="DiskFull", severity="critical", at=T0 + timedelta(minutes=1)) == ticket
    ticket.refresh_from_db()
    assert ticket.severity == 3


@pytest.mark.parametrize("text", ["DiskFull", "= warning", "DiskFull = urgent", "a=info\n" * 201])
def test_a_line_that_says_nothing_is_named_in_the_form(text, cast, as_user, source):
    form = {"group_minutes": 30, "flap_flips": 6, "flap_minutes": 30, "severities": text}
    answer = as_user(cast.manager).post(f"/settings/sources/{source.pk}/noise", form)
    assert answer.status_code == 422
    assert "write name = warning" in answer.content.decode() or "At most 200" in answer.content.decode()


def test_a_line_more_takes_the_place_of_one_of_the_same_name():
    text = severity.with_rule("a = info\nDiskFull = error", "diskfull", "warning")
    assert text == "diskfull = warning\na = info"


def test_a_click_counts_a_name_as_less_and_leads_to_where_it_is_edited(source, tune):
    answer = tune(change="severity", to="warning", by_label="1")
    assert answer["Location"] == f"/settings/sources/{source.pk}/noise"
    assert fire(source, name="DiskFull", severity="critical").severity == 3
    entry = AuditEntry.objects.get(action="source tuned")
    assert entry.data == {"severities": ["", "DiskFull = warning"]}


@pytest.mark.parametrize(("by_label", "reading"), [("1", {"name": "DiskFull"}), ("", {"title": "DiskFull"})])
def test_a_click_silences_a_name_for_some_days_and_leads_to_its_end(by_label, reading, source, tune):
    answer = tune(change="silence", to="7", by_label=by_label)
    silence = Silence.objects.get()
    assert answer["Location"] == f"/settings/silences/{silence.pk}"
    assert silence.ends_at - silence.starts_at == timedelta(days=7) and silence.source == source
    assert fire(source, at=timezone.now(), **reading) is None
    assert fire(source, at=timezone.now(), key="k2", title="Another") is not None
    assert AuditEntry.objects.filter(action="silence made").exists()


@pytest.mark.parametrize(
    ("change", "column", "page"), [("quiet", "quiet_minutes", ""), ("window", "group_minutes", "/noise")]
)
def test_a_click_makes_a_window_longer_and_says_what_it_was(change, column, page, source, tune):
    answer = tune(change=change, to="60")
    before = getattr(source, column)
    source.refresh_from_db()
    assert getattr(source, column) == 60 and answer["Location"] == f"/settings/sources/{source.pk}{page}"
    assert AuditEntry.objects.get(action="source tuned").data == {column: [before, 60]}


@pytest.mark.parametrize(
    "fields",
    [
        {"change": "silence", "to": "0"}, {"change": "silence", "to": "91"},
        {"change": "silence", "to": "7", "name": "*"},
        {"change": "severity", "to": "urgent"}, {"change": "severity", "to": "info", "name": ""},
        {"change": "severity", "to": "info", "name": "a\n* = info"},
        {"change": "quiet", "to": "1441"}, {"change": "quiet", "to": "x"}, {"change": "name", "to": "3"}, {},
    ],
)  # fmt: skip
def test_nothing_else_can_be_changed_by_it(fields, source, tune):
    assert tune(**fields)["Location"] == "/dashboard/noise"
    source.refresh_from_db()
    assert (source.severities, source.quiet_minutes, source.group_minutes) == ("", 15, 30)
    assert not Silence.objects.exists()


def test_a_restricted_teams_source_is_not_there_for_other_managers(security, source, tune):
    source.team = security
    source.save()
    assert tune(change="quiet", to="60").status_code == 404
