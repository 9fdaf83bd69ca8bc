"""German."""

# ruff: noqa: E501 - a paragraph is one line, as in Markdown

from datetime import datetime

from notifications.languages import Language, LetterKind, Words

DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
    "Dezember",
)  # fmt: skip
LETTERS = {
    LetterKind.ACKNOWLEDGED: Words(
        "{{ ticket.subject }}",
        """\
# Ihre Anfrage ist bei uns

{{ greeting }},

Ihre Anfrage ist bei uns angekommen. Sie hat die Nummer **{{ ticket.number }}**.

{{ times }}

Voraussichtlich erledigt: {{ expected_by }}

> {{ request }}

Sie können den Stand jederzeit ansehen, etwas ergänzen oder Dateien anhängen, ganz ohne Konto:

[Anfrage ansehen]({{ page }})
""",
    ),
    LetterKind.REPLIED: Words(
        "{{ ticket.subject }}",
        """\
# {{ author }} hat geantwortet

{{ message }}

{{ files_note }}

[Lesen und antworten]({{ page }})
""",
    ),
    LetterKind.RESOLVED: Words(
        "{{ ticket.subject }}",
        """\
# Nach unserem Wissen gelöst

Wir glauben, dass die Anfrage **{{ ticket.number }}** gelöst ist.

> {{ resolution }}

{{ files_note }}

Ist es behoben? Beides öffnet Ihre Seite mit einem Knopf.

[Ja, behoben]({{ fixed_url }})
[Nicht behoben]({{ not_fixed_url }})

Hören wir bis {{ closes_at }} nichts, nehmen wir an, dass es behoben ist.
""",
    ),
    LetterKind.RESOLVED_ELSEWHERE: Words(
        "{{ ticket.subject }}",
        """\
# Nach unserem Wissen gelöst

Was Sie in **{{ ticket.number }}** gemeldet haben, wurde zusammen mit gleichen Meldungen anderer bearbeitet. Nach unserem Wissen ist es gelöst:

> {{ resolution }}

Ist es für Sie nicht gelöst, antworten Sie auf Ihrer Seite, und wir sehen noch einmal nach.

[Anfrage öffnen]({{ page }})
""",
    ),
    LetterKind.CLOSED: Words(
        "{{ ticket.subject }}",
        """\
# Wie waren wir?

Ihre Anfrage **{{ ticket.number }}** ist abgeschlossen.

> {{ resolution }}

Ein Klick und, wenn Sie mögen, ein Wort dazu; 1 ist schlecht, 5 ist ausgezeichnet:

{{ rating }}

Ist etwas offen geblieben? Schreiben Sie auf Ihrer Seite:

[Anfrage öffnen]({{ page }})
""",
    ),
    LetterKind.PROMISED: Words(
        "{{ ticket.subject }}",
        """\
# Voraussichtlich erledigt: {{ expected_by }}

Wir erwarten, dass „{{ ticket.subject }}“ bis dahin erledigt ist: {{ expected_by }}.

[Anfrage öffnen]({{ page }})
""",
    ),
    LetterKind.WITHDRAWN: Words(
        "{{ ticket.subject }}",
        """\
# Der Termin gilt nicht mehr

Der Termin, den wir Ihnen für „{{ ticket.subject }}“ genannt haben, gilt nicht mehr. Wir nennen Ihnen einen neuen.

[Anfrage öffnen]({{ page }})
""",
    ),
    LetterKind.REMINDED: Words(
        "{{ ticket.subject }}",
        """\
# Wir warten auf Ihre Antwort

{{ greeting }},

wir haben Sie etwas zu „{{ ticket.subject }}“ gefragt und brauchen Ihre Antwort, um weiterzumachen. Hat es sich erledigt, müssen Sie nichts tun: Ohne Antwort schließen wir die Anfrage nach einiger Zeit.

[Antworten]({{ page }})
""",
    ),
    LetterKind.DEADLINE: Words(
        "{{ ticket.subject }}",
        """\
# Eine Frist von {{ ticket.number }}

{{ greeting }},

„{{ ticket.subject }}“ hat einen Punkt erreicht, an dem Sie als benannte Ansprechperson Ihres Vertrags zu benachrichtigen sind. Die Frist: {{ due }}. Wir arbeiten daran.
""",
    ),
}  # fmt: skip


def date(there: datetime) -> str:
    """ "Dienstag, 3. März, 18:00 Uhr (JST)" """
    return f"{DAYS[there.weekday()]}, {there.day}. {MONTHS[there.month - 1]}, {there:%H:%M} Uhr ({there:%Z})"


GERMAN = Language(
    code="de",
    name="Deutsch",
    letters=LETTERS,
    greeting="Guten Tag {name}",
    greeting_without_name="Guten Tag",
    above="Bitte antworten Sie oberhalb dieser Zeile",
    read_here="Lesen und antworten",
    reference="Referenz",
    first_answer_by="Erste Antwort bis",
    solved_by="Gelöst bis",
    files="Es sind Dateien angehängt; Sie sehen sie auf Ihrer Seite.",
    bad="schlecht",
    excellent="ausgezeichnet",
    date=date,
)
