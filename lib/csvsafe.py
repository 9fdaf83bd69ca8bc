"""CSV that opens in a spreadsheet as data and nothing else: cells that would be taken for formulas are defused."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from io import StringIO

# What spreadsheets take for a formula, also after blanks and in full width.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20|]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:[.,]\d{1,30})?", re.ASCII)
_ROWS_AT_ONCE = 200


def cell(value: object) -> str:
    """A value as the text of a cell: None is empty, instants are ISO 8601, a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date):
        return value.isoformat()
    text = str(value).replace("\x00", "")
    if isinstance(value, int | float) or _NUMBER.fullmatch(text) or not _FORMULA.match(text):
        return text
    return "'" + text


def stream(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The file in pieces, for a streaming response. Begins with a byte order mark, by which Excel knows UTF-8."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([cell(name) for name in header])
    for number, row in enumerate(rows, start=1):
        writer.writerow([cell(value) for value in row])
        if number % _ROWS_AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
