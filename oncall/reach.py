"""By what people are reached, for pages: each contact method with its rule and its state in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import F, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Concat

from accounts.models import User
from deliveries.models import Delivery, State
from oncall import addresses, proofs
from oncall.models import ContactMethod, Drill, Via

FAILED = (State.DEAD, State.BOUNCED)


ICONS = {
    Via.SMS.value: "message-square-text", Via.VOICE.value: "phone", Via.EMAIL.value: "mail", Via.SLACK.value: "hash",
    Via.CHAT.value: "messages-square", Via.WEBPUSH.value: "bell-ring",
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """One method. `failing`: what the provider said when its newest test, drill or code, or a page, could not be
    delivered; "" while it works. A page's words stay until a test or drill is confirmed."""

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


def of(users: Iterable[User]) -> Mapping[int, Reach]:
    """Of each of these people: one statement, two where somebody waits for a code."""
    found: dict[int, Reach] = {user.pk: Reach() for user in users}
    tried = Drill.objects.filter(method=OuterRef("pk"), delivery__isnull=False).order_by("-pk")
    said = tried.annotate(
        said=Concat("delivery__state", Value(" "), "delivery__answer", output_field=TextField())
    ).values("said")
    rows = list(
        ContactMethod.objects.filter(user__in=found)
        .select_related("channel")
        .annotate(newest=Subquery(said[:1]))
        .order_by(F("urgent_after").asc(nulls_last=True), F("calm_after").asc(nulls_last=True), "pk")
    )
    keys = {proofs.code_key(row): row.pk for row in rows if row.verified_at is None}
    codes = {keys[row.key]: f"{row.state} {row.answer}" for row in Delivery.objects.filter(key__in=keys)}
    for row in rows:
        state, _, answer = (row.newest or codes.get(row.pk, "")).partition(" ")
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
