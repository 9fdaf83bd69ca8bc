"""The engine behind plain functions of strings and dictionaries, for running vectors kept outside this repository."""

from datetime import datetime
from typing import Any

from sla import hours
from sla.hours import Calendar
from tests.adapters.histories import evaluate_ticket, run_escalations

__all__ = ["add_business", "business_between", "evaluate_ticket", "run_escalations"]


def add_business(start_iso: str, seconds: float, calendar: dict[str, Any]) -> str | None:
    """ISO instant plus working seconds; None when the calendar has no hours."""
    due = hours.add(Calendar.from_dict(calendar), datetime.fromisoformat(start_iso), seconds)
    return None if due is None else due.isoformat()


def business_between(start_iso: str, end_iso: str, calendar: dict[str, Any]) -> float:
    """Working seconds between two ISO instants, negative when they are reversed."""
    begin, end = datetime.fromisoformat(start_iso), datetime.fromisoformat(end_iso)
    return hours.elapsed(Calendar.from_dict(calendar), begin, end).total_seconds()
