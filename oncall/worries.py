"""What a manager should know of a rota before the night does."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.utils.formats import date_format

from accounts.models import User
from lib.templatetags.ui import human_seconds
from oncall.models import Layer
from oncall.reach import Reach
from oncall.reading import Loaded
from oncall.weeks import WEEKS, View


def worries(
    loaded: Loaded,
    layers: Iterable[tuple[Layer, list[User]]],
    shown: View,
    now: datetime,
    *,
    reached: Mapping[int, Reach],
) -> list[str]:
    """Sentences; none when all is well. `reached`: by what people are reached, by their keys."""
    found = list(loaded.broken)
    layers = list(layers)
    today = now.astimezone(loaded.rota.zone).date()
    if not layers:
        found.append("It has no layer, so nobody is on call.")
    for layer, users in layers:
        if not users:
            found.append(f"Nobody takes a turn in the layer “{layer}”.")
        if layer.last_day and layer.last_day < today:
            found.append(f"The layer “{layer}” ended on {date_format(layer.last_day, 'j M Y')}.")
    if layers and shown.gaps:
        first = date_format(shown.gaps[0].begin.astimezone(loaded.rota.zone), "D j M, H:i")
        found.append(
            f"Nobody is on call for {human_seconds(shown.missing)} of the next {WEEKS} weeks, first from {first} on."
        )
    people = {user.pk: user for _, users in layers for user in users}
    return found + [said for user in people.values() for said in about(user, reached.get(user.pk, Reach()))]


def about(user: User, reach: Reach) -> list[str]:
    """What keeps somebody from being on call, or from being reached."""
    if not user.is_desk:
        return [f"{user} is deactivated, or does not work here: their turns are gaps."]
    found = []
    if not user.phone.strip():
        found.append(f"{user} has no phone number.")
    if user.undeliverable_at:
        found.append(f"Mail to {user} comes back.")
    if reach.is_mail_only:
        found.append(f"{user} has no verified contact method besides mail.")
    return found + [f"{one.masked} of {user} failed last: {one.failing_masked}" for one in reach.failing]
