"""What the settings ask about API tokens and about files of people."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from accounts.forms.people import OnePerson
from accounts.models import SCOPES, User

MOST_BYTES = 1024 * 1024


class TokenForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="What will use it: “status board”.")
    user = OnePerson(
        queryset=User.objects.desk(), label="Acts for", help_text="It sees and does no more than this person."
    )
    expires_on = forms.DateField(
        required=False,
        label="Until",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The last day it works.",
    )
    scopes = forms.MultipleChoiceField(
        choices=[(key, f"{label} ({key})") for key, label in SCOPES.items()], widget=forms.CheckboxSelectMultiple
    )

    def clean_expires_on(self) -> datetime | None:
        """The end of that day, in the reader's zone."""
        day: date | None = self.cleaned_data["expires_on"]
        if day is None:
            return None
        ends = timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
        if ends < timezone.now():
            raise ValidationError("Choose a day that is not over.")
        return ends


class ImportForm(forms.Form):
    """The file, or its text again with the second step."""

    file = forms.FileField(
        label="CSV file",
        help_text="Columns: email, name, role, teams (semicolons between), organisation. Empty cells change nothing.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )
    text = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not self.data.get("text")

    def clean_file(self) -> UploadedFile | None:
        upload: UploadedFile | None = self.cleaned_data["file"]
        if upload and (upload.size or 0) > MOST_BYTES:
            raise ValidationError("The file is larger than 1 MB: split it.")
        return upload

    def clean(self) -> dict[str, Any]:
        """`text` is the file's content from here on. It may be UTF-8 or what old spreadsheets write."""
        cleaned = super().clean() or {}
        if upload := cleaned.get("file"):
            raw = upload.read()
            try:
                cleaned["text"] = raw.decode("utf-8-sig")
            except UnicodeDecodeError:
                cleaned["text"] = raw.decode("cp1252", "replace")
        if len(cleaned.get("text", "")) > MOST_BYTES:
            self.add_error("file", "The file is larger than 1 MB: split it.")
        return cleaned
