"""What our own receiving server found out about the sender (Authentication-Results, RFC 8601), and signs of forgery.

Anyone can write such a header. Only those that carry the id of a server of ours count, and only the topmost of them can
say "pass": servers write above what they received.
"""

import re
import unicodedata
from collections.abc import Collection

from integrations.mail.headers import Headers
from integrations.mail.letter import Address, Authentication

_COMMENT = re.compile(r"\([^()]{0,2000}\)")
_RESULT = re.compile(r"(?:^|;)\s*(dmarc|dkim|spf)\s{0,5}=\s{0,5}([a-z]{1,20})", re.IGNORECASE)
_FAILURES = {"fail", "softfail", "permerror", "hardfail", "policy"}
_ADDRESS = re.compile(r"[\w.+-]{1,100}@[\w-]{1,100}(?:\.[\w-]{1,100}){1,5}")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN_LOOKALIKES = set("асеорхуіјѕһԁӏԛԝ")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")


def verdict(headers: Headers, trusted: Collection[str]) -> Authentication:
    """The results by servers whose authserv-id is in `trusted` (lower case)."""
    found: dict[str, str] = {}
    topmost = True
    for place, (name, value) in enumerate(headers.items):
        if name != "authentication-results" or place in headers.loose:
            continue
        written = _COMMENT.sub(" ", value[:20_000].decode("utf-8", "replace"))
        server, _, results = written.partition(";")
        if not server.split() or server.split()[0].lower() not in trusted:
            continue
        for method, result in _RESULT.findall(";" + results):
            _note(found, method.lower(), result.lower(), topmost=topmost)
        topmost = False
    return Authentication(**found)


def _note(found: dict[str, str], method: str, result: str, *, topmost: bool) -> None:
    if result in _FAILURES and not (method == "dkim" and found.get(method) == "pass"):
        found[method] = "fail"
    elif result == "pass" and topmost and (method == "dkim" or found.get(method) != "fail"):
        found[method] = "pass"


def spoof_signs(authors: tuple[Address, ...], reply_to: tuple[Address, ...], headers: Headers) -> tuple[str, ...]:
    """Why the sender may not be who they seem; empty for an honest mail."""
    signs = []
    if len(headers.raw("from")) > 1 or len({author.addr.lower() for author in authors}) > 1:
        signs.append("several senders")
    for author in authors[:5]:
        named = {found.lower().rstrip(".") for found in _ADDRESS.findall(author.name[:1000])}
        if named and author.addr.lower() not in named:
            signs.append("the name shows another address")
        if mixes_scripts(author.addr) or mixes_scripts(author.name):
            signs.append("letters of several alphabets in one word")
    if authors and reply_to and reply_to[0].domain and reply_to[0].domain != authors[0].domain:
        signs.append("replies go to another domain")
    return tuple(dict.fromkeys(signs))


def mixes_scripts(text: str) -> bool:
    """Letters that look alike from different alphabets within one word. Accents and digits are no alphabet."""
    if "@" in text and _imitates(text):
        return True
    return any(len(_alphabets(word)) > 1 for word in _WORD.findall(text[:1000]))


def _alphabets(word: str) -> set[str]:
    names = (unicodedata.name(letter, "").partition(" ")[0] for letter in word[:200])
    return {name for name in names if name in _SCRIPTS}


def _imitates(text: str) -> bool:
    """A domain's label that only looks Latin, or mixes alphabets in its wire form."""
    for label in text[:500].lower().rpartition("@")[2].split("."):
        if label.startswith("xn--"):
            try:
                label = label[4:].encode().decode("punycode")
            except (UnicodeError, ValueError):
                return True
        if len(_alphabets(label)) > 1 or (label and set(label) <= _LATIN_LOOKALIKES):
            return True
    return False
