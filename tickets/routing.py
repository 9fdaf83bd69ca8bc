"""Where a ticket goes: `place(draft, rules)`. Pure: no database, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass, field

# What a condition may look at → the label the rule editor shows.
FIELDS = {
    "site": "Site",
    "component": "Component",
    "kind": "Kind",
    "severity": "Severity",
    "text": "Subject or text",
    "channel": "Channel",
    "organisation": "Organisation",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of a ticket before it is placed. Ids are database ids, severity is 1 to 4."""

    kind: str
    severity: int
    channel: str
    subject: str = ""
    text: str = ""
    site: int | None = None
    component: int | None = None
    organisation: int | None = None
    fallback_team: int | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """True when the field is any of the values; for `text`, when any value occurs in it, whatever the case."""

    field: str
    values: tuple[str, ...]

    def holds(self, draft: Draft) -> str | None:
        """The value that matched, or None."""
        if self.field == "text":
            text = f"{draft.subject}\n{draft.text}".casefold()
            return next((value for value in self.values if value.strip() and value.strip().casefold() in text), None)
        actual = getattr(draft, self.field, None)
        return str(actual) if actual is not None and str(actual) in self.values else None


@dataclass(frozen=True, slots=True)
class Rule:
    """An ordered rule: all conditions hold → team, tier, severity, tags (each optional)."""

    id: int
    name: str
    conditions: tuple[Condition, ...] = ()
    team: int | None = None
    tier: int | None = None
    severity: int | None = None
    tags: tuple[str, ...] = ()

    def matches(self, draft: Draft) -> list[tuple[str, str]] | None:
        """(field, value) of every condition that held, or None when one did not."""
        found: list[tuple[str, str]] = []
        for condition in self.conditions:
            value = condition.holds(draft)
            if value is None:
                return None
            found.append((condition.field, value))
        return found


@dataclass(frozen=True, slots=True)
class Placement:
    """The answer: the team, what the rule sets besides, and why."""

    team: int | None
    tier: int | None = None
    severity: int | None = None
    tags: tuple[str, ...] = ()
    rule: int | None = None
    rule_name: str = ""
    because: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_fallback(self) -> bool:
        """Nothing matched: the site's fallback team has it."""
        return self.rule is None


def place(draft: Draft, rules: Sequence[Rule]) -> Placement:
    """The first rule whose conditions all hold places the ticket; else the draft's fallback team does.

    A rule without a team sets severity and tags but leaves the fallback team.
    """
    for rule in rules:
        because = rule.matches(draft)
        if because is not None:
            return Placement(
                team=rule.team or draft.fallback_team,
                tier=rule.tier,
                severity=rule.severity,
                tags=rule.tags,
                rule=rule.id,
                rule_name=rule.name,
                because=because,
            )
    return Placement(team=draft.fallback_team)
