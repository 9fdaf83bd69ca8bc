"""Whose session it is: asked first by every page, through statements that were compiled once."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import User

pytestmark = pytest.mark.django_db
SIGNED_OUT = 302


def test_it_knows_who_is_signed_in(cast: SimpleNamespace, as_user: Callable[[User], Client]) -> None:
    for person in (cast.agent, cast.admin):
        assert as_user(person).get("/queue/all").wsgi_request.user == person


def test_it_forgets_a_session_that_has_run_out(cast: SimpleNamespace, as_user: Callable[[User], Client]) -> None:
    client = as_user(cast.agent)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert client.get("/queue/all").status_code == SIGNED_OUT


def test_it_shuts_out_who_is_no_longer_active(cast: SimpleNamespace, as_user: Callable[[User], Client]) -> None:
    client = as_user(cast.agent)
    User.objects.filter(pk=cast.agent.pk).update(is_active=False)
    assert client.get("/queue/all").status_code == SIGNED_OUT


@pytest.mark.parametrize("key", ["a" * 32, "x", "", "'; --", "é\x00", "a" * 5000])
def test_it_never_takes_over_a_key_it_did_not_give(client: Client, key: str) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    assert client.get("/queue/all").status_code == SIGNED_OUT
    assert key not in Session.objects.values_list("session_key", flat=True)
