"""What managers do to letters: write their own words, and go back to those that came with the desk."""

from datetime import datetime

from django.db import transaction

from accounts.audit import audit
from accounts.models import Team, User
from notifications.languages import LetterKind
from notifications.models import OwnWords
from notifications.templating import Wrong, compile_subject
from notifications.variables import compiled, names_of
from tickets.errors import Refused


def check(*, kind: LetterKind, subject: str, body: str) -> None:
    """Raises Refused naming the field whose template cannot be used, and why."""
    try:
        compile_subject(subject, names_of(kind, "text"))
    except Wrong as wrong:
        raise Refused(str(wrong), field="subject") from None
    try:
        compiled(kind, body)
    except Wrong as wrong:
        raise Refused(str(wrong), field="body") from None


@transaction.atomic
def save_words(
    *, kind: LetterKind, language: str, team: Team | None, subject: str, body: str, at: datetime, actor: User
) -> OwnWords:
    """Say this in every such letter from now on; the audit log keeps what it said. Raises Refused."""
    check(kind=kind, subject=subject, body=body)
    before = OwnWords.objects.select_for_update().filter(kind=kind, language=language, team=team).first()
    words, _ = OwnWords.objects.update_or_create(
        kind=kind,
        language=language,
        team=team,
        defaults={"subject": subject, "body": body, "changed_at": at, "changed_by": actor},
    )
    audit(
        "letter changed", at=at, actor=actor, object=words, subject=subject, body=body,
        before={"subject": before.subject, "body": before.body} if before else None,
    )  # fmt: skip
    return words


@transaction.atomic
def reset_words(*, words: OwnWords, at: datetime, actor: User) -> None:
    """Back to the words of all teams, or to those that came with the desk."""
    audit(
        "letter reset", at=at, actor=actor, object=words, before={"subject": words.subject, "body": words.body}
    )  # fmt: skip
    words.delete()
