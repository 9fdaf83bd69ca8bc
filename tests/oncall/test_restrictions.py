"""When a layer counts, written as people do."""

import pytest

from oncall.restrictions import read, write
from oncall.rota import RotaError


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri 09:00-17:00", "mon tue wed thu fri"),
        ("Monday – Wednesday 9:00-17:00", "mon tue wed"),
        ("sat, sun 10:00–14:00", "sun sat"),
        ("fri-mon 00:00-24:00", "mon fri sat sun"),
        ("daily 22:00-06:00", "mon tue wed thu fri sat sun"),
        ("", ""),
    ],
)
def test_it_reads_days_and_reads_back_what_it_writes(text: str, days: str) -> None:
    found = read(text, "Europe/Berlin")
    assert set(found) == set(days.split()) and read(write(found), "Europe/Berlin") == found


@pytest.mark.parametrize(
    "text",
    ["09:00-17:00", "mon", "moon 09:00-17:00", "mon 9-5", "mon 09:00-25:00", "mon-wed-fri 09:00-10:00",
     "mon 09:00-12:00, 11:00-13:00", "– 09:00-10:00"],
)  # fmt: skip
def test_it_refuses_what_is_no_window(text: str) -> None:
    with pytest.raises(RotaError) as refused:
        read(text, "UTC")
    assert refused.value.field == "hours"
