"""What the settings ask about a letter."""

from typing import Any

from django import forms

from notifications.actions import check
from notifications.languages import LetterKind
from notifications.templating import LONGEST
from tickets.errors import Refused


class LetterForm(forms.Form):
    """`ticket`: shown in the preview only."""

    subject = forms.CharField(max_length=250, help_text="The number is put before it unless it is in it.")
    body = forms.CharField(
        label="Letter", max_length=LONGEST, strip=False, widget=forms.Textarea(attrs={"rows": 18, "class": "code"}),
        help_text="Markdown. A paragraph in which a variable is empty is left out. A link alone is a button.",
    )  # fmt: skip
    ticket = forms.IntegerField(
        required=False, min_value=1, label="Preview with ticket", help_text="Its number; empty: made-up words."
    )

    def __init__(self, *args: Any, letter: LetterKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.letter = letter

    def clean(self) -> dict[str, Any]:
        """Templates that cannot be used are said at their field, before anything is saved or shown."""
        found: dict[str, Any] = super().clean() or {}
        if "subject" in found and "body" in found:
            found["body"] = found["body"].replace("\r\n", "\n")
            try:
                check(kind=self.letter, subject=found["subject"], body=found["body"])
            except Refused as refused:
                self.add_error(refused.field, refused.message)
        return found
