"""By what people are reached, for pages: each contact method with its rule and its state in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import CharField, F, OuterRef, Subquery, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Concat

from accounts.models import User
from deliveries.models import Delivery, State
from oncall import addresses
from oncall.models import ContactMethod, Via

LOOKS_BACK = timedelta(days=30)
FAILED = (State.DEAD, State.BOUNCED)


ICONS = {
    Via.SMS.value: "message-square-text", Via.VOICE.value: "phone", Via.EMAIL.value: "mail", Via.SLACK.value: "hash",
    Via.CHAT.value: "messages-square", Via.WEBPUSH.value: "bell-ring",
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """One method. `failing`: what the provider said when its newest message could not be delivered; "" when it was."""

    row: ContactMethod
    failing: str

    @property
    def label(self) -> str:
        """For its owner."""
        return str(self.row)

    @property
    def masked(self) -> str:
        """For others."""
        return masked_label(self.row)

    @property
    def failing_masked(self) -> str:
        """The same for others: providers repeat the address."""
        address = self.row.address
        return self.failing.replace(address, addresses.masked(self.row.via, address)) if address else self.failing

    @property
    def icon(self) -> str:
        return ICONS[self.row.via]

    @property
    def is_verified(self) -> bool:
        return self.row.verified_at is not None

    @property
    def is_off(self) -> bool:
        """The account that would send it is switched off."""
        return self.row.channel is not None and not self.row.channel.is_active

    @property
    def rule(self) -> str:
        return rule_in_words(self.row.urgent_after, self.row.calm_after)


@dataclass(frozen=True)
class Reach:
    """What one person set up, in the order in which it is used."""

    methods: list[Known] = field(default_factory=list)

    @property
    def is_mail_only(self) -> bool:
        """Nothing verified but mail."""
        return not any(one.is_verified and not one.is_off and one.row.via != Via.EMAIL for one in self.methods)

    @property
    def failing(self) -> list[Known]:
        return [one for one in self.methods if one.is_verified and one.failing]


def of(users: Iterable[User], *, now: datetime) -> Mapping[int, Reach]:
    """Of each of these people: one statement."""
    found: dict[int, Reach] = {user.pk: Reach() for user in users}
    newest = (
        Delivery.objects.filter(user=OuterRef("user"), automatic=True, created_at__gt=now - LOOKS_BACK)
        .annotate(of_method=KeyTextTransform("method", "data"))
        .filter(of_method=Cast(OuterRef("pk"), CharField()))
        .order_by("-created_at")
        .annotate(said=Concat("state", Value(" "), "answer", output_field=TextField()))
    )
    rows = ContactMethod.objects.filter(user__in=found).select_related("channel")
    for row in rows.annotate(newest=Subquery(newest.values("said")[:1])).order_by(
        F("urgent_after").asc(nulls_last=True), F("calm_after").asc(nulls_last=True), "pk"
    ):
        state, _, answer = (row.newest or "").partition(" ")
        failing = (answer or "It could not be delivered.") if state in FAILED else row.trouble
        found[row.user_id].methods.append(Known(row, failing))
    return found


def masked_label(method: ContactMethod) -> str:
    """What somebody other than its owner reads."""
    return f"{method.get_via_display()} {addresses.masked(method.via, method.address)}"


def rule_in_words(urgent_after: int | None, calm_after: int | None) -> str:
    """ "at once for P1 and P2, never for P3 and P4"; "after 3 minutes" when it is the same for all."""
    if urgent_after == calm_after:
        return after_in_words(urgent_after)
    return f"{after_in_words(urgent_after)} for P1 and P2, {after_in_words(calm_after)} for P3 and P4"


def after_in_words(minutes: int | None) -> str:
    if minutes is None:
        return "never"
    if minutes == 0:
        return "at once"
    return f"after {minutes} {'minute' if minutes == 1 else 'minutes'}"
