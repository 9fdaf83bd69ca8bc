"""How a source reads its mail: what it keeps of a form, with the words and rules that it comes with. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import regex

from integrations.reading import ACKNOWLEDGED, FIRING, IGNORED, RESOLVED, Unreadable

NAME = "mail"  # among what a source keeps of its mapping
START, ANYWHERE = "start", "anywhere"
SUBJECT, NO_NUMBERS, PATTERN = "subject", "numbers", "pattern"
MAX_PATTERN, MAX_WORDS, MAX_SENDERS = 300, 100, 100
LONGEST_WORD = 60

_FIRING = """
problem, firing, triggered, retriggered, alert, alarm, alarming, down, critical, crit, warning, warn, error,
err, fail, fails, failed, failing, failure, fault, faulted, degraded, degradedarray, offline, unreachable,
not reachable, unavailable, not available, not responding, not running, not ok, outage, emergency, fatal, unhealthy,
unknown, does not exist, limit matched, timeout, timed out, on battery, lost, exceeded, missing"""
_RESOLVED = """recovery, recovered, recover, resolved, ok, okay, up, online, normal, healthy, cleared, clear, closed,
fixed, solved, restored, available, reachable, running, success, successful, succeeded, successfully, back up,
back online, back to normal, no longer, has returned, limit succeeded, repaired, rebuildfinished"""
_ACKNOWLEDGED = "acknowledged, acknowledgement, acknowledgment, ack, acked"
_IGNORED = """updated problem, flappingstart, flappingstop, flappingdisabled, downtimestart, downtimeend,
downtimecancelled, muted, snoozed"""
_SEVERITIES = {
    "critical": "critical, crit, fatal, emergency, disaster, panic, blocker, p1, sev1",
    "error": "error, err, major, severe, failed, failure, fault, p2, sev2",
    "warning": "warning, warn, minor, degraded, p3, sev3",
    "info": "info, informational, information, notice, p4, sev4",
}


def words_of(text: str) -> list[str]:
    """A list as people write it: separated by commas or lines; each in small letters, once."""
    found = (" ".join(word.lower().split()) for line in text.splitlines() for word in line.split(","))
    return [word for word in dict.fromkeys(found) if word]


WORDS: dict[str, list[str]] = {
    FIRING: words_of(_FIRING.replace("\n", " ")),
    RESOLVED: words_of(_RESOLVED.replace("\n", " ")),
    ACKNOWLEDGED: words_of(_ACKNOWLEDGED),
    IGNORED: words_of(_IGNORED.replace("\n", " ")),
}
SEVERITY_WORDS: dict[str, list[str]] = {name: words_of(text) for name, text in _SEVERITIES.items()}


@dataclass(frozen=True)
class Settings:
    """`words` by status and `severities` by severity; `where` the subject is searched for the former; `key` is what
    tells alerts apart, `pattern` a regular expression for it; `senders` are addresses and domains, none: all may."""

    words: Mapping[str, list[str]] = field(default_factory=lambda: WORDS)
    severities: Mapping[str, list[str]] = field(default_factory=lambda: SEVERITY_WORDS)
    where: str = ANYWHERE
    key: str = SUBJECT
    pattern: str = ""
    senders: tuple[str, ...] = ()

    def kept(self) -> dict[str, Any]:
        """As JSON, without what it came with."""
        own = {name: list(words) for name, words in self.words.items() if list(words) != WORDS[name]}
        severities = {n: list(words) for n, words in self.severities.items() if list(words) != SEVERITY_WORDS[n]}
        return {
            "words": own, "severities": severities, "where": self.where, "key": self.key, "pattern": self.pattern,
            "senders": list(self.senders),
        }  # fmt: skip


def settings_of(config: object) -> Settings:
    """What a source keeps, read leniently: whatever is not as it should be counts as not said."""
    kept = config.get(NAME) if isinstance(config, Mapping) else None
    if not isinstance(kept, Mapping):
        return Settings()
    return Settings(
        words=_lists(kept.get("words"), WORDS),
        severities=_lists(kept.get("severities"), SEVERITY_WORDS),
        where=START if kept.get("where") == START else ANYWHERE,
        key=str(kept["key"]) if kept.get("key") in (NO_NUMBERS, PATTERN) else SUBJECT,
        pattern=str(kept.get("pattern") or "")[:MAX_PATTERN],
        senders=tuple(_texts(kept.get("senders"))[:MAX_SENDERS]),
    )


def _lists(given: object, usual: Mapping[str, list[str]]) -> dict[str, list[str]]:
    own = given if isinstance(given, Mapping) else {}
    return {name: _texts(own[name])[:MAX_WORDS] if name in own else words for name, words in usual.items()}


def _texts(given: object) -> list[str]:
    return [one for one in given if isinstance(one, str)] if isinstance(given, list) else []


def compiled(pattern: str) -> regex.Pattern[str]:
    """A pattern for keys. Raises Unreadable, which says what is wrong with it."""
    if len(pattern) > MAX_PATTERN:
        raise Unreadable(f"A pattern has at most {MAX_PATTERN} characters.")
    try:
        return regex.compile(pattern, regex.IGNORECASE | regex.MULTILINE)
    except (regex.error, ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise Unreadable(f"That is not a regular expression: {str(error)[:200]}.") from error


def may_send(settings: Settings, address: str) -> bool:
    """Whether a mail from this address is taken: it, or its domain or one above that, is listed; or nothing is."""
    if not settings.senders:
        return True
    address = address.lower()
    domain = address.rpartition("@")[2]
    return any(
        address == one
        if "@" in one.lstrip("@")
        else domain == one.lstrip("@") or domain.endswith("." + one.lstrip("@"))
        for one in (listed.lower() for listed in settings.senders)
        if domain
    )
