"""What a letter may name in `{{ … }}`: the closed list, by kind of letter."""

from dataclasses import dataclass
from functools import cache

from notifications.languages import LetterKind
from notifications.languages.de import GERMAN
from notifications.languages.en import ENGLISH
from notifications.templating import Template, compile_body

# By code, as the settings' pages and addresses name them. Another language is another module and a line here.
LANGUAGES = {"en": ENGLISH, "de": GERMAN}
Kind = LetterKind


@dataclass(frozen=True)
class Variable:
    """`sort`: text, address (may stand in a link) or block (stands alone). `kinds`: the letters it belongs to; None:
    all of them."""

    name: str
    sort: str
    says: str
    kinds: frozenset[Kind] | None = None


def _in(*kinds: Kind) -> frozenset[Kind]:
    return frozenset(kinds)


SOLVED = _in(Kind.RESOLVED, Kind.RESOLVED_ELSEWHERE, Kind.CLOSED)
VARIABLES = (
    Variable("greeting", "text", "“Hello Cora”, or without a name"),
    Variable("person.name", "text", "the reader's name"),
    Variable("ticket.number", "text", "#1042"),
    Variable("ticket.subject", "text", "its subject"),
    Variable("ticket.site", "text", "the site it is about"),
    Variable("team.name", "text", "the team that has it"),
    Variable("page", "address", "the reader's own page of the ticket"),
    Variable("author", "text", "who wrote or acted"),
    Variable("message", "block", "the words of the answer", _in(Kind.REPLIED)),
    Variable("files_note", "text", "says that there are files, when there are", _in(Kind.REPLIED, Kind.RESOLVED)),
    Variable("request", "text", "the beginning of what was asked", _in(Kind.ACKNOWLEDGED)),
    Variable("times", "block", "when an answer and a solution are promised", _in(Kind.ACKNOWLEDGED)),
    Variable("expected_by", "text", "the date that was promised", _in(Kind.ACKNOWLEDGED, Kind.PROMISED)),
    Variable("resolution", "block", "how it was solved", SOLVED),
    Variable("fixed_url", "address", "“yes, fixed”; empty for who is copied", _in(Kind.RESOLVED)),
    Variable("not_fixed_url", "address", "“not fixed”; empty for who is copied", _in(Kind.RESOLVED)),
    Variable("due", "text", "the deadline", _in(Kind.DEADLINE)),
    Variable("closes_at", "text", "when silence counts as yes", _in(Kind.RESOLVED)),
    Variable("rating", "block", "five links, from bad to excellent", _in(Kind.CLOSED)),
)


@cache
def variables_of(kind: str) -> tuple[Variable, ...]:
    """What this letter may name."""
    return tuple(one for one in VARIABLES if one.kinds is None or kind in one.kinds)


@cache
def names_of(kind: str, *sorts: str) -> frozenset[str]:
    return frozenset(one.name for one in variables_of(kind) if not sorts or one.sort in sorts)


def compiled(kind: str, source: str) -> Template:
    """The body of such a letter, ready to be filled. Raises templating.Wrong."""
    return compile_body(source, *(names_of(kind, sort) for sort in ("text", "address", "block")))
