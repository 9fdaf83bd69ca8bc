"""It tells what is new in a mail from what it quotes, and loses neither."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.mail.quoting import split
from tests.integrations.mail.letters import read


@pytest.mark.parametrize(
    "history",
    [
        "On Mon, 2 Feb 2026 at 10:00, Desk <d@desk.example> wrote:\n> old\n",
        "On Mon, 2 Feb 2026 at 10:00, Desk\n<d@desk.example> wrote:\n\n> old\n",
        "Am 02.02.2026 um 10:00 schrieb Desk <d@desk.example>:\n> old\n",
        "Le lun. 2 févr. 2026 à 10:00, Desk <d@desk.example> a écrit :\n\n> old\n",
        "El lun, 2 feb 2026 a las 10:00, Desk (<d@desk.example>) escribió:\n\n> old\n",
        "Op ma 2 feb. 2026 om 10:00 schreef Desk <d@desk.example>:\nold\n",
        "2026-02-02 10:00 GMT+01:00 Desk <d@desk.example>:\nold\n",
        "пн, 2 февр. 2026 г. в 10:00, Desk <d@desk.example>:\n> old\n",
        "________________________________\nFrom: Desk <d@desk.example>\nSent: Monday\nTo: Cora\nSubject: x\n\nold\n",
        "Von: Desk <d@desk.example>\nGesendet: Montag\nAn: Cora\nBetreff: x\n\nold\n",
        "*De :* Desk [mailto:d@desk.example]\n*Envoyé :* lundi\n*À :* Cora\n*Objet :* x\n\nold\n",
        "-----Original Message-----\nold\n",
        "-----Ursprüngliche Nachricht-----\nold\n",
        "## Please reply above this line ##\nold\n",
    ],
)
def test_leaves_the_history_out_of_the_reply(history):
    letter = read("New words.\n\n" + history)
    assert letter.reply_text == "New words."
    assert "old" in letter.quoted_text


def test_keeps_answers_written_between_quoted_lines():
    letter = read("Hi,\n\nOn 2 Feb 2026 at 10:00, Desk <d@desk.example> wrote:\n> one?\n\nyes\n\n> two?\n\nno\n")
    assert letter.reply_text == "Hi,\n\nyes\n\nno"
    assert letter.quoted_text.endswith("> one?\n> two?")


def test_folds_the_torn_end_of_a_long_quoted_line():
    long = "> " + "word " * 14
    assert split(f"new\n\n{long}\ntorn end\n> more").new == "new"


@pytest.mark.parametrize(
    "words",
    [
        "On the surface all is well.\nOn average it takes 10 seconds.",
        "These fail:\n2026-02-02 10:00:00\n02/03/2026 at 2:30 PM",
        "Please write to help@desk.example at 10:00:\nthe address is new",
        "From: the start\nit was slow",
        "A list:\n-- one\n-- two",
        "Key points\n----\n1. one",
        "He wrote:\nall is well",
        "Sent from my desk, where it is quieter than at home.",
    ],
)
def test_takes_no_word_of_the_sender_for_a_quote(words):
    assert read(words).reply_text == words


@pytest.mark.parametrize(
    "signature",
    ["-- \nCora\nCustomer Ltd", "--\nCora", "Sent from my phone", "Von meinem Telefon gesendet", "Get Outlook for iOS"],
)
def test_folds_the_signature(signature):
    letter = read(f"New words.\n\n{signature}\n")
    assert (letter.reply_text, letter.signature) == ("New words.", signature)


def test_keeps_a_forwarded_mail_whole_and_its_sender():
    passed_on = (
        "---------- Forwarded message ---------\nFrom: Bob <bob@customer.example>\nSubject: x\nTo: c\n\nIt fails"
    )
    letter = read(f"Please see.\n\n{passed_on}", "Subject: Fwd: x")
    assert letter.reply_text == f"Please see.\n\n{passed_on}"
    assert letter.forwarded_from.addr == "bob@customer.example"


def test_keeps_what_outlook_forwards_without_a_mark():
    passed_on = "From: Bob [mailto:bob@customer.example]\nSent: Monday\nTo: Cora\nSubject: x\n\nIt fails"
    letter = read(f"See below\n\n{passed_on}", "Subject: WG: x")
    assert letter.reply_text.endswith("It fails")
    assert letter.forwarded_from.addr == "bob@customer.example"


def test_has_an_empty_reply_when_there_is_only_a_quote():
    letter = read("On Mon, 2 Feb 2026 at 10:00, Desk <d@desk.example> wrote:\n> old\n")
    assert letter.reply_text == ""
    assert "> old" in letter.text


def test_reads_the_reply_from_html():
    html = (
        "<div>New words.</div><br><div class=gmail_quote>On Mon, 2 Feb 2026 at 10:00, Desk &lt;d@desk.example&gt;"
        " wrote:<br><blockquote><p>old</p></blockquote></div>"
    )
    letter = read(html, kind="text/html")
    assert (letter.reply_text, "> old" in letter.quoted_text) == ("New words.", True)


_LINES = [
    "",
    "> old",
    "new",
    "On 2 Feb 2026 at 10:00, A <a@a.example> wrote:",
    "-- ",
    "From: A <a@a.example>",
    "To: B",
    "Date: now",
]


@given(st.lists(st.sampled_from(_LINES), max_size=30))
def test_puts_every_line_in_exactly_one_place(lines):
    told = split("\n".join(lines))
    kept = "\n".join([told.new, told.quoted, told.signature]).split("\n")
    assert Counter(line for line in kept if line.strip()) == Counter(line for line in lines if line.strip())
