"""The verbs of the ticket's page: as plain forms, and as answers that list what changed."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from files.models import File
from tests import make
from tests.make import later
from tickets.actions import conversation, progress
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def stored(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def ticket(cast, shop):
    return make.ticket(requester=cast.customer, site=shop)


@pytest.fixture
def resolved(cast, ticket):
    return progress.resolve(
        ticket=ticket, code="fixed", text="Restarted.", at=later(hours=1), actor=cast.agent, via="web"
    )


@pytest.fixture
def post(cast, as_user):
    """post(ticket, verb, **data) → the answer to the agent's plain form; `htmx=True` asks for the regions."""
    client = as_user(cast.agent)

    def send(ticket: Ticket, verb: str, *, htmx: bool = False, **data: object):
        return client.post(f"/tickets/{ticket.pk}/{verb}", data, headers=HTMX if htmx else {})

    return send


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def test_a_reply_is_sent_and_waits(cast, ticket, post):
    answer = post(ticket, "replies", body="Looking.", audience="public")
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"/tickets/{ticket.pk}")
    assert (fresh(ticket).status, ticket.messages.last().body) == ("waiting", "Looking.")


def test_a_reply_may_keep_it_open_or_resolve_it(cast, ticket, post):
    post(ticket, "replies", body="Looking.", audience="public", then="diagnosing")
    assert fresh(ticket).status == "diagnosing"
    post(ticket, "replies", body="Done.", audience="public", then="resolved:workaround")
    assert (fresh(ticket).status, fresh(ticket).resolution) == ("resolved", "workaround")


def test_with_script_an_answer_lists_what_changed(cast, ticket, post):
    html = post(ticket, "replies", htmx=True, body="Looking.", audience="public").content.decode()
    for region in ("#timeline", "#ticket-verbs", "#side", "#toasts"):
        assert f'hx-target="{region}"' in html
    assert ">Looking.<" not in html.split("<hx-partial")[0]


def test_notes_are_internal_whatever_the_form_says(cast, ticket, post):
    post(ticket, "notes", body="Between us.", audience="public")
    assert ticket.messages.last().is_internal


def test_an_unknown_audience_is_refused(cast, ticket, post):
    assert post(ticket, "replies", body="Hm.", audience="everyone").status_code == 422
    assert ticket.messages.count() == 1


def test_a_send_stops_when_somebody_wrote_meanwhile_and_passes_the_second_time(cast, ticket, post):
    seen = ticket.last_event
    conversation.receive(ticket=ticket, body="One more thing.", at=later(minutes=1), actor=cast.customer, via="form")
    held = post(ticket, "replies", htmx=True, body="My long answer", audience="public", seen=seen)
    assert held.status_code == 422
    assert "One more thing." in held.content.decode().split("<hx-partial")[0]
    plain = post(ticket, "replies", body="My long answer", audience="public", seen=seen)
    assert plain.status_code == 422
    assert "My long answer</textarea>" in plain.content.decode()
    passed = post(ticket, "replies", body="My long answer", audience="public", seen=fresh(ticket).last_event)
    assert passed.status_code == 302


def test_files_go_with_a_message_and_come_back_as_downloads(cast, ticket, post, as_user):
    names = ("a.txt", '"><script>x</script>.html')
    files = [SimpleUploadedFile(name, b"<script>1</script>") for name in names]
    post(ticket, "replies", body="See there.", audience="public", files=files)
    message = ticket.messages.last()
    assert message.files.count() == 2
    answer = as_user(cast.customer).get(f"/files/{message.files.last().pk}")
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert b"".join(answer.streaming_content) == b"<script>1</script>"
    assert as_user(cast.stranger).get(f"/files/{message.files.last().pk}").status_code == 404


def test_files_of_a_note_never_reach_the_requester(cast, ticket, post, as_user):
    post(ticket, "notes", files=[SimpleUploadedFile("secret.txt", b"x")])
    file = File.objects.get()
    assert as_user(cast.customer).get(f"/files/{file.pk}").status_code == 404
    shown = as_user(cast.other_agent).get(f"/files/{file.pk}")
    assert b"".join(shown.streaming_content) == b"x"


def test_a_file_that_is_too_large_is_named_and_nothing_is_kept(cast, ticket, post, settings, stored):
    settings.FILE_MAX_BYTES = 10
    files = [SimpleUploadedFile("small.txt", b"x"), SimpleUploadedFile("large.bin", b"x" * 11)]
    answer = post(ticket, "replies", body="Here you are.", audience="public", files=files)
    assert answer.status_code == 422
    assert "large.bin is larger than" in answer.content.decode()
    assert "Here you are.</textarea>" in answer.content.decode()
    assert not File.objects.exists()
    assert not [path for path in stored.rglob("*") if path.is_file()]


def test_files_of_a_stopped_send_are_not_kept(cast, ticket, post, stored):
    conversation.receive(ticket=ticket, body="Wait.", at=later(minutes=1), actor=cast.customer, via="form")
    files = [SimpleUploadedFile("a.txt", b"x")]
    post(ticket, "replies", body="Hi.", audience="public", seen=ticket.last_event, files=files)
    assert not File.objects.exists()
    assert not [path for path in stored.rglob("*") if path.is_file()]


def test_one_click_takes_it(cast, ticket, post):
    assert post(ticket, "assignment", assignee="me").status_code == 302
    assert fresh(ticket).assignee == cast.agent
    post(ticket, "assignment", assignee="")
    assert fresh(ticket).assignee is None
    post(ticket, "assignment", assignee=cast.other_agent.pk)
    assert fresh(ticket).assignee == cast.other_agent


def test_only_who_sees_it_is_offered(cast, security, as_user):
    secret = make.ticket(requester=cast.stranger, team=security)
    html = as_user(cast.guard).get(f"/tickets/{secret.pk}/assignment").content.decode()
    assert "Gus" in html
    assert "Ben" not in html


def test_it_is_acknowledged_held_and_moved_on(cast, ticket, post):
    post(ticket, "acknowledgement")
    assert fresh(ticket).status == "acknowledged"
    refused = post(ticket, "status", status="on_hold", reason="")
    assert refused.status_code == 422
    post(ticket, "status", status="on_hold", reason="Supplier", wakes_at="2099-01-01T09:00")
    assert (fresh(ticket).status, fresh(ticket).hold_reason) == ("on_hold", "Supplier")
    post(ticket, "status", status="diagnosing")
    assert fresh(ticket).status == "diagnosing"


def test_a_move_that_is_none_is_refused_with_a_reason(cast, resolved, post):
    plain = post(resolved, "status", status="waiting")
    assert plain.status_code == 422
    assert "cannot go to" in plain.content.decode()
    assert post(resolved, "status", htmx=True, status="nonsense").status_code == 422


def test_the_record_is_kept_straight(cast, ticket, shop, post):
    checkout = make.component(shop, "Checkout")
    assert post(ticket, "severity", severity=1).status_code == 422
    post(ticket, "severity", severity=1, reason="All down")
    post(ticket, "tags", tags="Money, urgent , money")
    post(ticket, "promise", expected_by="2099-01-01T09:00")
    post(ticket, "details", subject="New words", kind="request", site=shop.pk, component=checkout.pk)
    now = fresh(ticket)
    assert (now.severity, now.tags, now.subject, now.kind) == (1, ["money", "urgent"], "New words", "request")
    assert (now.component, now.expected_by.year) == (checkout, 2099)


def test_a_promise_in_the_past_is_refused_beside_its_field(cast, ticket, post):
    answer = post(ticket, "promise", htmx=True, expected_by="2020-01-01T09:00")
    assert answer.status_code == 422
    assert "Promise a time in the future." in answer.content.decode()


def test_whoever_resolved_it_cannot_check_it_and_it_closes_only_verified(cast, resolved, post, as_user):
    assert post(resolved, "closure").status_code == 422
    assert post(resolved, "verification", evidence="I looked").status_code == 422
    other = as_user(cast.other_agent)
    other.post(f"/tickets/{resolved.pk}/verification", {"evidence": "Ordered twice", "then": "closed"})
    now = fresh(resolved)
    assert (now.status, now.verification, now.verified_by) == ("closed", "qa", cast.other_agent)
    assert post(resolved, "replies", body="Hm.", audience="public").status_code == 422
    post(resolved, "reopening", reason="It is back")
    assert fresh(resolved).status == "diagnosing"


def test_it_is_cancelled_only_with_a_reason(cast, ticket, post):
    assert post(ticket, "cancellation", reason=" ").status_code == 422
    post(ticket, "cancellation", reason="Spam")
    assert fresh(ticket).status == "cancelled"


def test_a_duplicate_is_found_merged_and_parted_again(cast, shop, ticket, post, as_user):
    other = make.ticket(requester=cast.stranger, site=shop, subject="Paying breaks")
    found = as_user(cast.agent).get(f"/tickets/{ticket.pk}/merge?q=paying").content.decode()
    assert f'value="{other.pk}"' in found
    assert post(ticket, "merge", target="#999999").status_code == 422
    assert post(ticket, "merge", target=ticket.pk).status_code == 422
    post(ticket, "merge", target=f"#{other.pk}")
    assert fresh(ticket).merged_into == other
    post(ticket, "unmerge")
    assert fresh(ticket).merged_into is None


def test_a_restricted_ticket_is_not_merged_into_one_that_more_people_see(cast, shop, security, as_user):
    secret = make.ticket(requester=cast.customer, team=security)
    main = make.ticket(requester=cast.customer, site=shop)
    answer = as_user(cast.guard).post(f"/tickets/{secret.pk}/merge", {"target": main.pk})
    assert answer.status_code == 422
    assert fresh(secret).merged_into is None


def test_who_moves_it_out_of_their_sight_goes_back_to_the_queue(cast, ticket, post):
    privacy = make.team("Privacy", tier=1, restricted=True)
    answer = post(ticket, "team", team=privacy.pk, reason="A name")
    assert (answer.status_code, answer["Location"]) == (302, "/queue/needs-me")
    assert fresh(ticket).team == privacy


def test_a_verb_that_asks_something_says_what_it_is(cast, ticket, as_user):
    html = as_user(cast.agent).get(f"/tickets/{ticket.pk}/severity").content.decode()
    assert "Change the severity" in html
    assert ">Change</button>" in html


def test_nothing_changes_by_a_get(cast, ticket, as_user):
    client = as_user(cast.agent)
    for verb in ("replies", "notes", "acknowledgement", "closure", "unmerge"):
        assert client.get(f"/tickets/{ticket.pk}/{verb}").status_code == 405
    for verb in ("assignment", "team", "severity", "tags", "details", "promise", "status", "resolution", "merge"):
        assert client.get(f"/tickets/{ticket.pk}/{verb}").status_code == 200
        assert client.get(f"/tickets/{ticket.pk}/{verb}", headers=HTMX).status_code == 200
    assert fresh(ticket).last_event == ticket.last_event


def test_a_stranger_to_the_desk_can_do_nothing(cast, ticket, as_user):
    for verb in ("replies", "assignment", "status", "resolution", "cancellation", "merge"):
        assert as_user(cast.customer).post(f"/tickets/{ticket.pk}/{verb}", {"body": "x"}).status_code == 404
    assert Message.objects.count() == 1
