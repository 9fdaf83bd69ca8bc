"""The settings' pages of letters, and what letters say after somebody changed them."""

import pytest

from accounts.models import AuditEntry
from deliveries.models import Delivery
from notifications.actions import save_words
from notifications.languages import LetterKind
from notifications.models import OwnWords
from tests import make
from tests.make import T0, later
from tickets.actions import conversation

pytestmark = pytest.mark.django_db
PAGE = "/settings/letters/en/acknowledged"


@pytest.fixture
def manager(cast, as_user):
    return as_user(cast.manager)


def own(actor, body="# Welcome\n\nDear {{ person.name }}, we are on it.", **fields):
    subject = fields.pop("subject", "Yours: {{ ticket.subject }}")
    at, kind = fields.pop("at", T0), fields.pop("kind", LetterKind.ACKNOWLEDGED)
    return save_words(
        **{"kind": kind, "language": "en", "team": None, "subject": subject, "body": body, "at": at, "actor": actor}
        | fields
    )


def test_a_manager_writes_own_words_and_the_next_letter_says_so(cast, shop, manager):
    answer = manager.post(PAGE, {"subject": "Yours: {{ ticket.subject }}", "body": "Dear {{ person.name }}, **soon**."})
    assert answer.status_code == 302 and "Own words" in manager.get("/settings/letters/").content.decode()
    ticket = make.ticket(requester=cast.customer, site=shop)
    sent = Delivery.objects.get()
    assert sent.subject == f"[#{ticket.pk}] Yours: Checkout fails"
    assert sent.body_text.startswith("Dear Cora, soon.\n") and "<strong>soon</strong>" in sent.body_html
    entry = AuditEntry.objects.get(action="letter changed")
    assert entry.actor == cast.manager and "soon" in entry.data["body"] and entry.data["before"] is None


def test_a_teams_words_come_before_those_for_all(cast, shop, front, back):
    own(cast.manager)
    own(cast.manager, body="The front-end team has it.", team=front)
    make.ticket(requester=cast.customer, team=front)
    make.ticket(requester=cast.customer, team=back)
    texts = list(Delivery.objects.order_by("id").values_list("body_text", flat=True))
    assert texts[0].startswith("The front-end team has it.") and "Dear Cora, we are on it." in texts[1]


def test_a_languages_words_are_for_that_language_only(cast, shop):
    own(cast.manager, language="de", body="Wir sind dran.")
    make.ticket(requester=cast.customer, site=shop)
    shop.language = "de"
    shop.save()
    make.ticket(requester=cast.customer, site=shop)
    texts = list(Delivery.objects.order_by("id").values_list("body_text", flat=True))
    assert "we have received your request" in texts[0] and texts[1].startswith("Wir sind dran.")


@pytest.mark.parametrize(
    "body", ["{{ request.user.password }}", "{% debug %}", "[x]({{ person.name }})", "{{ message }}"]
)
def test_what_cannot_be_filled_is_refused_at_its_field(manager, body):
    for address in (PAGE, f"{PAGE}/previews"):
        answer = manager.post(address, {"subject": "x", "body": body})
        assert answer.status_code == 422 and answer.context["form"].errors["body"]
    assert not OwnWords.objects.exists()


def test_a_preview_saves_nothing_and_reads_like_the_letter(cast, shop, manager):
    ticket = make.ticket(requester=cast.customer, site=shop)
    words = {"subject": "S", "body": "Hello {{ person.name }}: {{ request }}", "ticket": ticket.pk}
    page = manager.post(f"{PAGE}/previews", words).content.decode()
    assert "Hello Cora: It says error 500." in page and f"[#{ticket.pk}] S" in page and "/help/t/" not in page
    page = manager.post(f"{PAGE}/previews", words | {"ticket": ""}).content.decode()
    assert "When I press “Pay”, nothing happens." in page
    assert not OwnWords.objects.exists()


def test_a_preview_shows_no_ticket_that_its_reader_may_not_see(cast, security, manager):
    secret = make.ticket(requester=cast.customer, team=security, body="HUSH-HUSH")
    answer = manager.post(f"{PAGE}/previews", {"subject": "S", "body": "{{ request }}", "ticket": secret.pk})
    assert answer.status_code == 422 and "HUSH-HUSH" not in answer.content.decode()


def test_a_preview_of_an_answer_never_shows_an_internal_note(cast, shop, manager):
    ticket = make.ticket(requester=cast.customer, site=shop)
    conversation.reply(ticket=ticket, body="Public words.", at=later(minutes=1), actor=cast.agent, via="web")
    conversation.note(ticket=ticket, body="HUSH-HUSH", at=later(minutes=2), actor=cast.agent, via="web")
    answer = manager.post(
        "/settings/letters/en/replied/previews", {"subject": "S", "body": "{{ message }}", "ticket": ticket.pk}
    )
    assert "Public words." in answer.content.decode() and "HUSH-HUSH" not in answer.content.decode()


def test_a_reset_brings_back_what_it_came_with_and_the_log_keeps_the_rest(cast, shop, manager, front):
    own(cast.manager)
    own(cast.manager, team=front, body="The team's.")
    manager.post(f"{PAGE}/deletion?team={front.pk}")
    assert [words.team for words in OwnWords.objects.all()] == [None]
    manager.post(f"{PAGE}/deletion")
    make.ticket(requester=cast.customer, site=shop)
    assert "we have received your request" in Delivery.objects.get().body_text
    assert AuditEntry.objects.filter(action="letter reset", data__before__body="The team's.").exists()


def test_every_letter_opens_with_a_preview_of_what_it_says(manager, front):
    for language in ("en", "de"):
        for kind in LetterKind:
            page = manager.get(f"/settings/letters/{language}/{kind}?team={front.pk}")
            assert page.status_code == 200 and "Preview" in page.content.decode()


@pytest.mark.parametrize("address", ["/settings/letters/xx/replied", "/settings/letters/en/nothing", f"{PAGE}?team=0"])
def test_what_is_not_there_is_not_found(manager, address):
    assert manager.get(address).status_code == 404


def test_words_whose_variables_have_gone_give_way_to_those_it_came_with(cast, shop):
    own(cast.manager)
    OwnWords.objects.update(body="{{ no.longer.there }}")
    make.ticket(requester=cast.customer, site=shop)
    assert "we have received your request" in Delivery.objects.get().body_text
