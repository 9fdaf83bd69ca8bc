"""Silences that change, and those that come again: a row that repeats makes the next row when it begins."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.audit import audit
from accounts.models import User
from integrations.episodes.recurrence import following, rule_of
from integrations.episodes.silences import check
from integrations.models import Alert, Silence
from lib.sweeps import each_alone
from tickets.errors import Refused
from tickets.models import teams_hidden_from

BATCH = 100
WHAT = ("kind", "reason", "source", "site", "component", "name", "labels")  # that every row of a series shares


def may_change(silence: Silence, user: User) -> bool:
    """Its maker and managers may."""
    return user.is_manager or (silence.created_by_id == user.pk and user.is_desk)


@transaction.atomic
def change(*, silence: Silence, to: Silence, at: datetime, actor: User) -> Silence:
    """Make it what `to` says, from now on; what it holds back is looked at anew. Raises Refused.

    Where somebody else sees less than its maker did, it counts as theirs from now on: nobody holds back what they may
    not see.
    """
    locked = Silence.objects.select_for_update(of=("self",)).select_related("created_by").get(pk=silence.pk)
    if not may_change(locked, actor):
        raise Refused("Only who made it, or a manager, changes it.")
    if locked.ends_at <= max(at, locked.starts_at):
        raise Refused("It is over: make a new one.")
    check(to, at)
    names = [*WHAT, "starts_at", "ends_at"]
    if locked.repeats is None or locked.recurs_at is not None:  # of a series only its newest row says how it goes on
        names += ["repeats", "recurs_at"]
        to.recurs_at = to.starts_at if to.repeats else None
    before = {name: str(getattr(locked, name)) for name in names}
    for name in names:
        setattr(locked, name, getattr(to, name))
    if locked.created_by != actor and sees_less(actor, locked.created_by):
        locked.created_by = actor
    locked.save()
    Alert.objects.filter(silence=locked, acts_at__isnull=False).update(acts_at=at)
    after = {name: str(getattr(locked, name)) for name in names}
    changed = {name: [before[name], after[name]] for name in names if before[name] != after[name]}
    audit("silence changed", at=at, actor=actor, object=locked, changed=changed)
    return locked


def sees_less(user: User, other: User | None) -> bool:
    """Whether teams are hidden from this person that the other one sees."""
    hidden = teams_hidden_from(user)
    return hidden.difference(teams_hidden_from(other)).exists() if other else False


def stop_repeating(*, silence: Silence, at: datetime, actor: User) -> bool:
    """This one is the last of its series. Answers whether it was not before."""
    with transaction.atomic():
        if not Silence.objects.filter(pk=silence.pk, recurs_at__isnull=False).update(recurs_at=None, repeats=None):
            return False
        audit("silence repeats no more", at=at, actor=actor, object=silence)
    return True


def recur_due(now: datetime) -> int:
    """Make the next of each series whose last one has begun; answers how many. One that fails is logged and tried
    again."""

    def one(pk: int) -> bool:
        rows = Silence.objects.select_for_update(skip_locked=True, of=("self",))
        row = rows.filter(pk=pk, recurs_at__lte=now).first()
        return row is not None and next_of(row, now)

    due = Silence.objects.filter(recurs_at__lte=now).order_by("recurs_at").values_list("pk", flat=True)
    return each_alone(list(due[:BATCH]), one, "making the next of silence %s failed")


def next_of(row: Silence, now: datetime) -> bool:
    """Make the row that follows, from which the series goes on; False at its end."""
    window = following(rule_of(row.repeats), begun=row.starts_at, now=now) if row.repeats else None
    Silence.objects.filter(pk=row.pk).update(recurs_at=None)
    if window is None:
        return False
    shared: dict[str, Any] = {name: getattr(row, name) for name in (*WHAT, "repeats", "created_by")}
    begin, end = window
    Silence.objects.create(**shared, starts_at=begin, ends_at=end, recurs_at=begin, created_at=now)
    return True
