"""The requester's page, by signed link, without an account."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests import make
from tests.make import later
from tickets.actions import conversation, filing, merging, progress
from tickets.links import requester_token
from tickets.models import Csat

pytestmark = pytest.mark.django_db


@pytest.fixture
def hers(cast, shop):
    return make.ticket(requester=cast.customer, site=shop)


@pytest.fixture
def resolved(hers, cast):
    return progress.resolve(
        ticket=hers, code="fixed", text="Restarted.", at=later(hours=1), actor=cast.agent, via="web"
    )


def address(ticket, person, page="page"):
    return reverse(f"requester-{page}", args=[requester_token(ticket, person)])


def test_it_shows_the_conversation_but_never_a_note(client, cast, hers):
    conversation.reply(ticket=hers, body="Public words.", at=later(minutes=1), actor=cast.agent, via="web")
    conversation.note(ticket=hers, body="Secret words.", at=later(minutes=2), actor=cast.agent, via="web")
    page = client.get(address(hers, cast.customer)).content.decode()
    assert "Public words." in page
    assert "Secret words." not in page


def test_a_forged_or_foreign_link_finds_nothing(client, cast, hers):
    token = requester_token(hers, cast.customer)
    assert client.get(f"/help/t/{token[:-1]}{'a' if token[-1] != 'a' else 'b'}").status_code == 404
    assert client.get(address(hers, cast.stranger)).status_code == 404


def test_she_answers_with_a_file_and_reads_it_back(client, cast, hers, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    file = SimpleUploadedFile("../log<script>.html", b"<script>alert(1)</script>")
    client.post(address(hers, cast.customer, "answers"), {"body": "See the log.", "files": file})
    message = hers.messages.get(body="See the log.")
    answer = client.get(reverse("requester-file", args=[requester_token(hers, cast.customer), message.files.get().pk]))
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]


def test_an_empty_answer_is_refused_with_the_reason(client, cast, hers):
    page = client.post(address(hers, cast.customer, "answers"), {"body": "  "})
    assert (page.status_code, "Write something first." in page.content.decode()) == (422, True)


def test_looking_at_the_verdict_link_changes_nothing(client, cast, resolved):
    page = client.get(address(resolved, cast.customer) + "?answer=fixed")
    resolved.refresh_from_db()
    assert (resolved.status, "Yes, it is fixed" in page.content.decode()) == ("resolved", True)


def test_fixed_verifies_and_closes_and_asks_for_a_rating(client, cast, resolved):
    page = client.post(address(resolved, cast.customer, "verdict"), {"answer": "fixed"}, follow=True)
    resolved.refresh_from_db()
    assert (resolved.status, resolved.verification, resolved.verified_by) == ("closed", "requester", cast.customer)
    assert "How did we do?" in page.content.decode()


@pytest.mark.parametrize("comment", ["", "Still 500."])
def test_not_fixed_reopens(client, cast, resolved, comment):
    client.post(address(resolved, cast.customer, "verdict"), {"answer": "not-fixed", "comment": comment})
    resolved.refresh_from_db()
    assert (resolved.status, resolved.resolved_at) == ("diagnosing", None)


def test_a_rating_counts_once_and_can_be_changed(client, cast, resolved):
    client.post(address(resolved, cast.customer, "verdict"), {"answer": "fixed"})
    for score in (2, 5):
        client.post(address(resolved, cast.customer, "rating"), {"score": score, "comment": "ok"})
    assert list(Csat.objects.values_list("score", flat=True)) == [5]


def test_a_rating_out_of_range_is_refused(client, cast, resolved):
    client.post(address(resolved, cast.customer, "verdict"), {"answer": "fixed"})
    assert client.post(address(resolved, cast.customer, "rating"), {"score": "9"}).status_code == 422


def test_it_shows_when_to_expect_it(client, cast, hers):
    filing.promise(ticket=hers, expected_by=later(days=2), at=later(minutes=1), actor=cast.agent, via="web")
    assert "Expected by" in client.get(address(hers, cast.customer)).content.decode()


def test_her_duplicate_leads_to_where_it_went_on(client, cast, shop, hers):
    dup = make.ticket(requester=cast.customer, site=shop, subject="Same again")
    merging.merge(source=dup, target=hers, at=later(minutes=1), actor=cast.agent, via="web")
    assert f"Request #{hers.pk}" in client.get(address(dup, cast.customer)).content.decode()


def test_a_strangers_duplicate_shows_only_her_own_words(client, cast, shop, hers):
    dup = make.ticket(requester=cast.stranger, site=shop, subject="Mine too", body="My own words.")
    merging.merge(source=dup, target=hers, at=later(minutes=1), actor=cast.agent, via="web")
    page = client.get(address(dup, cast.stranger)).content.decode()
    assert "My own words." in page
    assert hers.messages.get().body not in page


def test_the_list_holds_her_requests_only(cast, shop, hers, as_user):
    make.ticket(requester=cast.stranger, site=shop, subject="Not hers")
    page = as_user(cast.customer).get("/help/requests").content.decode()
    assert hers.subject in page
    assert "Not hers" not in page
    assert Client().get("/help/requests").status_code == 302
