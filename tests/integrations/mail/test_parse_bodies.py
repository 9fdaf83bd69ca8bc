"""It finds the words and the files of a mail, whatever the mail claims about them."""

import binascii
from base64 import b64encode

import pytest

from integrations.mail.parse import parse
from tests.integrations.mail.letters import mail, names, parts, read


@pytest.mark.parametrize(
    ("claimed", "real", "words"),
    [
        ("gb2312", "gb18030", "朱镕基"),
        ("ks_c_5601-1987", "cp949", "똠방각하"),
        ("shift_jis", "cp932", "①髙"),
        ("iso-8859-1", "cp1252", "“€”"),
        ("us-ascii", "utf-8", "naïve"),
        ("iso-8859-1", "utf-8", "naïve"),
        ("x-unknown", "utf-8", "naïve"),
        ("no-such-charset", "cp1252", "naïve words"),
        ("base64", "utf-8", "naïve"),
        ("utf-8", "cp1252", "Grüße aus der Küche"),
    ],
)
def test_reads_a_text_under_the_wrong_charset(claimed, real, words):
    assert read(words.encode(real), kind=f"text/plain; charset={claimed}").text == words


def test_guesses_an_unnamed_charset():
    words = "Добрый день, сайт не открывается с самого утра. Помогите, пожалуйста."
    assert read(words.encode("koi8-r"), kind="text/plain").text == words


def test_shows_text_and_html_once_each():
    letter = parse(
        parts(
            "Content-Type: text/plain\n\nwords", "Content-Type: text/html\n\n<p>words</p>", kind="multipart/alternative"
        )
    )
    assert (letter.text, letter.html) == ("words", "<p>words</p>")


def test_reads_the_text_from_the_html_when_there_is_no_other():
    letter = read(
        "<style>p{}</style><p>One&nbsp;two</p><ul><li>a<li>b</ul><blockquote>old</blockquote>", kind="text/html"
    )
    assert letter.text == "One two\n\n- a\n- b\n\n> old"


def test_keeps_what_a_mailing_list_added_below():
    assert parse(parts("\nwords", "\nfooter")).text == "words\n\nfooter"


def test_reads_flowed_paragraphs_as_one_line():
    assert read("one \ntwo\n-- \nAnn", kind="text/plain; format=flowed").text == "one two\n-- \nAnn"


def test_has_attachments_with_their_size_and_content_id():
    picture = b64encode(b"picture").decode()
    letter = parse(
        parts(
            "Content-Type: text/html\n\n<img src='cid:p@1'>",
            f"Content-Type: image/png; name=p.png\nContent-ID: <p@1>\nContent-Transfer-Encoding: base64\n\n{picture}",
            kind="multipart/related",
        )
    )
    [attachment] = letter.attachments
    assert (attachment.name, attachment.size, attachment.content_id, attachment.inline) == ("p.png", 7, "p@1", True)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("filename*=utf-8''r%C3%A9sum%C3%A9.pdf", "résumé.pdf"),
        ("filename*0*=utf-8''r%C3%A9; filename*1=sum.pdf", "résum.pdf"),
        ('filename="=?utf-8?B?csOpc3Vtw6kucGRm?="', "résumé.pdf"),
        ("filename=résumé final.pdf", "résumé final.pdf"),
        ('filename="../../etc/passwd"', "etc_passwd"),
        ('filename="C:\\\\docs\\\\plan.pdf"', "plan.pdf"),
        ('filename="a\u202efdp.exe"', "afdp.exe"),
        ('filename=""', "attachment-1.pdf"),
    ],
)
def test_names_a_file_by_its_name_only(written, name):
    part = f"Content-Type: application/pdf\nContent-Disposition: attachment; {written}\n\nx"
    assert names(parse(parts(part))) == [name]


def test_keeps_an_attached_mail_whole_also_in_base64():
    inner = b"From: bob@customer.example\n\nhi"
    letter = parse(parts(b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + b64encode(inner)))
    assert letter.attachments[0].content == inner
    assert letter.forwarded_from.addr == "bob@customer.example"


def test_unpacks_uuencoded_files_from_the_text():
    letter = read(b"see\nbegin 644 a.txt\n" + binascii.b2a_uu(b"hello") + b"`\nend\nbye")
    assert [(one.name, one.content) for one in letter.attachments] == [("a.txt", b"hello")]
    assert letter.text == "see\n\nbye"


def test_leaves_a_text_that_only_talks_of_uuencoding():
    assert "begin 644 a.txt" in read("how do I\nbegin 644 a.txt\nthis?\nend\n").text


def test_finds_parts_when_the_boundary_is_missing_or_never_closed():
    raw = mail(
        "--x\nContent-Type: text/plain\n\nwords\n--x\nContent-Type: image/gif; name=a.gif\n\nGIF",
        kind="multipart/mixed",
    )
    letter = parse(raw)
    assert (letter.text, names(letter)) == ("words", ["a.gif"])


def test_does_not_mistake_a_longer_boundary_for_its_own():
    letter = parse(mail("--b\n\nouter\n--bb\nstill outer\n--b--\n", kind="multipart/mixed; boundary=b"))
    assert letter.text == "outer\n--bb\nstill outer"


@pytest.mark.parametrize("encoding", ["7-bit", "", "quoted printable?", "binary", "x-none"])
def test_shows_the_words_under_a_nonsense_encoding(encoding):
    assert read("words", f"Content-Transfer-Encoding: {encoding}").text == "words"


def test_reads_torn_base64():
    written = b64encode(b"The quick brown fox").decode()
    assert read(f"{written[:7]}!\n {written[7:-2]}", "Content-Transfer-Encoding: base64").text == "The quick brown fox"


@pytest.mark.parametrize("claimed", ["text", "html", "text/html", "multipart/mixed", "garbage;;=", "application/"])
def test_loses_no_words_to_a_lying_content_type(claimed):
    letter = read("the words", kind=claimed)
    assert "the words" in letter.text or any(b"the words" in one.content for one in letter.attachments)


def test_tells_an_invitation():
    letter = parse(parts("\nCome", "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR"))
    assert letter.calendar_method == "REQUEST"
    assert names(letter) == ["attachment-1.ics"]


@pytest.mark.parametrize(
    ("kind", "crypto"),
    [
        ("multipart/signed; protocol=application/pgp-signature", "pgp-signed"),
        ("multipart/signed; protocol=application/pkcs7-signature", "smime-signed"),
        ("multipart/encrypted; protocol=application/pgp-encrypted", "pgp-encrypted"),
        ("multipart/mixed", ""),
    ],
)
def test_tells_signed_and_encrypted_mail(kind, crypto):
    assert parse(parts("\nwords", kind=kind)).crypto == crypto


def test_tells_encryption_within_the_text():
    assert read("-----BEGIN PGP MESSAGE-----\nx\n-----END PGP MESSAGE-----").crypto == "pgp-encrypted"
    assert read("x", kind="application/pkcs7-mime; smime-type=enveloped-data").crypto == "smime-encrypted"
