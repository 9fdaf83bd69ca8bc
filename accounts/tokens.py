"""API tokens: `Authorization: Bearer hd_…`, scoped, hashed at rest."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import SCOPES, ApiToken, User
from lib import crypto
from lib.rows import ByKey

if TYPE_CHECKING:  # rest_framework.views imports this module by name: REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"]
    from rest_framework.views import APIView

PREFIX = "hd_"
BY_DIGEST = ByKey(lambda: ApiToken.objects.select_related("user"), "digest", "0" * 64)


def issue_token(
    *, user: User, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token and its secret, which is shown once and never stored. Unknown scopes raise ValueError."""
    if unknown := set(scopes) - set(SCOPES):
        raise ValueError(f"unknown scopes: {', '.join(sorted(unknown))}")
    new = crypto.new_token(PREFIX)
    token = ApiToken.objects.create(
        user=user, name=name, prefix=new.secret[:9], digest=new.digest, scopes=list(scopes), expires_at=expires_at
    )
    return token, new.secret


class TokenAuthentication(BaseAuthentication):
    """Reads the Bearer header. A wrong, expired or revoked token is 401, never a fall-through to the session."""

    keyword = b"bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != self.keyword:
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("The Authorization header must read: Bearer <token>.")
        now = timezone.now()
        secret = parts[1].decode("utf-8", "replace")
        token = BY_DIGEST.find(crypto.digest(secret))
        if token is None or not token.is_live(now):
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=1):
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HasScope(BasePermission):
    """A view names `scopes = {"GET": "tickets:read", "POST": "tickets:write"}`; a session counts as every scope."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        if not isinstance(request.auth, ApiToken):
            return True
        scopes: dict[str, Any] = getattr(view, "scopes", {})
        wanted = scopes.get("GET" if request.method in ("HEAD", "OPTIONS") else request.method or "")
        return wanted is not None and wanted in request.auth.scopes
