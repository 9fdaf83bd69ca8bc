"""What an admin fills in for a channel, built from its kind's description. Secrets go in and never come out."""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.http import QueryDict

from integrations import outbound
from integrations.channels.description import Description, Field, Shape
from integrations.channels.kinds import Kind
from integrations.channels_admin import kept_secrets
from integrations.models import Channel

PHONE = re.compile(r"\+[1-9]\d{6,14}")  # E.164
FORGET = "forget_"
LONGEST = 2000


class ChannelForm(forms.Form):
    """The name, and the fields of the kind."""

    name = forms.CharField(max_length=120, help_text="How people call it: “Slack of the shop team”.")

    def __init__(self, data: QueryDict | None, *, kind: Kind, channel: Channel | None = None) -> None:
        self.kind, self.channel = kind, channel
        self.kept = kept_secrets(channel)
        known = {**channel.config, "name": channel.name} if channel else {}
        super().__init__(data, initial=known)
        for field in kind.description.fields:
            self.fields[field.name] = form_field(field, kept=field.name in self.kept)
            if field.secret and not field.required and field.name in self.kept:
                label = f"Forget the one that is kept: {field.label}"
                self.fields[FORGET + field.name] = forms.BooleanField(label=label, required=False)

    @property
    def description(self) -> Description:
        return self.kind.description

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        same = Channel.objects.filter(name__iexact=name)
        if (same.exclude(pk=self.channel.pk) if self.channel else same).exists():
            raise forms.ValidationError("Another channel has this name.")
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for field in self.description.fields:
            if field.name not in self.errors and (wrong := wrong_shape(field, data.get(field.name) or "")):
                self.add_error(field.name, wrong)
        self.check_kept(data)
        if not self.errors:
            for name, words in self.description.check(self.config() | self.secrets()).items():
                self.add_error(name, words)
        return data

    def check_kept(self, data: dict[str, Any]) -> None:
        """A kept secret never goes to an address that it was not entered for."""
        places = [one.name for one in self.description.fields if one.shape == Shape.URL and not one.secret]
        before = self.channel.config if self.channel else {}
        if not any(before.get(name) != data.get(name) for name in places):
            return
        for field in self.description.fields:
            if field.secret and field.name in self.kept and not data.get(field.name) and not self.forgets(field):
                self.add_error(field.name, "The address has changed: enter it again.")

    def forgets(self, field: Field) -> bool:
        return bool(self.cleaned_data.get(FORGET + field.name))

    def config(self) -> dict[str, str]:
        """What is kept as it is."""
        return {
            one.name: self.cleaned_data.get(one.name) or "" for one in self.description.fields if not one.secret
        }  # fmt: skip

    def secrets(self) -> dict[str, str]:
        """What is to be sealed: what was typed, else what was kept; what the desk made itself stays."""
        found = {name: value for name, value in self.kept.items() if name not in self.description.secrets}
        for field in self.description.fields:
            typed = self.cleaned_data.get(field.name) if field.secret else ""
            if typed:
                found[field.name] = typed
            elif field.secret and field.name in self.kept and not self.forgets(field):
                found[field.name] = self.kept[field.name]
        return found


def form_field(field: Field, *, kept: bool) -> forms.Field:
    """A field of the page. `kept`: a secret that may stay what it is."""
    asked = field.required and not kept
    if field.secret:
        return forms.CharField(
            label=field.label, required=asked, max_length=LONGEST,
            help_text="One is kept. Leave this empty to keep it." if kept else field.help,
            widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        )  # fmt: skip
    if field.shape == Shape.CHOICE:
        return forms.ChoiceField(label=field.label, required=asked, help_text=field.help, choices=field.choices)
    attrs = {"spellcheck": "false"} | ({"rows": 4} if field.shape == Shape.LINES else {})
    widget = forms.Textarea if field.shape == Shape.LINES else forms.TextInput
    return forms.CharField(
        label=field.label, required=asked, max_length=LONGEST, help_text=field.help, widget=widget(attrs=attrs)
    )


def wrong_shape(field: Field, value: str) -> str:
    """What is wrong with a filled-in value, or ""."""
    if value and field.shape == Shape.PHONE and not PHONE.fullmatch(value):
        return "A number with its country, without blanks: +4930123456."
    return wrong_url(value) if value and field.shape == Shape.URL else ""


def wrong_url(value: str) -> str:
    """Why this is no address to post to, or ""."""
    if any(character.isspace() for character in value):
        return "An address has no blanks."
    try:
        host, _, scheme, _ = outbound.taken_apart(value)
    except outbound.Unreachable as error:
        return str(error)
    if urlsplit(value).fragment:
        return "Without what follows the #."
    return "" if scheme == "https" or is_here(host) else "Only https: what is sent must not be read on its way."


def is_here(host: str) -> bool:
    """Whether a host is written as this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
