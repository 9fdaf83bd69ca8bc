"""Whatever is written in a field, the page shows it and runs nothing of it, and is never kept waiting by it."""

from html.parser import HTMLParser
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.html import excerpt, plain
from lib.markdown import clean, render

ALLOWED = {"a": {"href", "title", "rel"}, "img": {"src", "alt", "title", "loading"}, "ol": {"start"}}
TAGS = {"p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote", "ul", "li", "table"}
TAGS |= {"thead", "tbody", "tr", "th", "td", *ALLOWED}


class Inspector(HTMLParser):
    """Fails on anything that is not in the list above, or that an address could run."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        for name, value in attrs:
            assert name in ALLOWED.get(tag, set())
            if name == "href":
                scheme = (value or "").split(":")[0].lower() if ":" in (value or "").split("/")[0] else ""
                assert scheme in ("", "http", "https", "mailto", "tel")
            if name == "src":
                assert (value or "").startswith("/files/")

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)


def inspect(html: str) -> str:
    Inspector(convert_charrefs=True).feed(html)
    return html


def test_it_renders_what_agents_write() -> None:
    html = render(
        "# Plan\n\nFirst *look*, then **restart**\nsee https://wiki.example/a.\n\n"
        "- one\n- ~~two~~\n\n|a|b|\n|-|-|\n|1|2|\n\n```sh\nls <x>\n```"
    )
    assert "<h3>Plan</h3>" in html and "<em>look</em>" in html and "<strong>restart</strong><br>" in html
    assert '<a href="https://wiki.example/a" rel="noopener nofollow">https://wiki.example/a</a>.' in html
    assert "<li><s>two</s></li>" in html and "<td>1</td>" in html and "<pre><code>ls &lt;x&gt;\n</code></pre>" in html


def test_it_keeps_headings_below_those_of_the_page() -> None:
    assert [f"<h{level}>" in render("#" * n + " a") for n, level in ((1, 3), (2, 4), (3, 5), (4, 6), (6, 6))] == [
        True
    ] * 5


def test_it_leaves_file_names_alone() -> None:
    assert "<a" not in render("see settings.py, main.rs and 10.0.0.1")


def test_it_shows_our_pictures_and_makes_links_of_others() -> None:
    html = render(
        "![ours](/files/7/shot.png) ![theirs](https://track.example/1.gif) [![in](http://e.example/x.png)](https://a.example)"
    )
    assert '<img src="/files/7/shot.png" alt="ours" loading="lazy">' in html
    assert '<a href="https://track.example/1.gif" rel="noopener nofollow">theirs</a>' in html
    assert '<a href="https://a.example" rel="noopener nofollow">in</a>' in html and html.count("<img") == 1


@pytest.mark.parametrize(
    "source",
    [
        "/files/../accounts/logout",
        "/files/%2e%2E/x",
        "//files/x",
        "/files/x?y=1",
        "/accounts/",
        "data:image/svg+xml,x",
        "/files/\\..\\x",
    ],
)
def test_it_asks_for_no_picture_outside_our_files(source: str) -> None:
    assert "<img" not in inspect(render(f"![a]({source})")) and "<img" not in inspect(render(f"![a](<{source}>)"))


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<!--<script>-->",
    "<iframe srcdoc='<script>'>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
    '[x](https://a.example/"onmouseover="alert(1))',
    "[x](https://a.example 'x\" onclick=\"alert(1)')",
    "[a]: javascript:alert(1)\n\n[a]",
    "`<script>`",
    "~~~<script>\n<script>\n~~~",
    '```"><script>\nx\n```',
    "<style>*{}</style>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<a href='javascript:1'>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    'https://a.example/"onclick=alert(1)',
    "https://a.example/<script>",
    "|<script>|\n|-|\n|<img src=x onerror=1>|",
    "<form action=/x><button>",
    "x<base href=//evil.example>",
    "\x00<scr\x00ipt>",
    "\ud800<script>",
    '/files/x"onload="1',
    '![x](/files/a"onload="1)',
    "<details open ontoggle=alert(1)>",
    "<p style=position:fixed class=x id=y>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_it_runs_nothing(text: str) -> None:
    inspect(render(text))
    inspect(plain(text))
    assert render(text) == clean(render(text))


N = 100_000
TANGLED = {
    "quotes": "> " * (N // 2),
    "quotes without blanks": ">" * N,
    "brackets": "[" * N,
    "pictures": "![" * (N // 2),
    "links": "[a](" * (N // 4),
    "link ends": "[a " * (N // 4) + "]" * (N // 4),
    "emphasis": "*a" * (N // 2),
    "stars": "*" * N,
    "mixed emphasis": "*a _b " * (N // 6),
    "ticks": "".join("`" * n + " " for n in range(1, 440)),
    "tags": "<a " * (N // 3),
    "divs": "<div>" * (N // 5),
    "comments": "<!--" * (N // 4),
    "lists": "- " * (N // 2),
    "deep list": "\n".join(" " * 2 * n + "- a" for n in range(300)),
    "wide table": "|a" * 9000 + "\n" + "|-" * 9000 + "\n" + "|b" * 9000,
    "long table": "|a|b|c|\n|-|-|-|\n" + "|1|2|3|\n" * (N // 9),
    "addresses": "http://a." * (N // 9),
    "mails": "a@b." * (N // 4),
    "references": "".join(f"[r{n}]: http://x/{n}\n" for n in range(3000)) + "[r1] " * 3000,
    "rulers": "-\n" * (N // 2),
    "lines": "\n" * N,
    "quoted lists": "> - " * (N // 4),
    "nested emphasis": "**a *b " * (N // 7),
    "entities": "&" * N,
    "within the limits": ("[" * 900 + "\n\n") * 5,
    "schemes": "ftp://a " * (N // 8),
    "ten times as much": "*a_ [b](" * (N * 10 // 8),
}


@pytest.mark.parametrize("name", TANGLED)
def test_it_is_done_within_a_second_or_so(name: str) -> None:
    begun = process_time()
    html = render(TANGLED[name])
    plain(TANGLED[name])
    excerpt(TANGLED[name])
    assert process_time() - begun < 2  # the processor's time: a second on an idle machine, some more on a slow one
    inspect(html)


def test_it_loses_no_word_of_what_is_too_long_to_be_parsed() -> None:
    assert render("*word* " * 20_000 + "end").count("word") == 20_000


def test_it_parts_paragraphs_and_lines_of_plain_text() -> None:
    assert plain("Hello\r\nyou\n\n \n<b>there</b>\n") == "<p>Hello<br>\nyou</p>\n<p>&lt;b&gt;there&lt;/b&gt;</p>"
    assert plain("") == ""


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://a.example/x.", "https://a.example/x"),
        ("(https://a.example/x)", "https://a.example/x"),
        ("https://a.example/x_(y)!", "https://a.example/x_(y)"),
        ("<https://a.example/?a=1&b=2>", "https://a.example/?a=1&amp;b=2"),
        ("HTTP://A.example", "HTTP://A.example"),
    ],
)
def test_it_links_addresses_and_not_what_follows_them(text: str, address: str) -> None:
    assert f'<a href="{address}" rel="noopener nofollow">{address}</a>' in plain(text)


def test_it_links_nothing_but_the_web() -> None:
    assert "<a" not in plain("javascript://x file:///x ftp://x.example www.example.com")


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("# Title\n\nSome *emphasised* **text** with `code`", "Title Some emphasised text with code"),
        ("<p>Hello &amp; <b>you</b></p>", "Hello & you"),
        ("[link](https://a.example) ![pic](/files/1)", "link pic"),
        ("> quoted\n- item\n1. one", "quoted item one"),
        ("snake_case_name 2 * 3", "snake_case_name 2 * 3"),
        ("<https://a.example>", "https://a.example"),
        ("a < b and c", "a < b and c"),
        ("x\u202ey\x00", "x y"),
        ("", ""),
    ],
)
def test_it_tells_a_text_in_a_line(source: str, line: str) -> None:
    assert excerpt(source) == line


def test_it_cuts_an_excerpt_between_words() -> None:
    assert (
        excerpt("The checkout is broken for everyone", 20) == "The checkout is…" and len(excerpt("x" * 500, 50)) == 50
    )


pieces = st.sampled_from(
    [
        "<script>",
        "<img src=x onerror=1>",
        "javascript:",
        "[",
        "](",
        ")",
        "![",
        "*",
        "_",
        "`",
        "> ",
        "- ",
        "\n",
        "\n\n",
        "|",
        "|-|",
        "<",
        ">",
        '"',
        "'",
        "&",
        "&#x6a;",
        "http://",
        "/files/",
        "a",
        " ",
        "~~",
        "\\",
        "#",
        "\x00",
        "é",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(pieces | st.text(max_size=5), max_size=40).map("".join))
def test_it_runs_nothing_whatever_is_put_together(text: str) -> None:
    html = inspect(render(text))
    assert clean(html) == html
    inspect(plain(text))
    assert len(excerpt(text, 80)) <= 80
