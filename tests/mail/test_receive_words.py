"""It shows what a mail says: its own words, its pictures, its files; nothing is lost and nothing acts."""

import socketserver
import struct
from base64 import encodebytes
from collections.abc import Iterator
from threading import Thread

import pytest

from files.models import File
from files.store import path_of
from integrations import inbound
from integrations.mail import intake, receive, trial
from integrations.models import Mailbox, State
from tests.clients import Client
from tests.mail.post import arrives, mail
from tickets.links import requester_token
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82"
)
HISTORY = (
    '<div class="gmail_quote"><div>On Mon, 2 Mar 2026 at 09:00, Support &lt;support@desk.example&gt; wrote:</div>'
    "<blockquote><p>Which browser?</p></blockquote></div>"
)


@pytest.fixture
def mailbox(shop, front, settings, tmp_path) -> Mailbox:
    settings.MEDIA_ROOT = tmp_path
    return Mailbox.objects.create(name="Support", address="support@desk.example", protocol="push", team=front)


def part(content: bytes, *lines: str) -> str:
    return "\n".join(["--b", *lines, "Content-Transfer-Encoding: base64", "", encodebytes(content).decode()])


def attached(*parts: str, text: str = "See there.", kind: str = "multipart/mixed") -> bytes:
    body = f"--b\nContent-Type: text/html; charset=utf-8\n\n{text}\n" + "\n".join(parts) + "\n--b--\n"
    return mail(body, kind=f"{kind}; boundary=b")


def test_html_is_shown_as_written_and_its_history_folded(cast, mailbox, as_user):
    raw = mail(f"<p>It is <b>Firefox</b>.</p>{HISTORY}", kind="text/html; charset=utf-8", subject="Re: Checkout")
    ticket = arrives(mailbox, raw).ticket
    message = ticket.messages.get()
    assert (message.body, message.markup) == ("It is Firefox.", "html")
    assert message.safe_html == "<p>It is <strong>Firefox</strong>.</p>"
    assert "Which browser?" in message.quoted
    page = as_user(cast.agent).get(f"/tickets/{ticket.pk}").content.decode()
    own, _, folded = page.partition("Show quoted text")
    assert "<strong>Firefox</strong>" in own and "Which browser?" in folded


def test_plain_text_is_text_and_not_markdown(mailbox):
    message = arrives(mailbox, mail("# not a title\n*x* <b>y</b>\n")).message
    assert message.safe_html == "<p># not a title<br>\n*x* &lt;b&gt;y&lt;/b&gt;</p>"


def test_what_could_act_is_gone(mailbox):
    raw = mail(
        '<p onclick="x()">Hi<script>alert(1)</script><img src="https://spy.example/a.gif" width="1"></p>',
        kind="text/html",
    )
    assert arrives(mailbox, raw).message.safe_html == "<p>Hi</p>"


def test_a_mail_without_a_word_is_kept(mailbox):
    noted = arrives(mailbox, mail("", subject=""))
    assert (noted.ticket.subject, noted.message.body) == ("(no subject)", "")


class TestFiles:
    def picture(self) -> str:
        return part(PIXEL, "Content-Type: image/png; name=p.png", "Content-ID: <p@1>", "Content-Disposition: inline")

    def test_pictures_stand_in_the_text_for_those_who_may_see_them(self, cast, mailbox, as_user):
        raw = attached(self.picture(), text='<p>Look: <img src="cid:p@1" alt="a pixel"></p>', kind="multipart/related")
        ticket = arrives(mailbox, raw).ticket
        file = File.objects.get()
        assert f'<img src="/files/{file.pk}" alt="a pixel">' in ticket.messages.get().safe_html
        assert as_user(cast.agent).get(f"/files/{file.pk}")["Content-Type"] == "image/png"
        assert as_user(cast.stranger).get(f"/files/{file.pk}").status_code == 404
        assert Client().get(f"/files/{file.pk}").status_code == 404

    def test_the_requesters_page_asks_for_them_below_its_own_link(self, cast, mailbox):
        raw = attached(self.picture(), text='<p><img src="cid:p@1"></p>', kind="multipart/related")
        ticket = arrives(mailbox, raw).ticket
        here = f"/help/t/{requester_token(ticket, cast.customer)}"
        address = f"{here}/files/{File.objects.get().pk}"
        assert f'src="{address}"' in Client().get(here).content.decode()
        assert Client().get(address).status_code == 200

    def test_dangerous_and_lying_files_say_so(self, cast, mailbox, as_user):
        ticket = arrives(mailbox, attached(
            part(b"MZ\x90", "Content-Type: image/png; name=holiday.png"),
            part(b"echo", "Content-Type: text/plain; name=invoice.pdf.bat"),
        )).ticket  # fmt: skip
        lying, program = File.objects.order_by("pk")
        assert "is a program" in lying.warning and "A program" in program.warning
        assert lying.warning in as_user(cast.agent).get(f"/tickets/{ticket.pk}").content.decode()

    def test_what_is_over_a_limit_is_named_in_the_message(self, mailbox, settings):
        settings.FILE_MAX_BYTES, settings.MAIL_FILES = 1000, 2
        raw = attached(*(part(b"x" * size, f"Content-Type: text/plain; name={name}") for name, size in
                         [("a.txt", 9), ("huge.txt", 5000), ("b.txt", 9), ("c.txt", 9)]))  # fmt: skip
        message = arrives(mailbox, raw).message
        assert [file.name for file in message.files.all()] == ["a.txt", "b.txt"]
        assert "huge.txt" in message.body and "too large" in message.body and "c.txt" in message.body
        assert "huge.txt" in message.safe_html

    def test_what_fails_leaves_no_file_behind(self, mailbox, settings):
        settings.BINDING_FOLLOWERS = {"integrations.mail.intake.broken"}
        settings.TICKET_FOLLOWERS = ["integrations.mail.intake.broken"]
        with pytest.raises(ImportError):
            receive.take(
                stored(mailbox, attached(part(b"x", "Content-Type: text/plain; name=a.txt"))), at=mailbox.created_at
            )
        assert not File.objects.exists()
        assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


def stored(mailbox, raw):
    return intake.store(mailbox, raw, mailbox.created_at)[0]


class Clamd(socketserver.StreamRequestHandler):
    """What clamd says over INSTREAM: everything with "virus" in it is one."""

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        body = b""
        while size := struct.unpack("!L", self.rfile.read(4))[0]:
            body += self.rfile.read(size)
        self.wfile.write(b"stream: Test-Virus FOUND\0" if b"virus" in body else b"stream: OK\0")


class TestScanner:
    @pytest.fixture
    def clamd(self, settings, tmp_path) -> Iterator[None]:
        settings.CLAMD_SOCKET = str(tmp_path / "clamd")
        with socketserver.UnixStreamServer(settings.CLAMD_SOCKET, Clamd) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            yield
            server.shutdown()

    def test_what_it_finds_is_kept_from_everybody(self, cast, mailbox, clamd, as_user):
        raw = attached(
            part(b"a virus", "Content-Type: text/plain; name=v.txt"),
            part(b"fine", "Content-Type: text/plain; name=f.txt"),
        )
        ticket = arrives(mailbox, raw).ticket
        bad, good = File.objects.order_by("pk")
        assert (bad.quarantine, good.quarantine) == ("Test-Virus", "")
        agent = as_user(cast.agent)
        assert [agent.get(f"/files/{file.pk}").status_code for file in (bad, good)] == [404, 200]
        page = agent.get(f"/tickets/{ticket.pk}").content.decode()
        assert "Test-Virus" in page and f'href="/files/{bad.pk}"' not in page
        assert path_of(bad).exists()

    def test_without_an_answer_the_file_says_that_it_was_not_scanned(self, mailbox, settings, tmp_path):
        settings.CLAMD_SOCKET = str(tmp_path / "nobody")
        arrives(mailbox, attached(part(b"x", "Content-Type: text/plain; name=a.txt")))
        assert File.objects.get().warning.startswith("Not scanned")


class TestTwice:
    """What was begun and never finished is tried apart first."""

    def test_a_good_mail_comes_through_a_second_attempt(self, mailbox):
        row = stored(mailbox, mail())
        row.attempts = 2
        assert Ticket.objects.get(pk=receive.take(row, at=mailbox.created_at)).subject == "Checkout fails"

    def test_what_takes_too_long_is_kept_with_the_reason(self, mailbox, monkeypatch):
        monkeypatch.setattr(trial, "WALL_SECONDS", 0.001)
        row = stored(mailbox, mail())
        row.attempts = 2
        inbound.interpret(row, now=mailbox.created_at)
        assert (row.state, row.reason) == (State.FAILED, trial.TOO_LONG)
        assert row.can_replay

    def test_a_mail_that_eats_the_memory_takes_nobody_along(self, monkeypatch):
        monkeypatch.setattr(trial, "MEMORY", 64 * 1024 * 1024)
        assert trial.fault_of(mail(b"x" * 200_000_000)).startswith(trial.DIES)
