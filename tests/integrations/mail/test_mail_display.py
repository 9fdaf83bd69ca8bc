"""It shows a mail's HTML without letting the mail act on our pages."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.mail.display import shown


def test_shows_words_lists_tables_and_links():
    page = shown(
        '<h1>T</h1><p>a <b>b</b></p><ul><li>c<li>d</ul><table><tr><td colspan=2>e</table><a href="https://a.example">f</a>'
    )
    assert "<h3>T</h3><p>a <strong>b</strong></p><ul><li>c</li><li>d</li></ul>" in page
    assert '<td colspan="2">e</td>' in page
    assert '<a href="https://a.example" rel="noopener nofollow noreferrer">f</a>' in page


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<p onclick=alert(1) style='x' class=c id=i>hi</p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='java&#10;script:alert(1)'>x</a>",
        "<img src=x onerror=alert(1)>",
        "<img src='cid:x' alt='&quot; onerror=alert(1) &lt;script&gt;'>",
        "<iframe src=x></iframe><form action=x><input></form><meta http-equiv=refresh><base href=x>",
        "<svg onload=alert(1)><p>x</svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<!--><img src=x onerror=alert(1)>-->",
        "<p title='</p><script>alert(1)</script>'>x</p>",
        "<<script>script>alert(1)</script>",
    ],
)
def test_leaves_out_what_could_act(html):
    page = shown(html)
    assert not re.search(
        r"<\s*(?:script|iframe|form|meta|base|svg|style)|<[^>]+\s(?:on\w+|style|class|id)\s*=", page, re.I
    )
    assert not re.search(r"(?:href|src)\s*=\s*[\"']?\s*java", page, re.I)


def test_shows_the_pictures_that_came_along():
    assert shown('<img src="cid:p@1" alt="P">', {"p@1": "/files/7"}) == '<img src="/files/7" alt="P">'


def test_makes_remote_pictures_links_and_drops_spies():
    page = shown('<img src="https://a.example/p.png" alt="A chart"><img src="https://a.example/spy.gif" width="1">')
    assert page == '<a href="https://a.example/p.png" rel="noopener nofollow noreferrer">A chart</a>'


def test_keeps_the_text_of_tags_that_were_never_closed():
    assert shown("<p>one<p>two <b>three") == "<p>one</p><p>two <strong>three</strong></p>"


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="<>/ab=\"' !-&;pdivtabletrscimg", max_size=200))
def test_shows_the_same_when_cleaned_again(html):
    once = shown(html)
    assert shown(once) == once
