"""What people see of pages: the link of a call, the ticket, the desk's page of who is called."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Team
from deliveries.models import Delivery, State
from integrations.models import Channel
from oncall import engine, rings
from oncall.actions import paging
from oncall.messages import token
from oncall.models import Call, Page, PageState, Ring, Step
from tests import make
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Open = Callable[..., Client]


@pytest.fixture
def ticket(cast: SimpleNamespace, front: Team) -> Ticket:
    """A P1 about which Ada has just been called; Ben is next."""
    make.ladder(cast.agent, cast.other_agent, team=front)
    return called(front)


def called(team: Team, **fields: object) -> Ticket:
    now = timezone.now()
    row = make.ticket(team=team, severity=1, at=now, **{"subject": "Nobody can pay", **fields})
    tick(now)
    return row


def tick(at) -> None:
    engine.climb_due(at)
    rings.ring_due(at)


def link() -> str:
    return f"/p/{token(Ring.objects.latest('pk'))}"


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


# --- the link --------------------------------------------------------------------------------------------------------


def test_the_link_says_what_is_wrong_and_looking_changes_nothing(client, ticket, cast):
    answer = client.get(link())
    said = answer.content.decode()
    assert (
        f"#{ticket.pk}" in said and "Nobody can pay" in said and "Acknowledge" in said and "Ada, you are called" in said
    )
    assert Page.objects.get().state == PageState.CLIMBING
    assert "no-store" in answer["Cache-Control"] and "noindex" in answer["X-Robots-Tag"]
    assert answer["Referrer-Policy"] == "same-origin"


def test_its_button_acknowledges_for_whoever_was_called(client, ticket, cast):
    address = link()
    assert client.post(address)["Location"] == address
    said = text(client, address)
    assert Page.objects.get().acknowledged_by == cast.agent and "You acknowledged at" in said
    assert f"/tickets/{ticket.pk}" in said and "<form" not in said


def test_it_says_who_was_faster(client, ticket, cast):
    paging.acknowledge(page=Page.objects.get(), at=timezone.now(), actor=cast.other_agent, via="web")
    said = text(client, link())
    assert "Ben acknowledged at" in said and "<form" not in said
    assert "acknowledged by Ben already" in client.post(link(), follow=True).content.decode()


def test_somebody_asked_to_join_can_say_that_they_have_seen_it(client, ticket, cast):
    page = paging.acknowledge(page=Page.objects.get(), at=timezone.now(), actor=cast.agent, via="web")
    make.contact_method(cast.other_agent, "sms", "+491700000000")
    make.contact_method(cast.other_agent, "voice", "+491700000000", urgent_after=5)
    paging.add_responder(page=page, user=cast.other_agent, at=timezone.now(), actor=cast.agent, via="web")
    tick(timezone.now())
    assert "do not call me again" in text(client, link())
    client.post(link())
    assert not Call.objects.filter(user=cast.other_agent, due_at__isnull=False).exists()


def test_it_says_that_it_is_over(client, ticket, cast):
    paging.end(Page.objects.get(), at=timezone.now())
    assert "It is over" in text(client, link())


@pytest.mark.parametrize("given", ["nonsense", "x" * 300, "1"])
def test_what_is_not_ours_or_a_day_old_is_a_friendly_page(client, ticket, given):
    Ring.objects.update(at=timezone.now() - timedelta(hours=25))
    for address in (f"/p/{given}", link()):
        for answer in (client.get(address), client.post(address)):
            assert answer.status_code == 404 and "This link no longer works" in answer.content.decode()
    assert Page.objects.get().state == PageState.CLIMBING


def test_the_link_of_somebody_who_left_no_longer_works(client, ticket, cast):
    type(cast.agent).objects.filter(pk=cast.agent.pk).update(is_active=False)
    assert client.post(link()).status_code == 404 and Page.objects.get().state == PageState.CLIMBING


class TestARoom:
    @pytest.fixture
    def both(self, cast, front, security) -> list[Ticket]:
        """A call to a room about a ticket that everybody sees and one that only Security sees."""
        room = Channel.objects.create(name="War room", kind="webhook")
        make.ladder(room)
        now = timezone.now()
        found = [make.ticket(team=team, severity=1, subject=f"Of {team}", at=now) for team in (front, security)]
        tick(now)
        return found

    def test_nobody_answers_unknown(self, client, both):
        address = link()
        assert "Who are you?" in text(client, address) and "Of Front-end" not in text(client, address)
        assert client.post(address).status_code == 200
        assert not Page.objects.filter(state=PageState.ACKNOWLEDGED).exists()

    def test_who_is_signed_in_answers_for_what_they_see(self, as_user, both, cast):
        client, address = as_user(cast.agent), link()
        assert "Of Front-end" in text(client, address) and "Of Security" not in text(client, address)
        client.post(address)
        assert list(Page.objects.filter(state=PageState.ACKNOWLEDGED).values_list("ticket", flat=True)) == [both[0].pk]

    def test_a_customer_is_asked_who_they_are(self, as_user, both, cast):
        assert "Who are you?" in text(as_user(cast.customer), link())


# --- on the ticket ---------------------------------------------------------------------------------------------------


def strip(client: Client, ticket: Ticket) -> str:
    """The strip's text, without its markup's line breaks."""
    said = text(client, f"/tickets/{ticket.pk}")
    part = said[said.index('<section id="oncall"') :]
    return " ".join(part[: part.index("</section>")].split())


def test_a_ticket_says_who_is_called_and_who_is_next(as_user, ticket, cast):
    said = strip(as_user(cast.agent), ticket)
    assert "Calling Ada" in said and "step 1 of 2" in said and "next: Ben at" in said and "on its way" in said


def test_a_round_robin_is_not_counted_on_by_looking(as_user, cast, front):
    make.ladder(cast.agent, front, team=front)
    Step.objects.filter(position=2).update(round_robin=True)
    row = called(front)
    for _ in range(2):
        assert "next: Mona at" in strip(as_user(cast.agent), row)
    assert Step.objects.get(position=2).turn == 0


def test_it_says_what_did_not_arrive_and_why(as_user, ticket, cast):
    Delivery.objects.filter(urgent=True).update(state=State.DEAD, next_try_at=None, answer="550 no such number")
    said = strip(as_user(cast.agent), ticket)
    assert "failed" in said and "550 no such number" in said


def test_it_is_loud_when_nobody_was_reached(as_user, ticket, cast):
    Page.objects.update(state=PageState.UNANSWERED)
    assert "NOBODY REACHED" in strip(as_user(cast.agent), ticket) and "alert--bad" in strip(as_user(cast.agent), ticket)


def test_acknowledged_it_says_who_and_when_it_begins_anew(as_user, ticket, cast):
    client = as_user(cast.other_agent)
    client.post(f"/tickets/{ticket.pk}/pages/acknowledgement")
    said = strip(client, ticket)
    assert "Ben acknowledged" in said and "without progress it begins anew" in said and ">Acknowledge<" not in said
    assert "still calling" not in said


def test_without_a_page_there_is_none_and_one_can_be_begun(as_user, cast, front):
    row = make.ticket(team=front, at=timezone.now())
    client = as_user(cast.agent)
    assert " hidden>" in strip(client, row) and "Not paged" in text(client, f"/tickets/{row.pk}")
    assert f'href="/tickets/{row.pk}/pages"' in text(client, f"/tickets/{row.pk}")
    answer = client.post(f"/tickets/{row.pk}/pages", {"people": [cast.other_agent.pk], "reason": "Come and see"})
    assert answer.status_code == 302 and "Paged by hand · Come and see" in strip(client, row)


def test_a_ladder_that_fits_is_offered_first(as_user, cast, front):
    ladder = make.ladder(cast.agent, is_automatic=False)
    row = make.ticket(team=front, at=timezone.now())
    client = as_user(cast.other_agent)
    assert f'<option value="{ladder.pk}" selected>' in text(client, f"/tickets/{row.pk}/pages")
    client.post(f"/tickets/{row.pk}/pages", {"ladder": ladder.pk})
    assert Page.objects.get().ladder == ladder


@pytest.mark.parametrize(
    ("given", "said"), [({}, "Choose whom to call."), ("both", "Choose either a ladder or people.")]
)
def test_it_asks_for_a_ladder_or_people(as_user, cast, front, given, said):
    ladder = make.ladder(cast.agent, is_automatic=False)
    row = make.ticket(team=front, at=timezone.now())
    given = {"ladder": ladder.pk, "people": [cast.agent.pk]} if given == "both" else given
    answer = as_user(cast.agent).post(f"/tickets/{row.pk}/pages", given)
    assert answer.status_code == 422 and said in answer.content.decode() and not Page.objects.exists()


def test_others_are_called_instead_again_and_in_addition(as_user, ticket, cast):
    client, here = as_user(cast.agent), f"/tickets/{ticket.pk}/pages"
    assert client.get(here)["Location"].endswith("/pages/reassignment")
    assert client.post(f"{here}/reassignment", {"people": [cast.manager.pk]}).status_code == 302
    tick(timezone.now())
    assert "Calling Mona" in strip(client, ticket)
    assert client.post(f"{here}/responders", {"whom": cast.other_agent.pk}).status_code == 302
    tick(timezone.now())
    assert "Calling Mona" in strip(client, ticket) and "<b>Ben</b> · E-mail" in strip(client, ticket)
    client.post(f"{here}/acknowledgement")
    client.post(f"{here}/repetition")
    assert Page.objects.get().state == PageState.CLIMBING and Page.objects.get().attempt == 3


def test_what_cannot_be_done_is_said(as_user, cast, front):
    row = make.ticket(team=front, at=timezone.now())
    client, here = as_user(cast.agent), f"/tickets/{row.pk}/pages"
    for verb in ("acknowledgement", "repetition"):
        assert "Nobody is being called" in client.post(f"{here}/{verb}", follow=True).content.decode()
    assert "Nobody is being called" in client.post(f"{here}/responders", {"whom": cast.agent.pk}).content.decode()


def test_a_restricted_teams_ticket_calls_only_those_who_see_it(as_user, cast, security):
    row = make.ticket(team=security, at=timezone.now())
    said = text(as_user(cast.guard), f"/tickets/{row.pk}/pages")
    assert ">Gus<" in said and ">Ada<" not in said
    assert as_user(cast.agent).get(f"/tickets/{row.pk}/pages").status_code == 404


# --- /oncall/ --------------------------------------------------------------------------------------------------------


def test_the_desk_sees_who_is_called_the_worst_first(as_user, ticket, cast, front, security):
    loud, calm, hidden = (
        called(front, subject="Loud"),
        called(front, subject="Calm"),
        called(security, subject="Hidden"),
    )
    Page.objects.filter(ticket=loud).update(state=PageState.UNANSWERED)
    paging.acknowledge(page=calm.pages.get(), at=timezone.now(), actor=cast.agent, via="web")
    paging.start(ticket=hidden, people=[cast.guard], at=timezone.now(), actor=cast.guard, via="web")
    said = text(as_user(cast.agent), "/oncall/")
    places = [said.index(words) for words in ("NOBODY REACHED", "Loud", "Calling Ada", "Nobody can pay", "Calm")]
    assert places == sorted(places) and "Hidden" not in said


def test_the_rail_says_when_nobody_was_reached(as_user, ticket, cast, security):
    client = as_user(cast.agent)
    assert "Nobody reached" not in text(client, "/queue/all")
    Page.objects.update(state=PageState.UNANSWERED)
    assert "Nobody reached" in text(client, "/queue/all")
    Ticket.objects.update(team=security)
    assert "Nobody reached" not in text(client, "/queue/all")


# --- figures ---------------------------------------------------------------------------------------------------------


def statements(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_a_ticket_costs_one_statement_more_and_a_page_a_fixed_number(as_user, cast, front):
    client = as_user(cast.agent)
    plain = make.ticket(team=front, at=timezone.now())
    bare = statements(client, f"/tickets/{plain.pk}")
    make.ladder(cast.agent, cast.other_agent, team=front)
    few = statements(client, f"/tickets/{called(front).pk}")
    Step.objects.all().delete()
    make.ladder(cast.manager, front, cast.agent, cast.other_agent, cast.admin, name="Long", position=0, team=front)
    many = called(front)
    for user in (cast.agent, cast.manager, cast.other_agent):
        make.contact_method(user, "sms", "+491700000000")
    paging.add_responder(page=many.pages.get(), user=cast.other_agent, at=timezone.now(), actor=cast.agent, via="web")
    tick(timezone.now())
    assert statements(client, f"/tickets/{many.pk}") <= few + 2 and few <= bare + 8


def test_the_pages_cost_the_same_for_one_and_for_many(as_user, client, ticket, cast, front):
    seen = as_user(cast.agent)
    before = [statements(seen, "/oncall/"), statements(client, link())]
    Ring.objects.update(at=timezone.now() - timedelta(minutes=5))
    now = timezone.now()
    for number in range(5):
        make.ticket(team=front, severity=1, subject=f"More {number}", at=now)
    tick(now)
    assert [statements(seen, "/oncall/"), statements(client, link())] == before
