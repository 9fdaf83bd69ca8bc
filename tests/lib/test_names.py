"""Names of files, whoever gave them, can be shown and saved anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.names import clean_file_name


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("Übersicht März.xlsx", "Übersicht März.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\shot.png", "shot.png"),
        ("a/b/", "b"),
        ("", "file"),
        ("..", "file"),
        ("/", "file"),
        ("  . ", "file"),
        (".htaccess", "htaccess"),
        ("invoice\u202efdp.exe", "invoice fdp.exe"),
        ("a\x00b\r\nc.txt", "a b c.txt"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("CON", "_CON"),
        ("lpt1.txt", "_lpt1.txt"),
        ("a\ud800.txt", "a.txt"),
        ("e\u0301.txt", "é.txt"),
        ("x" * 5000 + ".tar.gz", "x" * 197 + ".gz"),
    ],
)
def test_it_keeps_what_can_be_kept_of_a_name(given_name: str, kept: str) -> None:
    assert clean_file_name(given_name).replace(".tar", "") == kept


@given(st.text())
def test_it_makes_a_name_of_anything(given_name: str) -> None:
    name = clean_file_name(given_name)
    assert (
        0 < len(name.encode()) <= 200
        and name.isprintable()
        and not set(name) & set('/\\<>:"|?*')
        and name not in (".", "..")
    )
