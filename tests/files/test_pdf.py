"""What a PDF says, beside its ticket: read in a process of its own, whatever is in it."""

import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from files import pdf
from files.models import File
from files.store import save_file
from tests import make
from tests.make import later
from tickets.actions import conversation
from tickets.models import Ticket


def document(*pages: bytes, packed: bool = False) -> bytes:
    """A PDF whose pages draw these streams."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, page in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {5 + 2 * n} 0 R"
            " /Resources << /Font << /F 3 0 R >> >> >>".encode()
        )
        drawn, kind = (zlib.compress(page, 9), b"/Filter /FlateDecode ") if packed else (page, b"")
        objects.append(b"<< %s/Length %d >>\nstream\n%s\nendstream" % (kind, len(drawn), drawn))
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % at for at in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return out + head + table + end


def line(text: str) -> bytes:
    return f"BT /F 12 Tf 72 700 Td ({text}) Tj ET".encode()


def kept(place: Path, content: bytes) -> Path:
    path = place / "one.pdf"
    path.write_bytes(content)
    return path


def test_it_reads_the_pages_in_order(tmp_path: Path) -> None:
    found = pdf.words_of(kept(tmp_path, document(line("Invoice 4711"), line("Total 12.50"))))
    assert (found.text, found.pages, found.cut, found.trouble) == ("Invoice 4711\n\nTotal 12.50", 2, False, "")


def test_it_says_when_there_is_more(tmp_path: Path) -> None:
    many = [line(f"Page {number}") for number in range(pdf.PAGES + 1)]
    found = pdf.words_of(kept(tmp_path, document(*many)))
    assert (found.pages, found.cut) == (pdf.PAGES + 1, True)
    assert found.text.endswith(f"Page {pdf.PAGES - 1}")


def sent(cast: Any, ticket: Ticket, content: bytes) -> File:
    """The file of a message that the customer wrote."""
    file = save_file(stream=BytesIO(content), name="bill.pdf", uploaded_by=cast.customer, at=later(minutes=1))
    conversation.receive(
        ticket=ticket, body="My bill.", files=[file], at=later(minutes=1), actor=cast.customer, via="form"
    )
    return file


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.4\n", b"%PDF-1.7\n" + bytes(range(256)) * 40, document(line("cut off"))[:300]],
    ids=["empty", "only a head", "noise", "cut off"],
)
def test_it_answers_for_what_is_no_pdf_at_all(tmp_path: Path, content: bytes) -> None:
    found = pdf.words_of(kept(tmp_path, content))
    assert found.trouble or not found.text


def test_a_page_that_unpacks_without_end_ends_its_reader_alone(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(pdf, "CPU_SECONDS", 2)
    bomb = document(b"BT /F 1 Tf (x) Tj ET\n" * 6_000_000, packed=True)
    assert len(bomb) < 1_000_000
    assert pdf.words_of(kept(tmp_path, bomb)).trouble


@pytest.mark.django_db
def test_an_agent_reads_it_beside_the_ticket(cast: Any, shop: Any, as_user: Any, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    ticket = make.ticket(requester=cast.customer, site=shop)
    file = sent(cast, ticket, document(line("Invoice 4711 <b>")))
    agent = as_user(cast.agent)
    assert f"/files/{file.pk}/text" in agent.get(f"/tickets/{ticket.pk}").content.decode()
    page = agent.get(f"/files/{file.pk}/text").content.decode()
    assert "Invoice 4711 &lt;b&gt;" in page
    assert as_user(cast.customer).get(f"/files/{file.pk}/text").status_code in (302, 403, 404)


@pytest.mark.django_db
def test_what_a_scanner_found_is_not_read(cast: Any, shop: Any, as_user: Any, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    ticket = make.ticket(requester=cast.customer, site=shop)
    file = sent(cast, ticket, document(line("Invoice")))
    file.quarantine = "Test-Virus"
    file.save()
    assert as_user(cast.agent).get(f"/files/{file.pk}/text").status_code == 404
