"""Exports: a spreadsheet shows what was written and calculates nothing of it."""

import csv
from datetime import UTC, datetime
from io import StringIO

import pytest

from lib.csvsafe import cell, stream


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\u00a0=1",
        "\uff1d1+1",
        "|calc",
        '=HYPERLINK("http://evil.example")',
        "+49 30 1234",
    ],
)
def test_it_defuses_what_would_be_a_formula(text: str) -> None:
    assert cell(text) == "'" + text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("a=b", "a=b"),
        (-5, "-5"),
        ("-5", "-5"),
        ("-5.25", "-5.25"),
        (None, ""),
        (True, "yes"),
        (1.5, "1.5"),
        (datetime(2026, 3, 2, 8, tzinfo=UTC), "2026-03-02T08:00:00+00:00"),
        ("a\x00b", "ab"),
    ],
)
def test_it_leaves_everything_else_as_it_is(value: object, text: str) -> None:
    assert cell(value) == text


def test_it_streams_rows_that_any_reader_reads_back() -> None:
    rows = [(n, 'quote " and, comma\nline', "=1") for n in range(1000)]
    pieces = list(stream(["#", "text", "=head"], rows))
    read = list(csv.reader(StringIO("".join(pieces).removeprefix("\ufeff"), newline="")))
    assert len(pieces) > 3 and pieces[0].startswith("\ufeff#")
    assert read[0] == ["#", "text", "'=head"] and read[1000] == ["999", 'quote " and, comma\nline', "'=1"]


def test_it_makes_a_file_of_a_header_alone() -> None:
    assert "".join(stream(["a", "b"], [])) == "\ufeffa,b\r\n"
