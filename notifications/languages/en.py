"""English."""

# ruff: noqa: E501 - a paragraph is one line, as in Markdown

from datetime import datetime

from notifications.languages import Language, LetterKind, Words

LETTERS = {
    LetterKind.ACKNOWLEDGED: Words(
        "{{ ticket.subject }}",
        """\
# We have received your request

{{ greeting }},

we have received your request. Its number is **{{ ticket.number }}**.

{{ times }}

Expected by: {{ expected_by }}

> {{ request }}

Follow it, add to it or attach files at any time, no account needed:

[Follow your request]({{ page }})
""",
    ),
    LetterKind.REPLIED: Words(
        "{{ ticket.subject }}",
        """\
# {{ author }} answered

{{ message }}

{{ files_note }}

[Read it and answer]({{ page }})
""",
    ),
    LetterKind.RESOLVED: Words(
        "{{ ticket.subject }}",
        """\
# Solved, as far as we can tell

We believe that request **{{ ticket.number }}** is solved.

> {{ resolution }}

{{ files_note }}

Is it fixed? Each opens your page with one button.

[Yes, fixed]({{ fixed_url }})
[Not fixed]({{ not_fixed_url }})

If we hear nothing until {{ closes_at }}, we take it as fixed.
""",
    ),
    LetterKind.RESOLVED_ELSEWHERE: Words(
        "{{ ticket.subject }}",
        """\
# Solved, as far as we can tell

What you reported in **{{ ticket.number }}** was worked on together with others' reports of the same. It is solved, as far as we can tell:

> {{ resolution }}

If it is not solved for you, answer on your page and we look again.

[Open your request]({{ page }})
""",
    ),
    LetterKind.CLOSED: Words(
        "{{ ticket.subject }}",
        """\
# How did we do?

Your request **{{ ticket.number }}** is closed.

> {{ resolution }}

One click, and a word if you like; 1 is bad, 5 is excellent:

{{ rating }}

Something left open? Write on your page:

[Open your request]({{ page }})
""",
    ),
    LetterKind.PROMISED: Words(
        "{{ ticket.subject }}",
        """\
# Expected by {{ expected_by }}

We expect “{{ ticket.subject }}” to be done by {{ expected_by }}.

[Open your request]({{ page }})
""",
    ),
    LetterKind.WITHDRAWN: Words(
        "{{ ticket.subject }}",
        """\
# The date no longer holds

The date we gave you for “{{ ticket.subject }}” no longer holds. We will tell you a new one.

[Open your request]({{ page }})
""",
    ),
    LetterKind.REMINDED: Words(
        "{{ ticket.subject }}",
        """\
# We are waiting for your answer

{{ greeting }},

we asked you something about “{{ ticket.subject }}” and need your answer to go on. If it has settled itself, you need do nothing: we close it after a while without an answer.

[Answer]({{ page }})
""",
    ),
    LetterKind.DEADLINE: Words(
        "{{ ticket.subject }}",
        """\
# A deadline of {{ ticket.number }}

{{ greeting }},

“{{ ticket.subject }}” has come to a point at which you, as a named contact of your contract, are to be told. The deadline: {{ due }}. We are working on it.
""",
    ),
}  # fmt: skip


def date(there: datetime) -> str:
    """ "Tuesday 3 March, 18:00 JST" """
    return f"{there:%A} {there.day} {there:%B}, {there:%H:%M %Z}"


ENGLISH = Language(
    code="en",
    name="English",
    letters=LETTERS,
    greeting="Hello {name}",
    greeting_without_name="Hello there",
    above="Please reply above this line",
    read_here="Read it and answer here",
    reference="Reference",
    first_answer_by="First answer by",
    solved_by="Solved by",
    files="Files are attached; see them on the page.",
    bad="bad",
    excellent="excellent",
    date=date,
)
