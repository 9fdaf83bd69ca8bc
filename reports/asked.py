"""What the compliance page is asked for: a period, how a clock belongs to it, what the table is told apart by, and
which clocks only. Everything is an allow-list; a date that cannot be is said at its field, and the default is shown."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from reports.measures import PERIODS
from sla.compliance import GROUPS, Basis
from sla.models import Obligation
from tickets.models import Severity

LONGEST = 2 * 366  # days: what a manager compares, and what is counted in well under a second
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
BY = {"severity": "Severity", "team": "Team", "site": "Site", "organisation": "Organisation"}
BASES = {
    Basis.DECIDED: "Decided in the period",
    Basis.RESOLVED: "Of tickets resolved in it",
    Basis.OPENED: "Of tickets opened in it",
}
KEYS = ("severity", "team", "site", "organisation")  # what only some clocks can be asked for by


class AskForm(forms.Form):
    """The period by its dates, and the switches."""

    start = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))
    by = forms.ChoiceField(required=False, label="Told apart by", choices=list(BY.items()))
    basis = forms.ChoiceField(required=False, label="Counts", choices=list(BASES.items()))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for name in ("start", "end"):
            day = given.get(name)
            if day and not EARLIEST <= day < LATEST:
                self.add_error(name, "Choose a date of this century.")
        start, end = given.get("start"), given.get("end")
        if start and end and end < start:
            self.add_error("end", "The last day comes before the first.")
        elif start and end and (end - start).days >= LONGEST:
            self.add_error("end", f"Ask for {LONGEST} days at most.")
        return given


@dataclass(frozen=True)
class Asked:
    """As it was understood. `start` and `end` are dates of the reader's zone, both included; `days` is set when the
    period is the last so many days up to now instead."""

    days: int | None
    start: date
    end: date
    now: datetime
    by: str = "severity"
    basis: Basis = Basis.DECIDED
    obligation: str = ""
    only: dict[str, int] = field(default_factory=dict)

    @property
    def window(self) -> tuple[datetime, datetime]:
        """[begin, end) as instants."""
        if self.days:
            return self.now - timedelta(days=self.days), self.now
        zone = timezone.get_current_timezone()
        return (
            datetime.combine(self.start, time(), zone),
            datetime.combine(self.end + timedelta(days=1), time(), zone),
        )

    @property
    def about(self) -> Q:
        """Of clocks: those asked for only."""
        wanted = {GROUPS[key]: value for key, value in self.only.items()}
        return Q(**wanted, **({"obligation": self.obligation} if self.obligation else {}))

    @property
    def text(self) -> str:
        if self.days:
            return f"last {self.days} days"
        return f"{self.start:%Y-%m-%d} to {self.end:%Y-%m-%d}"

    def link(self, **changes: Any) -> str:
        """The query string of the same page but for `changes`; None takes a part away."""
        whole = {"days": self.days} if self.days else {"start": self.start.isoformat(), "end": self.end.isoformat()}
        values = {**whole, "by": self.by, "basis": self.basis.value, "obligation": self.obligation, **self.only}
        if "days" in changes:
            values = {key: value for key, value in values.items() if key not in ("start", "end")}
        if "start" in changes:
            values.pop("days", None)
        return urlencode({key: value for key, value in {**values, **changes}.items() if value not in (None, "")})


def read(query: QueryDict, now: datetime) -> tuple[AskForm, Asked]:
    """The form as it is shown, and what was understood: the last 30 days by severity unless told otherwise."""
    today = timezone.localtime(now).date()
    form = AskForm(query)
    form.is_valid()
    given = form.cleaned_data
    dated = None if form.errors.get("start") or form.errors.get("end") else dates(given, today)
    days = number(query.get("days")) or 30
    days = days if days in PERIODS else 30
    start, end = dated or (timezone.localtime(now - timedelta(days=days)).date(), today)
    obligation = query.get("obligation", "")
    only = {key: value for key in KEYS if (value := number(query.get(key)))}
    if only.get("severity", 1) not in Severity.values:
        only.pop("severity")
    return form, Asked(
        days=None if dated else days,
        start=start,
        end=end,
        now=now,
        by=given.get("by") or "severity",
        basis=Basis(given.get("basis") or Basis.DECIDED),
        obligation=obligation if obligation in Obligation.values else "",
        only=only,
    )


def dates(given: dict[str, Any], today: date) -> tuple[date, date] | None:
    """The first day and the last, both included: up to today when only the first is given, a month up to the last when
    only that is; None without either."""
    start: date | None = given.get("start")
    end: date | None = given.get("end")
    if start is None:
        return None if end is None else (end - timedelta(days=29), end)
    return start, end or min(start + timedelta(days=LONGEST - 1), max(start, today))


def number(text: str | None) -> int | None:
    """A key as addresses write it; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
