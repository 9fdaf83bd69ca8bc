"""What the settings ask about sites."""

from typing import Any

from django import forms
from django.conf import settings

from accounts.models import Organisation, Team
from catalog.models import Site


class SiteForm(forms.Form):
    name = forms.CharField(max_length=120)
    url = forms.URLField(required=False, label="Address", assume_scheme="https", help_text="https://shop.example")
    fallback_team = forms.ModelChoiceField(
        queryset=Team.objects.all(), help_text="Gets the tickets that no routing rule places."
    )
    organisation = forms.ModelChoiceField(
        queryset=Organisation.objects.all(), required=False, empty_label="Nobody's", help_text="Whose it is."
    )
    is_active = forms.BooleanField(required=False, initial=True, label="Offered in forms")
    language = forms.ChoiceField(
        required=False, label="Language of letters", help_text="What its customers are written in.",
        choices=lambda: [("", f"The desk's ({settings.LETTER_LANGUAGES[settings.LETTER_LANGUAGE]})"),
                         *settings.LETTER_LANGUAGES.items()],
    )  # fmt: skip

    def __init__(self, *args: Any, site: Site | None, **kwargs: Any) -> None:
        if site:
            kwargs["initial"] = {
                "name": site.name, "url": site.url, "fallback_team": site.fallback_team_id,
                "organisation": site.organisation_id, "is_active": site.is_active,
                "language": site.language,
            }  # fmt: skip
        super().__init__(*args, **kwargs)


class ComponentForm(forms.Form):
    """One line of the site's components; an empty name is no component."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(max_length=120, required=False, label="Component")
    gone = forms.BooleanField(required=False, label="Remove")


ComponentFormSet = forms.formset_factory(ComponentForm, extra=3, max_num=200, absolute_max=210)
