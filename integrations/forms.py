"""What people fill in: the public request form, and a source's settings."""

from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat

from accounts.models import User
from catalog.models import Component, Site
from files.fields import FilesField
from integrations.models import Source
from integrations.models.source import MAIL
from integrations.proof import networks_of
from integrations.sources.generic.read import problems
from tickets.models import Form, Level, TicketKind

MAX_BODY = 100_000
KINDS = [
    (TicketKind.INCIDENT.value, "Something does not work"),
    (TicketKind.REQUEST.value, "I need something, or have a question"),
]
IMPACTS = [
    ("", "I cannot say"),
    (Level.HIGH.value, "Everybody, or the whole site"),
    (Level.MEDIUM.value, "Several people"),
    (Level.LOW.value, "Only me"),
]
URGENCIES = [
    ("", "I cannot say"),
    (Level.HIGH.value, "Nothing can go on without it"),
    (Level.MEDIUM.value, "It goes on, but badly"),
    (Level.LOW.value, "It can wait"),
]


def components_by_site() -> list[Any]:
    """The choices of a component, grouped by site, so that they can be told apart without a script."""
    by_site: dict[str, list[tuple[int, str]]] = {}
    parts = Component.objects.filter(site__is_active=True).select_related("site")
    for part in parts.order_by("site__name", "name"):
        by_site.setdefault(part.site.name, []).append((part.pk, part.name))
    return [("", "I do not know"), *by_site.items()]


class RequestForm(forms.Form):
    """The public form. `website` is bait for machines: people never see it."""

    subject = forms.CharField(max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = forms.CharField(
        label="What happened?",
        max_length=MAX_BODY,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text="What you did, what you expected, what you saw instead. Never write a password here.",
    )
    kind = forms.ChoiceField(label="What is it about?", choices=KINDS, widget=forms.RadioSelect)
    site = forms.ModelChoiceField(
        Site.objects.filter(is_active=True).select_related("fallback_team"),
        label="Which site?",
        empty_label="Choose one",
    )
    component = forms.ModelChoiceField(
        Component.objects.select_related("site"), label="Which part of it?", required=False
    )
    impact = forms.ChoiceField(label="Who is affected?", choices=IMPACTS, required=False)
    urgency = forms.ChoiceField(label="How urgent is it?", choices=URGENCIES, required=False)
    name = forms.CharField(
        label="Your name", max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label="Your e-mail address", max_length=254, help_text="We answer here.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    files = FilesField(label="Attachments")  # type: ignore[assignment]  # Django takes it off the class
    website = forms.CharField(required=False, max_length=1000)
    submission = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User | None, preset: Form | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.preset = preset
        size = filesizeformat(settings.FILE_MAX_BYTES)
        self.fields["files"].help_text = f"Up to {settings.FILES_PER_MESSAGE} files of at most {size} each."
        if user is not None:
            del self.fields["name"], self.fields["email"]
        if (preset is not None and preset.site is not None) or not Site.objects.filter(is_active=True).exists():
            del self.fields["site"]
        if preset is not None and not preset.asks_impact:
            del self.fields["impact"], self.fields["urgency"]
        self.initial.setdefault("kind", preset.kind if preset else TicketKind.INCIDENT)
        component = self.fields["component"]
        assert isinstance(component, forms.ModelChoiceField)
        component.choices = components_by_site()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        site = self.preset.site if self.preset and self.preset.site else data.get("site")
        component = data.get("component")
        if component is not None and site is not None and component.site_id != site.pk:
            self.add_error("component", f"{component} is not a part of {site}.")
        return data | {"site": site}


class SourceForm(forms.ModelForm):
    """A monitoring source, but for its address."""

    secret = forms.CharField(
        label="Secret", required=False, max_length=500,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text="Bodies must prove it: Sentry and Grafana by their signature, others in the header X-Webhook-Secret.",
    )  # fmt: skip
    no_secret = forms.BooleanField(label="Ask for no secret any more", required=False)

    class Meta:
        model = Source
        fields = ["name", "kind", "site", "component", "team", "severity", "quiet_minutes", "networks", "mapping"]
        labels = {
            "kind": "What sends",
            "team": "Team",
            "severity": "Severity",
            "quiet_minutes": "Quiet minutes",
            "mapping": "Field mapping",
        }
        help_texts = {
            "name": "How people call it: “Prometheus of the shop”.",
            "site": "Unless an alert's label “site” names another.",
            "mapping": "JMESPath expressions by field, as JSON. Only for generic JSON; {} finds fields by name.",
        }
        widgets = {
            "mapping": forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
            "networks": forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        component = self.fields["component"]
        assert isinstance(component, forms.ModelChoiceField)
        component.choices = [("", "None"), *components_by_site()[1:]]
        if self.instance.pk and self.instance.kind == MAIL:
            del self.fields["mapping"]  # that has a page of its own
        if self.instance.secret:
            self.fields["secret"].help_text = "One is kept. Leave this empty to keep it."
        else:
            del self.fields["no_secret"]

    def clean_networks(self) -> str:
        try:
            return "\n".join(str(network) for network in networks_of(self.cleaned_data["networks"]))
        except ValueError as error:
            raise forms.ValidationError(f"{str(error)[:200]}. Write 192.0.2.7 or 192.0.2.0/24.") from error

    def new_secret(self) -> str | None:
        """What is to be sealed; "" forgets it, None keeps what is there."""
        return "" if self.cleaned_data.get("no_secret") else self.cleaned_data["secret"] or None

    def clean_mapping(self) -> dict[str, Any]:
        mapping = self.cleaned_data["mapping"] or {}
        for field, message in problems(mapping):
            self.add_error("mapping", f"{field}: {message}")
        return mapping

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        site, component = data.get("site"), data.get("component")
        if component and site and component.site_id != site.pk:
            self.add_error("component", f"{component} is not a part of {site}.")
        elif component and not site:
            data["site"] = component.site
        return data
