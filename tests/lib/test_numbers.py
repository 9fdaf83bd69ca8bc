"""Numbers in addresses and forms."""

import pytest

from lib.numbers import read_number


@pytest.mark.parametrize(("text", "read"), [("0", 0), ("1042", 1042), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_are_a_number(text, read):
    assert read_number(text) == read


@pytest.mark.parametrize("text", ["", " 1", "1 ", "-1", "+1", "1.0", "1_0", "²", "١٢", "1\n", "9" * 19, "9" * 5000])
def test_anything_else_is_none(text):
    assert read_number(text) is None
