"""The settings pages of channels."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from deliveries.models import Delivery
from integrations.channels.kinds import kinds
from integrations.models import Channel
from tests.channels import a_channel, a_message, sent

pytestmark = pytest.mark.django_db
HOOK = {"name": "Demo hook", "url": "https://hooks.example.com/in", "authorization": "Bearer demo-1"}


@pytest.fixture
def admin(cast, as_user):
    return as_user(cast.admin)


def words(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_without_a_channel_it_offers_every_kind(admin):
    page = words(admin.get("/settings/channels/"))
    assert "No channel yet" in page and all(f"/settings/channels/new/{name}" in page for name in kinds())


@pytest.mark.parametrize("name", sorted(kinds()))
def test_every_kind_has_a_form_a_guide_and_its_addresses(admin, settings, name):
    page = admin.get(f"/settings/channels/new/{name}")
    assert page.status_code == 200 and kinds()[name].title in words(page)
    made = a_channel(name)
    page = words(admin.get(f"/settings/channels/{made.pk}"))
    for _, path in kinds()[name].description.callbacks:
        assert settings.BASE_URL + path.replace("{pk}", str(made.pk)) in page
    assert "{/" not in page and "{pk}" not in page


def test_an_unknown_kind_is_not_found(admin):
    assert admin.get("/settings/channels/new/pigeon").status_code == 404


def test_a_webhook_is_made_and_its_secret_shown_once(admin):
    page = admin.post("/settings/channels/new/webhook", HOOK)
    made = Channel.objects.get()
    secret = made.secrets()["signing"]
    assert secret.startswith("whsec_") and secret in words(page) and page["Cache-Control"] == "no-store"
    page = words(admin.get(f"/settings/channels/{made.pk}"))
    assert secret not in page and "demo-1" not in page and "One is kept" in page
    assert made.config == {"url": HOOK["url"]} and "demo-1" not in made.sealed
    assert AuditEntry.objects.filter(action="channel made").exists()


def test_its_secret_is_replaced_beside_the_old_one_until_that_is_forgotten(admin):
    admin.post("/settings/channels/new/webhook", HOOK)
    made = Channel.objects.get()
    first = made.secrets()["signing"]
    shown = words(admin.post(f"/settings/channels/{made.pk}/secret"))
    made.refresh_from_db()
    second = made.secrets()
    assert second["signing"] in shown and second["signing_before"] == first != second["signing"]
    admin.post(f"/settings/channels/{made.pk}", {**HOOK, "authorization": ""})
    made.refresh_from_db()
    assert made.secrets() == second  # an edit keeps both
    admin.post(f"/settings/channels/{made.pk}/secret", {"old": "forget"})
    made.refresh_from_db()
    assert made.secrets() == {"signing": second["signing"], "authorization": "Bearer demo-1"}


def test_a_kept_secret_is_never_sent_to_another_address(admin):
    admin.post("/settings/channels/new/webhook", HOOK)
    made = Channel.objects.get()
    moved = {**HOOK, "url": "https://other.example.com/", "authorization": ""}
    page = admin.post(f"/settings/channels/{made.pk}", moved)
    assert page.status_code == 422 and "enter it again" in words(page)
    assert admin.post(f"/settings/channels/{made.pk}", {**moved, "forget_authorization": "on"}).status_code == 302
    made.refresh_from_db()
    assert made.config["url"] == moved["url"] and "authorization" not in made.secrets()


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/", "ftp://hooks.example.com/", "hooks.example.com", "https://user:x@hooks.example/",
        "https://", "https://hooks.example.com:99999/", "https://a b/", "https://hooks.example.com/#x", "x" * 3000,
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_the_field_named(admin, url):
    page = admin.post("/settings/channels/new/webhook", {**HOOK, "url": url})
    assert page.status_code == 422 and "field__error" in words(page) and not Channel.objects.exists()


def test_a_retired_connector_of_teams_is_refused_with_the_reason(admin):
    given = {"name": "Demo", "url": "https://demo.webhook.office.com/webhookb2/1"}
    assert "retired" in words(admin.post("/settings/channels/new/teams", given))


def test_two_channels_never_share_a_name(admin):
    admin.post("/settings/channels/new/webhook", HOOK)
    assert "has this name" in words(admin.post("/settings/channels/new/webhook", {**HOOK, "name": "DEMO HOOK"}))


def test_a_test_goes_through_the_real_queue_and_its_answer_shows(admin, beyond, cast):
    made = a_channel("webhook", config={"url": f"{beyond.base}/hook"})
    beyond.answers[""] = (202, b"taken")
    admin.post(f"/settings/channels/{made.pk}/tests", {"sender": "webhook"})
    [message] = Delivery.objects.all()
    assert (message.urgent, message.data["kind"], message.data["link"]) == (True, "drill", "")
    sent(message)
    assert "202 taken" in words(admin.get(f"/settings/channels/{made.pk}"))
    assert "never" not in words(admin.get("/settings/channels/"))


def test_a_test_by_what_the_kind_does_not_have_is_refused(admin):
    made = a_channel("teams")
    assert "Choose how" in words(admin.post(f"/settings/channels/{made.pk}/tests", {"sender": "email"}, follow=True))
    assert not Delivery.objects.exists()


def test_one_that_fails_says_so_in_the_list_and_switching_it_on_starts_afresh(admin, beyond):
    made = a_channel("teams", secrets={"url": beyond.base})
    beyond.answers[""] = (404, b"no such workflow")
    sent(a_message(made))
    page = words(admin.get("/settings/channels/"))
    assert "Failing" in page and "404 no such workflow" in page
    admin.post(f"/settings/channels/{made.pk}/use", {"in_use": "no"})
    assert "Off" in words(admin.get("/settings/channels/"))
    admin.post(f"/settings/channels/{made.pk}/use", {"in_use": "yes"})
    made.refresh_from_db()
    assert (made.is_active, made.trouble, made.failing_since) == (True, "", None)


def test_secrets_that_no_key_opens_can_be_entered_again(admin):
    made = a_channel("teams", secrets={"url": "https://a.example/"})
    Channel.objects.update(sealed="nonsense")
    assert "cannot be opened" in words(admin.get(f"/settings/channels/{made.pk}"))
    admin.post(f"/settings/channels/{made.pk}", {"name": "Demo teams", "url": "https://b.example/"})
    made.refresh_from_db()
    assert made.secrets() == {"url": "https://b.example/"}
    hook = a_channel("webhook")
    Channel.objects.filter(pk=hook.pk).update(sealed="nonsense")
    assert "whsec_" in words(admin.post(f"/settings/channels/{hook.pk}/secret"))


def test_what_comes_from_the_provider_is_not_made_here(admin):
    made = a_channel("teams", secrets={"url": "https://a.example/"})
    assert "from the provider" in words(admin.post(f"/settings/channels/{made.pk}/secret", follow=True))
    made.refresh_from_db()
    assert made.secrets() == {"url": "https://a.example/"}


def test_it_is_deleted(admin):
    made = a_channel("teams")
    admin.post(f"/settings/channels/{made.pk}/deletion")
    assert not Channel.objects.exists() and AuditEntry.objects.filter(action="channel deleted").exists()


def test_the_pages_ask_a_fixed_number_of_questions(admin):
    def asked(url: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert admin.get(url).status_code == 200
        return len(found)

    made = a_channel("webhook")
    before = asked("/settings/channels/"), asked(f"/settings/channels/{made.pk}")
    for number in range(5):
        Channel.objects.create(name=f"Demo {number}", kind="teams")
        a_message(made)
    assert (asked("/settings/channels/"), asked(f"/settings/channels/{made.pk}")) == before
    assert max(before) <= 12
