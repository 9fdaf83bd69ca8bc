"""The language of letters: closed, safe, and what it leaves out."""

import pytest
from hypothesis import given, strategies

from notifications.languages import LetterKind
from notifications.templating import Block, Wrong, compile_body, fill_subject
from notifications.variables import LANGUAGES, compiled, names_of, variables_of

TEXTS, ADDRESSES, BLOCKS = frozenset({"name", "a.b"}), frozenset({"page"}), frozenset({"message"})


def body(source: str, **values):
    known = {"name": "", "a.b": "", "page": "", "message": "", **values}
    return compile_body(source, TEXTS, ADDRESSES, BLOCKS).fill(known)


def test_it_fills_text_and_html_at_once():
    text, html = body(
        "# Hello {{ name }}\n\nSee **it** [here]({{page}}).", name="Cora", page="https://x.example/?a=1&b=2"
    )
    assert text == "Hello Cora\n\nSee it here: https://x.example/?a=1&b=2."
    assert "<h1>Hello Cora</h1>" in html and '<a href="https://x.example/?a=1&amp;b=2"' in html


def test_a_link_alone_is_a_button():
    assert '<p><a class="go" href="https://x.example/p"' in body("[Go]({{ page }})", page="https://x.example/p")[1]


def test_a_paragraph_with_an_empty_variable_is_left_out():
    assert body("One.\n\nUntil {{ name }}.\n\nTwo.", name="") == ("One.\n\nTwo.", "<p>One.</p>\n<p>Two.</p>")


def test_a_block_stands_alone_and_is_quoted_line_by_line():
    message = Block("first\nsecond", "<p>first<br>second</p>")
    assert body("> {{ message }}", message=message)[0] == "> first\n> second"
    assert "<blockquote>\n<p>first<br>second</p>\n</blockquote>" in body("> {{ message }}", message=message)[1]
    with pytest.raises(Wrong, match="one of its own"):
        body("It says {{ message }}", message=message)


@pytest.mark.parametrize(
    "value", ["<script>alert(1)</script>", "[x](javascript:alert(1))", "{{ page }}", "**b**", "# h"]
)
def test_a_value_is_never_markup(value):
    text, html = body("Hello {{ name }}!", name=value, page="https://x.example")
    assert text == f"Hello {value}!"
    assert "<script" not in html and "<strong" not in html and "<a " not in html and "<h" not in html


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ settings.SECRET_KEY }}", "There is no"),
        ("{{ name.__class__ }}", "There is no"),
        ("{{ name|upper }}", "There is no"),
        ("{% include 'x' %}", "braces"),
        ("{{ name", "braces"),
        ("[x]({{ name }})", "cannot stand in a link"),
        ("x" * 20_001, "longer"),
    ],
)
def test_it_refuses_what_is_not_in_the_list_and_says_what_is(source, says):
    with pytest.raises(Wrong, match=says):
        body(source, name="x")


def test_a_subject_is_one_line():
    assert fill_subject("On {{ name }}", {"name": "a\r\nBcc: x@y.example"}, TEXTS) == "On a Bcc: x@y.example"
    with pytest.raises(Wrong):
        fill_subject("{{ page }}", {"page": "x"}, TEXTS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", LetterKind)
def test_every_letter_comes_in_every_language_and_names_only_what_there_is(language, kind):
    words = LANGUAGES[language].letters[kind]
    values = {
        one.name: Block("x", "<p>x</p>") if one.sort == "block" else "https://x.example" for one in variables_of(kind)
    }
    text, html = compiled(kind, words.body).fill(values)
    assert (
        text
        and html.startswith("<h1>")
        and "{{" not in text + html
        and fill_subject(words.subject, values, names_of(kind))
    )


@given(strategies.text())
def test_whatever_is_written_is_a_letter_or_refused_in_words(source):
    try:
        text, html = body(source, name="Cora", message=Block("m", "<p>m</p>"), page="https://x.example")
    except Wrong as stop:
        assert str(stop)
        return
    assert "<script" not in html.lower() and "{{" not in html
