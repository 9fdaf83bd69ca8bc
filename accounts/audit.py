"""The audit log: what happened to the desk itself."""

from datetime import datetime
from typing import Any

from accounts.models import AuditEntry, User


def audit(action: str, *, at: datetime, actor: User | None, object: object = "", **data: Any) -> AuditEntry:
    """Append one line. `action` is a noun and a past participle: "team changed"."""
    return AuditEntry.objects.create(action=action, at=at, actor=actor, object=str(object)[:200], data=data)
