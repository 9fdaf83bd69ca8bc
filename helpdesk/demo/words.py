"""Varied English text for measuring, always the same for the same seed: words of Python's own manual, by frequency."""

import random
import re
from collections import Counter
from functools import cache
from pydoc_data.topics import topics


@cache
def vocabulary() -> tuple[list[str], list[int]]:
    """(words, cumulative weights): a few thousand words with the frequencies of real prose."""
    found = Counter(re.findall(r"\b[a-z]{3,14}\b", "\n".join(topics[name] for name in sorted(topics))))
    words = sorted(found)
    weights, total = [], 0
    for word in words:
        total += found[word]
        weights.append(total)
    return words, weights


@cache
def sentences(count: int = 20_000, length: int = 12) -> list[str]:
    """A pool of sentences, so that a message costs a few draws and not hundreds."""
    rng = random.Random(length)
    words, weights = vocabulary()
    return [" ".join(rng.choices(words, cum_weights=weights, k=length)).capitalize() + "." for _ in range(count)]


def title(rng: random.Random) -> str:
    """Four to nine words."""
    words, weights = vocabulary()
    return " ".join(rng.choices(words, cum_weights=weights, k=rng.randint(4, 9))).capitalize()


def text(rng: random.Random, low: int, high: int) -> str:
    """About `low` to `high` words in paragraphs of four sentences."""
    picked = rng.choices(sentences(), k=max(1, rng.randint(low, high) // 12))
    return "\n\n".join(" ".join(picked[i : i + 4]) for i in range(0, len(picked), 4))
