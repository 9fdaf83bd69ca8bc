"""The pages of mailboxes: how they are, for managers; what is in them, for admins; secrets only ever go in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from deliveries.models import Delivery
from integrations.mail.oauth import Grant
from integrations.models import Inbound, Mailbox
from tests.mail.conftest import letter, mailbox_at
from tests.mail.test_fetch import look

pytestmark = pytest.mark.django_db
FIELDS = {
    "name": "Support", "address": "desk@helpdesk.example", "protocol": "imap", "host": "localhost", "port": "",
    "security": "tls", "sign_in": "password", "username": "", "password": "right-horse", "oauth_client": "",
    "client_secret": "", "oauth_tenant": "", "folder": "", "authserv_id": "MX.Example", "team": "", "site": "",
    "kind": "incident", "category": "", "on_closed": "window",
}  # fmt: skip


@pytest.fixture
def admin(cast, as_user):
    return as_user(cast.admin)


def test_a_new_mailbox_is_due_at_once_with_its_secret_sealed(admin):
    answer = admin.post("/settings/mailboxes/new", FIELDS)
    mailbox = Mailbox.objects.get()
    assert answer.status_code == 302 and answer["Location"] == f"/settings/mailboxes/{mailbox.pk}"
    assert mailbox.next_fetch_at <= timezone.now() and mailbox.open_secret() == "right-horse"
    assert "right-horse" not in mailbox.secret and mailbox.authserv_id == "mx.example" and mailbox.folder == "INBOX"
    assert AuditEntry.objects.filter(action="mailbox made").exists()
    page = admin.get(answer["Location"]).content.decode()
    assert "right-horse" not in page and mailbox.secret not in page and "Leave this empty to keep it" in page


def test_a_pushed_mailbox_shows_its_address_once(admin, client):
    page = admin.post("/settings/mailboxes/new", FIELDS | {"protocol": "push", "host": "", "password": ""})
    mailbox = Mailbox.objects.get()
    url = page.context["url"]
    assert url in page.content.decode() and page["Cache-Control"] == "no-store" and mailbox.next_fetch_at is None
    assert url not in admin.get(f"/settings/mailboxes/{mailbox.pk}").content.decode()
    assert client.generic("POST", url.partition("8000")[2], letter(1)).status_code == 202
    admin.post(f"/settings/mailboxes/{mailbox.pk}/address")
    assert client.generic("POST", url.partition("8000")[2], letter(2)).status_code == 404


def test_a_kept_password_is_kept_until_another_is_entered(admin):
    admin.post("/settings/mailboxes/new", FIELDS)
    mailbox = Mailbox.objects.get()
    admin.post(f"/settings/mailboxes/{mailbox.pk}", FIELDS | {"password": "", "name": "Help"})
    mailbox.refresh_from_db()
    assert (mailbox.name, mailbox.open_secret()) == ("Help", "right-horse")
    admin.post(f"/settings/mailboxes/{mailbox.pk}", FIELDS | {"password": "another"})
    mailbox.refresh_from_db()
    assert mailbox.open_secret() == "another"


@pytest.mark.parametrize("changed", [{"host": "evil.example"}, {"port": "1993"}, {"security": "none"}])
def test_a_kept_password_never_goes_to_another_server(admin, changed):
    admin.post("/settings/mailboxes/new", FIELDS)
    mailbox = Mailbox.objects.get()
    answer = admin.post(f"/settings/mailboxes/{mailbox.pk}", FIELDS | {"password": ""} | changed)
    assert answer.status_code == 422 and "enter it again" in answer.content.decode()
    mailbox.refresh_from_db()
    assert (mailbox.host, mailbox.port, mailbox.security) == ("localhost", None, "tls")


def test_oauth_needs_its_client_and_seals_both_secrets(admin):
    asked = FIELDS | {"sign_in": "microsoft", "password": "refresh", "client_secret": "hush"}
    assert "client id" in admin.post("/settings/mailboxes/new", asked).content.decode()
    admin.post("/settings/mailboxes/new", asked | {"oauth_client": "id"})
    assert Grant.read(Mailbox.objects.get().open_secret()) == Grant("refresh", "hush")


@pytest.mark.parametrize(
    "wrong",
    [{"host": ""}, {"host": "http://x"}, {"host": "a b"}, {"password": ""}, {"oauth_tenant": "a/b"}, {"port": "x"}],
)
def test_what_makes_no_sense_is_told_at_its_field(admin, wrong):
    answer = admin.post("/settings/mailboxes/new", FIELDS | wrong)
    assert answer.status_code == 422 and next(iter(wrong)) in answer.context["form"].errors
    assert not Mailbox.objects.exists()


def test_another_folder_begins_anew_and_another_name_does_not(admin, imap):
    mailbox = look(mailbox_at(imap))
    fields = FIELDS | {"port": imap.port, "security": "none", "address": mailbox.address, "password": ""}
    admin.post(f"/settings/mailboxes/{mailbox.pk}", fields | {"name": "Help"})
    assert Mailbox.objects.get().cursor["uidvalidity"]
    admin.post(f"/settings/mailboxes/{mailbox.pk}", fields | {"folder": "Other"})
    assert Mailbox.objects.get().cursor == {}


def test_the_test_says_which_step_failed(admin, imap):
    mailbox = mailbox_at(imap, secret="wrong")
    page = admin.post(f"/settings/mailboxes/{mailbox.pk}/checks").content.decode()
    assert "It does not work yet" in page and "The server refused the sign-in" in page and "Not reached" in page
    mailbox.seal("right-horse")
    mailbox.save()
    assert "It works." in admin.post(f"/settings/mailboxes/{mailbox.pk}/checks").content.decode()


def test_a_test_mail_comes_from_the_mailbox_to_who_asks(admin, cast, imap):
    mailbox = mailbox_at(imap, name='Help & "Co"')
    admin.post(f"/settings/mailboxes/{mailbox.pk}/letters")
    sent = Delivery.objects.get()
    assert (sent.address, sent.subject) == (cast.admin.email, "Test of desk@helpdesk.example")
    assert sent.sender == '"Help & \\"Co\\"" <desk@helpdesk.example>' and "Help &amp; &quot;Co&quot;" in sent.body_html


def test_paused_nothing_is_fetched_and_resumed_it_is_due(admin, imap):
    mailbox = mailbox_at(imap)
    admin.post(f"/settings/mailboxes/{mailbox.pk}/acceptance", {"accepting": "no"})
    admin.post(f"/settings/mailboxes/{mailbox.pk}/fetches")
    assert Mailbox.objects.get().next_fetch_at is None
    admin.post(f"/settings/mailboxes/{mailbox.pk}/acceptance", {"accepting": "yes"})
    assert Mailbox.objects.get().next_fetch_at <= timezone.now()
    Mailbox.objects.update(next_fetch_at=timezone.now() + timedelta(hours=1))
    admin.post(f"/settings/mailboxes/{mailbox.pk}/fetches")
    assert Mailbox.objects.get().next_fetch_at <= timezone.now()


def test_the_list_says_how_each_mailbox_is(cast, as_user, imap):
    now = timezone.now()
    imap.box.put(letter(1))
    look(mailbox_at(imap))
    for number, fields in enumerate(
        [{"is_active": False}, {"failing_since": now, "error": "Sign-in: no."}, {"next_fetch_at": None}, {},
         {"fetched_at": now - timedelta(hours=1)}]
    ):  # fmt: skip
        mailbox_at(imap, address=f"box{number}@helpdesk.example", **fields)
    page = as_user(cast.manager).get("/settings/mailboxes/")
    assert {row["health"] for row in page.context["rows"]} == {
        "well",
        "paused",
        "failing",
        "stopped",
        "waiting",
        "behind",
    }
    text = page.content.decode()
    assert "Sign-in: no." in text and "New mailbox" not in text and "/settings/mailboxes/1" not in text
    assert Inbound.objects.count() == 1


def test_the_intake_log_can_be_narrowed_to_a_mailbox(cast, as_user, imap):
    imap.box.put(letter(1))
    mailbox = look(mailbox_at(imap))
    page = as_user(cast.manager).get(f"/intake/?mailbox={mailbox.pk}")
    assert len(page.context["rows"]) == 1
    assert len(as_user(cast.manager).get(f"/intake/?mailbox={mailbox.pk + 1}").context["rows"]) == 0
