"""Who a request comes from: every page asks it first, by two statements that are compiled once."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User
from lib.rows import ByKey

sessions = ByKey(Session.objects.all, "session_key", "")
people = ByKey(User.objects.all, "pk", 0)


class SessionStore(db.SessionStore):
    """Django's own, in the database."""

    def _get_session_from_db(self) -> Session | None:
        key = str(self.session_key)
        found = sessions.find(key) if key.isascii() and key.isalnum() else None  # others cannot be ours, or even asked
        if found is not None and found.expire_date > timezone.now():
            return found
        self._session_key = None  # as Django does: an unknown key is never taken over
        return None


class Backend(AuthenticationBackend):
    """Signs in as allauth does."""

    def get_user(self, user_id: int) -> User | None:
        found = people.find(user_id)
        return found if found is not None and self.user_can_authenticate(found) else None
