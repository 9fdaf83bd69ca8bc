"""API tokens, made and revoked by admins."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.audit import audit
from accounts.models import ApiToken, User
from accounts.tokens import issue_token


@transaction.atomic
def make_token(
    *, user: User, name: str, scopes: Sequence[str], expires_at: datetime | None, at: datetime, actor: User
) -> tuple[ApiToken, str]:
    """A token that acts for `user`, and its secret, which is shown once."""
    token, secret = issue_token(user=user, name=name, scopes=scopes, expires_at=expires_at)
    audit("token made", at=at, actor=actor, object=token, user=user.email, scopes=list(scopes))
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, at: datetime, actor: User) -> None:
    """From now on it opens nothing. Revoking twice is one revocation."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
        audit("token revoked", at=at, actor=actor, object=token)
