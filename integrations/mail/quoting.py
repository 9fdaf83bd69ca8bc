"""What is new in a text, what it quotes, and its signature. Every line ends up in exactly one of the three.

Libraries for this search whole texts with patterns that hang on hostile input; here each line is looked at a bounded
number of times. In doubt a quote is shown rather than a word of the sender's hidden.
"""

import re
from dataclasses import dataclass

from integrations.mail import limits, wording

_QUOTED = re.compile(r"[ \t]{0,3}(?:>|&gt;|\|(?= ))")
_TIME = re.compile(
    r"\d{1,2}[:.h]\d{2}|\b\d{4}\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}\.? \w{3,12}|\w{3,9}\.? \d{1,2}|\d日"
)
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]{1,200}@[^\s<>()\[\],;:\"]{2,200}")
_START = re.compile(
    rf"\W{{0,12}}(?:(?:{wording.STARTS})\b.{{0,60}}?\d|(?:{wording.DAY})\w{{0,8}}\W{{1,3}}.{{0,40}}?\d|\d)", re.I
)
_VERB_WITHIN = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, wording.WROTE))})(?!\w)", re.IGNORECASE)
_FROM = re.compile(rf"[\s*>|_]*(?:{wording.FROM})\s?\*{{0,2}}\s?[:：]", re.IGNORECASE)
_ABOUT = re.compile(rf"[\s*>|_]*(?:{wording.ABOUT}|{wording.FROM})\s?\*{{0,2}}\s?(?:le|el|em)?\s?[:：]", re.IGNORECASE)
_RULED = re.compile(r"[-_=*~—–\s]{4,}")
_AFTER_VERB = ":：-—– \t*_>"
_EDGES = "-_=*~—–#> \t:"
_ORIGINAL = {phrase.strip() for phrase in wording.ORIGINAL.split("|")}
_FORWARDED = {phrase.strip() for phrase in wording.FORWARDED.split("|")}
_LIST_FOOT = re.compile(r"mailing list|mailinglist|mailman/listinfo|unsubscribe|google groups", re.IGNORECASE)
_LONG = 60  # a quoted line of that length may have been wrapped by somebody's server


@dataclass(frozen=True, slots=True)
class Parts:
    """`forwarded` holds the lines below which somebody else's mail was passed on; they are part of `new`."""

    new: str
    quoted: str
    signature: str
    forwarded: str = ""


def split(text: str, *, subject: str = "") -> Parts:
    """The parts of a text with line feeds. A mail that is passed on is not stripped: it is what the sender sent."""
    lines = text.split("\n")
    forward = bool(wording.FORWARD_SUBJECT.match(subject))
    new: list[str] = []
    quoted: list[str] = []
    at = 0
    worded = False
    while at < len(lines):
        line = lines[at]
        if at >= limits.LINES or is_forward_mark(line) or (forward and is_header_block(lines, at)):
            forwarded = "\n".join(lines[at:])
            return _signed(new + lines[at:], quoted, forwarded)
        if quote_starts(line):
            end = _quote_end(lines, at)
        elif (height := attribution(lines, at)) and worded:
            end = _history_end(lines, at + height)
        elif height:
            end = _quote_end(lines, at + height)
        elif is_history_mark(lines, at) and worded:
            end = len(lines)
        else:
            new.append(line)
            worded = worded or bool(line.strip())
            at += 1
            continue
        if end == len(lines):
            _drop_rule(new, quoted)
        quoted += lines[at:end]
        at = end
        while at < len(lines) and not lines[at].strip() and (not new or not new[-1].strip()):
            at += 1
    return _signed(new, quoted, "")


def quote_starts(line: str) -> bool:
    return bool(_QUOTED.match(line))


def is_forward_mark(line: str) -> bool:
    """ "---------- Forwarded message ---------" and its kin."""
    return len(line) < 200 and line.strip(_EDGES).casefold() in _FORWARDED


def is_history_mark(lines: list[str], at: int) -> bool:
    """Below this line stands the mail that was answered."""
    line = lines[at]
    if not line.strip() or len(line) > 1_000:
        return False
    bare = line.strip(_EDGES).casefold()
    if bare in _ORIGINAL and line.strip()[:2] in ("--", "__", "==", "**", "—" * 2):
        return True
    return bool(wording.ABOVE.search(line[:300])) or is_header_block(lines, at)


def is_header_block(lines: list[str], at: int) -> bool:
    """From:, Sent:, To:, Subject: in any language, as Outlook writes them above what it quotes."""
    if len(lines[at]) > 1_000 or not _FROM.match(lines[at]):
        return False
    following = [line for line in lines[at + 1 : at + 10] if line.strip()][:7]
    labelled = sum(bool(_ABOUT.match(line[:200])) for line in following)
    return labelled >= 2 or (
        labelled == 1 and bool(_ADDRESS.search(lines[at])) and bool(_TIME.search(" ".join(following[:2])[:400]))
    )


def attribution(lines: list[str], at: int) -> int:
    """How many lines "On …, … wrote:" takes, beginning here; 0 when there is none."""
    first = lines[at].strip()
    if not first or len(first) > 1_000:
        return 0
    starts = bool(_START.match(first[:120]))
    joined = ""
    for height, line in enumerate(lines[at : at + 5 if starts else at + 1], start=1):
        if (
            not line.strip()
            or len(joined) > 800
            or (height > 1 and quote_starts(line) and line.strip() not in (">:", ">"))
        ):
            return 0
        joined = f"{joined} {line.strip()}".strip()
        if _is_attribution(joined[:1_200], starts=starts):
            return height
    return 0


def _is_attribution(line: str, *, starts: bool) -> bool:
    ends = line.endswith((":", "："))
    last = line[-60:].rstrip(_AFTER_VERB).casefold().endswith(wording.WROTE)
    if not (ends or last) or not _TIME.search(line[:400]):
        return False
    if last or _VERB_WITHIN.search(line[-300:]):
        return starts or bool(_ADDRESS.search(line))
    bracketed = line.rstrip(":： ").endswith((">", ")", "]"))
    return starts and bracketed and len(line) < 300 and bool(_ADDRESS.search(line))


def _quote_end(lines: list[str], at: int) -> int:
    """Where a quote ends that begins here or after blank lines; torn lines within it belong to it."""
    end = at
    while end < len(lines):
        if quote_starts(lines[end]):
            end += 1
        elif not lines[end].strip():
            following = end + 1
            while following < len(lines) and not lines[following].strip():
                following += 1
            if following == len(lines) or not quote_starts(lines[following]):
                return end
            end = following
        elif end > at and _torn(lines, end):
            end += 1
        else:
            return end
    return end


def _torn(lines: list[str], at: int) -> bool:
    """The rest of a quoted line that was too long for somebody's server."""
    before = lines[at - 1]
    below = at + 1 == len(lines) or quote_starts(lines[at + 1])
    return below and quote_starts(before) and len(before) >= _LONG and len(lines[at]) < len(before)


def _history_end(lines: list[str], at: int) -> int:
    """After an attribution: the end of its quote, or of the text when the program marks no lines."""
    following = at
    while following < len(lines) and not lines[following].strip():
        following += 1
    if following < len(lines) and quote_starts(lines[following]):
        return _quote_end(lines, following)
    return len(lines)


def _drop_rule(new: list[str], quoted: list[str]) -> None:
    """A rule drawn above the history belongs to it."""
    last = len(new)
    while last and not new[last - 1].strip():
        last -= 1
    if last and _RULED.fullmatch(new[last - 1][:300]):
        quoted += new[last - 1 :]
        del new[last - 1 :]


def _signed(new: list[str], quoted: list[str], forwarded: str) -> Parts:
    """The signature taken off what is new, unless something was passed on below it."""
    signature: list[str] = []
    if not forwarded:
        at = _signature_at(new)
        new, signature = new[:at], new[at:]
    told = ["\n".join(part).strip("\n") for part in (new, quoted, signature)]
    return Parts(told[0], told[1], told[2], forwarded)


def _signature_at(lines: list[str]) -> int:
    """Where a signature begins: after "-- ", a list's footer, or the last line "Sent from my …"."""
    at = len(lines)
    for number, line in enumerate(lines):
        bare = line.strip()
        if bare == "--" and len(line) < 10:
            most = 30 if line.endswith("-- ") else 15
            if len(lines) < number + 60 and sum(bool(rest.strip()) for rest in lines[number + 1 :]) <= most:
                at = number
                break
        elif (
            len(bare) >= 2 and not bare.strip("_") and _LIST_FOOT.search(" ".join(lines[number + 1 : number + 4])[:600])
        ):
            at = number
            break
    for _ in range(3):
        last = at
        while last and not lines[last - 1].strip():
            last -= 1
        if not last or len(lines[last - 1]) > 200 or not _is_sent_from(lines[last - 1]):
            break
        at = last - 1
    return at


def _is_sent_from(line: str) -> bool:
    bare = re.sub(r"<[^<>]{0,500}>|\([^()]{0,300}\)", "", line).strip(" \t*_.-–—\u200e\u200f")
    return bool(wording.SENT_FROM.fullmatch(bare))
