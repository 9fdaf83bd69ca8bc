"""Severity by alert name: what alerts of a name count as, whatever their sender says. A setting of the source, one name
a line: `DiskFull = warning`."""

from dataclasses import replace
from functools import lru_cache

from integrations.episodes.silences import fits
from integrations.models import Source
from integrations.reading import SEVERITIES, Reading

MOST = 200  # lines
WORDS = {f"p{number}": word for number, word in enumerate(SEVERITIES, start=1)} | {word: word for word in SEVERITIES}
Rules = tuple[tuple[str, str], ...]


@lru_cache(maxsize=256)
def rules_of(text: str) -> Rules:
    """(name with "*" for anything, severity) of each line. Raises ValueError naming the line that is neither."""
    rules = []
    for line in text.splitlines():
        name, _, word = line.rpartition("=")
        if not line.strip():
            continue
        if not name.strip() or word.strip().casefold() not in WORDS:
            raise ValueError(f"“{line.strip()[:60]}”: write name = warning, or P3; of {', '.join(SEVERITIES)}.")
        rules.append((name.strip(), WORDS[word.strip().casefold()]))
    if len(rules) > MOST:
        raise ValueError(f"At most {MOST} lines.")
    return tuple(rules)


def written(rules: Rules) -> str:
    """Rules as the setting keeps them."""
    return "\n".join(f"{name} = {word}" for name, word in rules)


def names_of(reading: Reading) -> list[str]:
    """What an alert is called: by its label alertname, and by its title."""
    return [name for name in (reading.labels.get("alertname", ""), reading.title) if name]


def counted(source: Source, reading: Reading) -> Reading:
    """The reading with the severity that its source's settings give alerts of its name; the first line that fits."""
    if not source.severities:
        return reading
    names = names_of(reading)
    for pattern, word in rules_of(source.severities):
        if any(fits(pattern, name) for name in names):
            return replace(reading, severity=word)
    return reading


def with_rule(text: str, name: str, word: str) -> str:
    """The setting with one more line, first; one of the same name goes."""
    others = (rule for rule in rules_of(text) if rule[0].casefold() != name.casefold())
    return written(((name, word), *others))
