"""Standing in for one another: overrides, and swaps that the other person agrees to."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.formats import date_format

from accounts.audit import audit
from accounts.errors import Refused
from accounts.models import User
from notifications import account_mail
from oncall import reading
from oncall import rota as pure
from oncall.actions.setup import touched
from oncall.models import Override, Rota, Swap, SwapState
from oncall.rota import Span

LONGEST = timedelta(days=366)


@transaction.atomic
def take_over(
    *, rota: Rota, user: User, begins_at: datetime, ends_at: datetime, reason: str = "", at: datetime, actor: User
) -> Override:
    """`user` is on call from `begins_at` to `ends_at`, whoever would be. Managers put anybody on call, everybody else
    themselves. Raises Refused."""
    if user != actor and not actor.is_manager:
        raise Refused("Only managers put somebody else on call. Ask for a swap instead.", field="user")
    if not user.is_desk:
        raise Refused(f"{user} is deactivated, or does not work here.", field="user")
    if ends_at <= begins_at:
        raise Refused("It ends before it begins.", field="ends_at")
    if ends_at <= at:
        raise Refused("It is over already.", field="ends_at")
    if ends_at - begins_at > LONGEST:
        raise Refused("Give 366 days at most; a longer change belongs in the layers.", field="ends_at")
    touched(rota, at)
    row = Override.objects.create(
        rota=rota, user=user, begins_at=begins_at, ends_at=ends_at, reason=reason, made_by=actor, made_at=at
    )
    audit("override made", at=at, actor=actor, object=row, begins=begins_at.isoformat(), ends=ends_at.isoformat())
    return row


def may_end(override: Override, actor: User) -> bool:
    """Whoever is on call by it, or made it, and managers."""
    return actor.is_manager or actor.pk in (override.user_id, override.made_by_id)


@transaction.atomic
def end_override(*, override: Override, at: datetime, actor: User) -> None:
    """It is gone; one that has begun ends now, since what was stays. Raises Refused."""
    touched(override.rota, at)
    row = Override.objects.select_for_update(of=("self",)).filter(pk=override.pk).first()
    if row is None or row.ends_at <= at:
        raise Refused("It is over already.")
    if not may_end(row, actor):
        raise Refused("Only those who are on call by it, or made it, and managers end an override.")
    audit("override ended", at=at, actor=actor, object=row, begins=row.begins_at.isoformat())
    if row.begins_at < at:
        row.ends_at = at
        row.save(update_fields=["ends_at"])
    else:
        row.delete()


@transaction.atomic
def ask_swap(
    *, rota: Rota, other: User, mine: Span, theirs: Span | None = None, reason: str = "", at: datetime, actor: User
) -> Swap:
    """`actor` asks `other` to take `mine`, in return for `theirs` or for nothing. Raises Refused."""
    if other == actor:
        raise Refused("Choose somebody else.", field="theirs")
    if not other.is_desk:
        raise Refused(f"{other} is deactivated, or does not work here.", field="theirs")
    touched(rota, at)
    holds(rota, actor, mine, at, field="mine")
    if theirs:
        holds(rota, other, theirs, at, field="theirs")
    if Swap.objects.filter(
        rota=rota, asker=actor, state=SwapState.ASKED, begins_at__lt=mine.end, ends_at__gt=mine.begin, other=other
    ).exists():
        raise Refused(f"You have asked {other} for that already.", field="mine")
    row = Swap.objects.create(
        rota=rota, asker=actor, other=other, begins_at=mine.begin, ends_at=mine.end, reason=reason, asked_at=at,
        back_begins_at=theirs and theirs.begin, back_ends_at=theirs and theirs.end,
    )  # fmt: skip
    words = spoken(row)
    tell(other, f"{actor} asks you to swap: {rota}", f"{words}\n\nNothing changes before you agree:", row)
    audit("swap asked", at=at, actor=actor, object=row, begins=mine.begin.isoformat(), ends=mine.end.isoformat())
    return row


@transaction.atomic
def agree(*, swap: Swap, at: datetime, actor: User) -> Swap:
    """The other person agrees: both are on call as asked, if both still had those shifts. Raises Refused."""
    row = waiting(swap, at)
    if actor.pk != row.other_id:
        raise Refused(f"Only {row.other} agrees to it.")
    parts = [(row.asker, row.other, Span(row.begins_at, row.ends_at))]
    if row.back_begins_at and row.back_ends_at:
        parts.append((row.other, row.asker, Span(row.back_begins_at, row.back_ends_at)))
    if not row.asker.is_desk:
        raise Refused(f"{row.asker} no longer works here.")
    for has, _, span in parts:
        holds(row.rota, has, span, at)
    for has, gets, span in parts:
        Override.objects.create(
            rota=row.rota, user=gets, begins_at=max(span.begin, at), ends_at=span.end, reason=f"Swap with {has}",
            made_by=actor, made_at=at,
        )  # fmt: skip
    return decided(row, SwapState.APPROVED, at, actor)


@transaction.atomic
def decline(*, swap: Swap, at: datetime, actor: User) -> Swap:
    """The other person does not want to. Raises Refused."""
    row = waiting(swap, at)
    if actor.pk != row.other_id:
        raise Refused(f"Only {row.other} declines it.")
    return decided(row, SwapState.DECLINED, at, actor)


@transaction.atomic
def withdraw(*, swap: Swap, at: datetime, actor: User) -> Swap:
    """Who asked no longer does. Raises Refused."""
    row = waiting(swap, at)
    if actor.pk != row.asker_id:
        raise Refused(f"Only {row.asker} withdraws it.")
    return decided(row, SwapState.WITHDRAWN, at, actor)


def waiting(swap: Swap, at: datetime) -> Swap:
    """The swap with its rota locked, while it still can be answered. Raises Refused."""
    touched(swap.rota, at)
    row = Swap.objects.select_for_update(of=("self",)).select_related("rota", "asker", "other").get(pk=swap.pk)
    if row.state != SwapState.ASKED:
        raise Refused(f"It is {row.get_state_display().lower()} already.")
    if row.ends_at <= at:
        raise Refused("That shift is over.")
    return row


def decided(row: Swap, state: SwapState, at: datetime, actor: User) -> Swap:
    row.state, row.decided_at = state, at
    row.save(update_fields=["state", "decided_at"])
    if state is not SwapState.WITHDRAWN:
        said = f"{row.other} {'agrees' if state is SwapState.APPROVED else 'declines'}"
        tell(row.asker, f"{said}: {row.rota}", f"{said}.\n\n{spoken(row)}", row)
    audit(f"swap {state.value}", at=at, actor=actor, object=row, begins=row.begins_at.isoformat())
    return row


def holds(rota: Rota, person: User, span: Span, at: datetime, *, field: str | None = None) -> None:
    """That person is on call for all that is left of it. Raises Refused."""
    begin = max(span.begin, at)
    if span.end <= begin:
        raise Refused("That shift is over.", field=field)
    found = reading.load(Rota.objects.filter(pk=rota.pk), since=begin)[0]
    if pure.shifts(found.rota, begin, span.end) != [pure.Shift(begin, span.end, person.pk)]:
        when = date_format(span.begin.astimezone(found.rota.zone), "D j M, H:i")
        raise Refused(f"{person} is not on call all the time from {when} on: the rota has changed.", field=field)


def spoken(swap: Swap) -> str:
    """What is asked, by the rota's clock."""
    taken = f"{swap.asker} asks {swap.other} to take {during(swap.rota, swap.begins_at, swap.ends_at)}"
    if swap.back_begins_at and swap.back_ends_at:
        taken += f", in exchange for {during(swap.rota, swap.back_begins_at, swap.back_ends_at)}"
    return f"{taken} ({swap.rota}, times of {swap.rota.zone})." + (f"\n“{swap.reason}”" if swap.reason else "")


def during(rota: Rota, begin: datetime, end: datetime) -> str:
    ends = (date_format(moment.astimezone(rota.tz), "D j M, H:i") for moment in (begin, end))
    return " – ".join(ends)


def tell(user: User, subject: str, text: str, swap: Swap) -> None:
    """A mail about a swap, with the page where it is answered."""
    address = f"{settings.BASE_URL}/oncall/{swap.rota_id}/"
    account_mail.send(address=user.email, user=user, subject=subject, text=f"{text}\n\n{address}")
