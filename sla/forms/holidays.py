"""Public holidays of a country, and calendar files: what may be added to a calendar."""

from typing import Any

import holidays
from django import forms

from lib.ics import MAX_BYTES

# code -> name, from the library's own table: {"united_kingdom": ("UnitedKingdom", "GB", …)}
COUNTRIES = {classes[1]: module.replace("_", " ").title() for module, classes in holidays.registry.COUNTRIES.items()}


def countries() -> list[tuple[str, str]]:
    """(code, name) of the countries whose holidays are known, by name."""
    return sorted(COUNTRIES.items(), key=lambda pair: pair[1])


class HolidaysForm(forms.Form):
    """A country, a region where regions differ, and a year."""

    country = forms.ChoiceField(choices=countries)
    region = forms.CharField(max_length=10, required=False, help_text="Its code, where regions differ: BY, SCT, CA")
    year = forms.IntegerField(min_value=2000, max_value=2100)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        region, country = given.get("region", "").strip(), given.get("country")
        known = holidays.list_supported_countries().get(country or "", [])
        if country and region and region not in known:
            self.add_error("region", f"Not a region of that country. Known: {', '.join(known[:40]) or 'none'}.")
        return given

    def found(self) -> dict[str, str]:
        """date -> name."""
        given = self.cleaned_data
        days = holidays.country_holidays(
            given["country"], subdiv=given["region"].strip() or None, years=given["year"], language="en_US"
        )
        return {day.isoformat(): name[:100] for day, name in sorted(days.items())}


class FileForm(forms.Form):
    """A calendar file."""

    file = forms.FileField(
        label="Calendar file",
        help_text=f"As other programs export it (.ics), {MAX_BYTES // 1024} KB at most. Nothing is saved unasked.",
        widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"}),
    )

    def clean_file(self) -> bytes:
        """Its bytes; a file that is too large is not read at all."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(f"The file is larger than {MAX_BYTES // 1024} KB.")
        return bytes(file.read())
