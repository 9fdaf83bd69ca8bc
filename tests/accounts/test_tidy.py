"""Clearing away."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from accounts import tidy
from accounts.models import IdempotentRequest, Invitation
from accounts.tasks import tidy_up
from tests.make import T0, later

pytestmark = pytest.mark.django_db


def test_it_clears_what_ended_and_keeps_the_rest(monkeypatch):
    monkeypatch.setattr(tidy, "BATCH", 2)
    for number in range(5):
        Session.objects.create(session_key=f"old{number}", session_data="", expire_date=later(hours=-1))
        IdempotentRequest.objects.create(owner="a", key=f"old{number}", created_at=later(days=-8))
    Session.objects.create(session_key="new", session_data="", expire_date=later(hours=1))
    IdempotentRequest.objects.create(owner="a", key="new", created_at=later(days=-6))
    for days in (-31, -1):
        Invitation.objects.create(
            email="x@people.example", digest=str(days), created_at=T0, expires_at=T0 + timedelta(days=days)
        )
    assert tidy.tidy(T0) == 11
    assert [s.session_key for s in Session.objects.all()] == ["new"]
    assert [r.key for r in IdempotentRequest.objects.all()] == ["new"]
    assert Invitation.objects.count() == 1


def test_the_task_has_the_name_in_the_schedule():
    assert tidy_up.name == "accounts.tidy" and tidy_up() == 0
