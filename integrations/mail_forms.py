"""What people fill in about how a source reads its mail."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms

from integrations.reading import ACKNOWLEDGED, FIRING, IGNORED, RESOLVED, Unreadable
from integrations.sources.email.settings import (
    ANYWHERE,
    LONGEST_WORD,
    MAX_PATTERN,
    MAX_SENDERS,
    MAX_WORDS,
    NO_NUMBERS,
    PATTERN,
    SEVERITY_WORDS,
    START,
    SUBJECT,
    WORDS,
    Settings,
    compiled,
    words_of,
)

_SENDER = re.compile(r"(?:[^\s@,]{1,64}@|@)?[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?", re.IGNORECASE)
KEYS = {
    SUBJECT: "The subject without words for status, times and values",
    NO_NUMBERS: "… and without any number that stands alone",
    PATTERN: "What the pattern below finds",
}
PLACES = {ANYWHERE: "At the subject's beginning, else anywhere in it", START: "Only at the subject's beginning"}
STATUSES = {FIRING: "It fires", RESOLVED: "It is over", ACKNOWLEDGED: "Somebody has it", IGNORED: "Only recorded"}
GROUPS = {
    "Who may send": ["senders"],
    "What tells alerts apart": ["key", "pattern"],
    "Words for status": ["where", *STATUSES],
    "Words for severity": list(SEVERITY_WORDS),
}


class Words(forms.CharField):
    """A list with commas or lines, as words."""

    def __init__(self, **kwargs: Any) -> None:
        area = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
        super().__init__(required=False, max_length=5_000, widget=area, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        found = words_of(super().clean(value))
        if len(found) > MAX_WORDS:
            raise forms.ValidationError(f"At most {MAX_WORDS} words.")
        if long := next((word for word in found if len(word) > LONGEST_WORD), None):
            raise forms.ValidationError(f"“{long[:40]}…” is longer than {LONGEST_WORD} characters.")
        return found


class MailReadingForm(forms.Form):
    """Who may send, what tells alerts apart, and which words mean what."""

    senders = forms.CharField(
        label="Addresses and domains", required=False, max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One a line: nagios@monitor.example, or monitor.example with all below it. Empty: anybody. "
        "From can be forged: this keeps stray mail out, not forgers.",
    )  # fmt: skip
    key = forms.ChoiceField(
        label="Key", choices=list(KEYS.items()), help_text="With the sender's address, unless a pattern says it all."
    )
    pattern = forms.CharField(
        required=False, max_length=MAX_PATTERN, strip=False, widget=forms.TextInput(attrs={"spellcheck": "false"}),
        help_text="A regular expression over the subject, an empty line and the text; its groups are the key: "
        r"^Incident: (\d+). Where it finds nothing, the subject counts.",
    )  # fmt: skip
    where = forms.ChoiceField(
        label="Where the subject is searched", choices=list(PLACES.items()),
        help_text="Without a word there: a line such as “State: OK” in the text; else it fires.",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, settings: Settings) -> None:
        first = {"senders": "\n".join(settings.senders), "key": settings.key, "pattern": settings.pattern}
        lists = {**settings.words, **settings.severities}
        super().__init__(data, initial=first | {"where": settings.where} | lists)
        for name in WORDS:
            self.fields[name] = Words(label=STATUSES[name])
        for name in SEVERITY_WORDS:
            self.fields[name] = Words(label=name.capitalize())

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields as the page shows them: (title, fields)."""
        return [(title, [self[name] for name in names]) for title, names in GROUPS.items()]

    def clean_senders(self) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(self.cleaned_data["senders"].replace(",", " ").lower().split()))
        if wrong := next((one for one in found if not _SENDER.fullmatch(one)), None):
            raise forms.ValidationError(f"“{wrong[:60]}” is neither an address nor a domain.")
        if len(found) > MAX_SENDERS:
            raise forms.ValidationError(f"At most {MAX_SENDERS} of them.")
        return found

    def clean_pattern(self) -> str:
        pattern: str = self.cleaned_data["pattern"]
        if not pattern.strip():
            if self.cleaned_data.get("key") == PATTERN:
                raise forms.ValidationError("Write the pattern.")
            return ""
        try:
            compiled(pattern)
        except Unreadable as error:
            raise forms.ValidationError(error.reason) from error
        return pattern

    def settings(self) -> Settings:
        """What was filled in."""
        data = self.cleaned_data

        def lists(names: Mapping[str, list[str]]) -> dict[str, list[str]]:
            return {name: data[name] for name in names}

        return Settings(
            words=lists(WORDS), severities=lists(SEVERITY_WORDS), where=data["where"], key=data["key"],
            pattern=data["pattern"], senders=data["senders"],
        )  # fmt: skip
