"""What is done to a mailbox: made, changed, paused, looked into now. Each is a line of the audit log."""

from datetime import datetime
from email.utils import formataddr

from django.utils.html import escape

from accounts.audit import audit
from accounts.models import User
from deliveries.actions import queue_mail
from deliveries.models import Delivery
from integrations.models import Mailbox, Protocol

PLACE = ("protocol", "host", "port", "security", "username", "sign_in", "folder")


def save_mailbox(*, mailbox: Mailbox, secret: str, at: datetime, actor: User) -> str:
    """Keep a mailbox; with a `secret`, that too. Answers the token of a new pushed one, shown once, else "".

    It is looked into at once. What was remembered of another server or folder is forgotten.
    """
    before = Mailbox.objects.filter(pk=mailbox.pk).first() if mailbox.pk else None
    if before is None:
        mailbox.created_by = actor
    elif any(getattr(before, name) != getattr(mailbox, name) for name in PLACE):
        mailbox.cursor, mailbox.lag_seconds, mailbox.newest_at = {}, None, None
    if secret:
        mailbox.seal(secret)
    mailbox.failing_since, mailbox.error = None, ""
    mailbox.next_fetch_at = next_look(mailbox, at)
    token = mailbox.new_token() if mailbox.protocol == Protocol.PUSH and not mailbox.token_digest else ""
    mailbox.save()
    action = "mailbox made" if before is None else "mailbox changed"
    audit(action, at=at, actor=actor, object=mailbox, host=mailbox.host, secret="new" if secret else "kept")
    return token


def next_look(mailbox: Mailbox, at: datetime) -> datetime | None:
    """Now, if it is one that is fetched."""
    return at if mailbox.is_active and mailbox.protocol != Protocol.PUSH else None


def send_test(*, mailbox: Mailbox, at: datetime, actor: User) -> Delivery:
    """A mail from the mailbox's address to whoever asks for it. An answer to it comes in like any mail."""
    text = f"This is a test from {mailbox.name}, {mailbox.address}.\n\nAnswer it to see whether your answer arrives."
    html = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
    sender = formataddr((mailbox.name, mailbox.address))
    subject = f"Test of {mailbox.address}"
    audit("mailbox tested", at=at, actor=actor, object=mailbox, to=actor.email)
    return queue_mail(
        address=actor.email, user=actor, subject=subject, text=text, html=html, at=at, sender=sender
    )  # fmt: skip


def give_new_address(*, mailbox: Mailbox, at: datetime, actor: User) -> str:
    """A fresh token to post mail to; the old address is dead at once."""
    token = mailbox.new_token()
    mailbox.save(update_fields=["token_digest", "token_prefix"])
    audit("mailbox address replaced", at=at, actor=actor, object=mailbox, prefix=mailbox.token_prefix)
    return token


def set_accepting(*, mailbox: Mailbox, accepting: bool, at: datetime, actor: User) -> None:
    """While paused, nothing is fetched, and what is pushed is kept for a replay."""
    mailbox.is_active = accepting
    mailbox.next_fetch_at = next_look(mailbox, at)
    mailbox.save(update_fields=["is_active", "next_fetch_at"])
    audit("mailbox resumed" if accepting else "mailbox paused", at=at, actor=actor, object=mailbox)


def fetch_now(*, mailbox: Mailbox, at: datetime, actor: User) -> bool:
    """Look into it at the next tick; False when it is paused or pushed."""
    mailbox.next_fetch_at = next_look(mailbox, at)
    if mailbox.next_fetch_at is None:
        return False
    mailbox.save(update_fields=["next_fetch_at"])
    audit("mailbox fetched by hand", at=at, actor=actor, object=mailbox)
    return True
