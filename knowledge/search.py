"""Full-text search over articles, and suggestions for what somebody writes (PostgreSQL; no other engine)."""

import re

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchQueryField, SearchRank
from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.db.models.functions import Left
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from knowledge.models import HEAVY, Article
from lib.html import excerpt, tidy

CONFIG = "english"
MAX_QUERY = 200  # characters of a search
MAX_TEXT = 400  # characters of a request that suggestions are made from
CANDIDATES = 200  # articles of a search whose texts are ranked: those whose titles and summaries fit best
FAR_BEHIND = 0.3  # of the best suggestion's rank
HEADLINE_FROM = 20_000  # characters of a text that are looked at for its headline
# Rare brackets around the words found: they survive escaping and become <mark>.
OPEN, SHUT = "⟦", "⟧"
TABLE = re.compile(r"\s*\|(?:[\s:|-]*\|)?\s*")  # what a table's cells look like in Markdown
MARKED = re.compile(f"{OPEN}([^{OPEN}{SHUT}]*){SHUT}")


class AnyWord(Func):
    """A tsquery of the words of a text, any of which will do; with `suffix` ":*" words that begin so as well.

    NULL, which matches nothing, when the text holds only little words.
    """

    output_field = SearchQueryField()
    template = (
        r"(SELECT string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || '''%(suffix)s', ' | ')"
        r"::tsquery FROM unnest(to_tsvector('english', %(expressions)s)))"
    )

    def __init__(self, text: str, suffix: str = "") -> None:
        super().__init__(Value(text), suffix=suffix)


class Matches(Func):
    """tsvector @@ tsquery"""

    output_field = BooleanField()
    arg_joiner = " @@ "
    template = "(%(expressions)s)"


def search(articles: QuerySet[Article], query: str) -> QuerySet[Article]:
    """Those that hold every word of `query` (web search syntax: "a phrase", -not, or), best first, with `headline`."""
    return ranked(matching(articles, query), every_word(query))


def matching(articles: QuerySet[Article], query: str) -> QuerySet[Article]:
    """The same, in the order they had."""
    return articles.filter(Matches(F("words"), every_word(query)))


def every_word(query: str) -> SearchQuery:
    return SearchQuery(tidy(query)[:MAX_QUERY], config=CONFIG, search_type="websearch")


def close_to(articles: QuerySet[Article], query: str) -> QuerySet[Article]:
    """For when no article holds every word: those that hold a word that begins like one of them, best first."""
    wanted = AnyWord(tidy(query)[:MAX_QUERY], ":*")
    return ranked(articles.filter(Matches(F("words"), wanted)), wanted)


def ranked(articles: QuerySet[Article], wanted: SearchQuery | AnyWord) -> QuerySet[Article]:
    headline = SearchHeadline(
        Left("body", HEADLINE_FROM), wanted, config=CONFIG, start_sel=OPEN, stop_sel=SHUT,
        max_fragments=2, max_words=24, min_words=10, fragment_delimiter=" … ",
    )  # fmt: skip
    about = articles.annotate(about=SearchRank(F("topic"), wanted)).order_by("-about", "id").values("pk")[:CANDIDATES]
    best = articles.filter(pk__in=about).annotate(rank=SearchRank(F("words"), wanted), headline=headline)
    return best.order_by("-rank", "title", "id")


def suggest(articles: QuerySet[Article], text: str, *, limit: int = 5) -> list[Article]:
    """Articles whose title or summary shares words with `text`, ranked by them; few, fast, none that is far behind."""
    wanted = AnyWord(tidy(text)[:MAX_TEXT])
    found = articles.defer(*HEAVY).filter(Matches(F("topic"), wanted)).annotate(rank=SearchRank(F("topic"), wanted))
    best = list(found.order_by("-rank", "-solved", "id")[:limit])
    return [article for article in best if article.rank >= best[0].rank * FAR_BEHIND]


def highlighted(headline: str, length: int = 280) -> SafeString:
    """A headline of `search` as safe HTML: plain words, those found in <mark>."""
    pieces = MARKED.split(excerpt(TABLE.sub(" – ", headline), length))
    strays = str.maketrans("", "", OPEN + SHUT)
    return format_html_join(
        "",
        "{}",
        (
            (format_html("<mark>{}</mark>", piece) if found % 2 else piece.translate(strays),)
            for found, piece in enumerate(pieces)
        ),
    )
