"""What is done to a source: made, changed, paused, given a new address, tried out. Each is a line of the audit log."""

import re
from datetime import datetime

from accounts.audit import audit
from accounts.models import User
from integrations import inbound
from integrations.models import Door, Inbound, Source
from integrations.models.source import MAIL, new_mail_tag

# Instants as text, also within JSON that is itself a text, and as seconds or milliseconds since 1970.
_INSTANT = re.compile(rb'(\\?")(?!0001)\d{4}-\d\d-\d\d[T ]\d\d:\d\d[^"\\]*\1')
_NUMBER = re.compile(rb"\b17\d{8}(\d{3})?\b")


def save_source(*, source: Source, at: datetime, actor: User, secret: str | None = None) -> str:
    """Keep a source; answers the token of a new one, shown once, else "". `secret` is sealed; "" forgets the one that
    is kept, None leaves it."""
    if secret is not None:
        source.seal(secret)
    fresh = source.pk is None
    token = source.new_token() if fresh else ""
    if fresh:
        source.created_by = actor
    if source.kind == MAIL and not source.mail_tag:
        source.mail_tag = new_mail_tag()
    source.save()
    audit("source made" if fresh else "source changed", at=at, actor=actor, object=source, kind=source.kind)
    return token


def give_new_address(*, source: Source, at: datetime, actor: User) -> str:
    """A fresh token; the old address is dead at once."""
    token = source.new_token()
    source.save(update_fields=["token_digest", "token_prefix", "mail_tag"])
    audit("source address replaced", at=at, actor=actor, object=source, prefix=source.token_prefix)
    return token


def set_accepting(*, source: Source, accepting: bool, at: datetime, actor: User) -> None:
    """While paused, what comes is kept for a replay and opens nothing."""
    source.is_active = accepting
    source.save(update_fields=["is_active"])
    audit("source resumed" if accepting else "source paused", at=at, actor=actor, object=source)


def try_out(*, source: Source, status: str, at: datetime) -> Inbound | None:
    """Put the kind's example body through the same intake as a real one, with its times as of now."""
    if source.reader is None or status not in ("firing", "resolved"):
        return None
    written, seconds = at.isoformat().encode(), b"%d" % at.timestamp()
    raw = _INSTANT.sub(lambda match: match[1] + written + match[1], source.reader.payloads[status])
    raw = _NUMBER.sub(lambda match: seconds + (b"000" if match[1] else b""), raw)
    return inbound.store(
        door=Door.ALERT, raw=raw, at=at, source=source, content_type="application/json", path="test", is_test=True
    )
