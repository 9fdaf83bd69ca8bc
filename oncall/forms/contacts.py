"""What the page of one's contact methods asks: a new one, when it is used, its code, quiet hours."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings

from integrations.channels.chat.services import SERVICES
from integrations.models import Channel, ChannelKind
from oncall.actions.contacts import Rule
from oncall.models import ContactMethod, Pager, Via
from oncall.reach import ICONS, after_in_words

NEVER = "never"
MINUTES = (0, 1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 120)
NEEDS = {Via.SMS: ChannelKind.TWILIO, Via.VOICE: ChannelKind.TWILIO, Via.SLACK: ChannelKind.SLACK}
ADDRESS = {
    Via.SMS: ("Number", "With its country, such as +49 151 23456789."),
    Via.VOICE: ("Number", "With its country, such as +49 151 23456789. You press 4 to acknowledge."),
    Via.EMAIL: ("Mail address", "A code is sent to it, unless it is the one you sign in with."),
    Via.SLACK: ("Member ID", "In Slack: your profile, ⋮, Copy member ID. It begins with U."),
    Via.CHAT: (
        "Address",
        f"{', '.join(service.title for service in SERVICES[:-1])} or {SERVICES[-1].title}, written like "
        f"{SERVICES[0].example}. It is kept encrypted and not shown again.",
    ),
}


@dataclass(frozen=True)
class Offer:
    """A way that can be added. `accounts`: which one sends it; none where it needs none."""

    via: Via
    accounts: tuple[Channel, ...]

    @property
    def icon(self) -> str:
        return ICONS[self.via.value]


def offers() -> list[Offer]:
    """The ways that this desk can send by: one statement."""
    channels = list(Channel.objects.filter(is_active=True, kind__in=set(NEEDS.values())))
    found = []
    for via in Via:
        accounts = tuple(channel for channel in channels if channel.kind == NEEDS.get(via))
        if via.value in settings.DELIVERY_SENDERS and (accounts or via not in NEEDS):
            found.append(Offer(via, accounts))
    return found


class Minutes(forms.TypedChoiceField):
    """After how many minutes of a call; "never" gives None."""

    def __init__(self, label: str, *, initial: int | None = 0) -> None:
        minutes = sorted({*MINUTES, initial or 0})
        choices = [*((str(number), after_in_words(number).capitalize()) for number in minutes), (NEVER, "Never")]
        known = NEVER if initial is None else initial
        super().__init__(label=label, choices=choices, coerce=minutes_of, initial=known)


def minutes_of(value: str) -> int | None:
    return None if value == NEVER else int(value)


class RuleForm(forms.Form):
    """When a method is used."""

    def __init__(self, data: Any = None, *, method: ContactMethod | None = None, prefix: str = "") -> None:
        super().__init__(data, prefix=prefix or (f"m{method.pk}" if method else None))
        self.fields["urgent_after"] = Minutes("For P1 and P2", initial=method.urgent_after if method else 0)
        self.fields["calm_after"] = Minutes("For P3 and P4", initial=method.calm_after if method else 0)

    def rule(self) -> Rule:
        return Rule(self.cleaned_data["urgent_after"], self.cleaned_data["calm_after"])


class AddForm(RuleForm):
    """One more way to be reached."""

    def __init__(self, data: Any = None, *, offer: Offer) -> None:
        super().__init__(data, prefix=offer.via.value)
        self.offer = offer
        label, words = ADDRESS[offer.via]
        rules = dict(self.fields)
        self.fields.clear()
        self.fields["address"] = forms.CharField(label=label, help_text=words, max_length=1000)
        if len(offer.accounts) > 1:
            rows = Channel.objects.filter(pk__in=[channel.pk for channel in offer.accounts])
            self.fields["channel"] = forms.ModelChoiceField(rows, label="Sent by", empty_label=None)
        self.fields |= rules

    def asked(self) -> dict[str, Any]:
        """What `contacts.add` is given, once it is valid."""
        given, accounts = self.cleaned_data, self.offer.accounts
        return {
            "via": self.offer.via.value, "address": given["address"], "rule": self.rule(),
            "channel": given.get("channel") or (accounts[0] if accounts else None),
        }  # fmt: skip


class PushForm(forms.Form):
    """What static/js/push.js fills in: this browser."""

    subscription = forms.CharField(max_length=4000)
    name = forms.CharField(required=False, max_length=60)


class CodeForm(forms.Form):
    """The code that came."""

    code = forms.CharField(
        label="Code", max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "size": 8}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, method: ContactMethod) -> None:
        super().__init__(data, prefix=f"c{method.pk}")


class QuietForm(forms.Form):
    """From when to when nobody calls about P3 and P4."""

    quiet_from = forms.TimeField(
        label="From", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    quiet_to = forms.TimeField(
        label="To", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def __init__(self, data: Any = None, *, pager: Pager | None) -> None:
        known = {name: getattr(pager, name) for name in ("quiet_from", "quiet_to")} if pager else {}
        super().__init__(data, initial=known)
