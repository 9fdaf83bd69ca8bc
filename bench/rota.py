"""Who is on call: a look at an instant, and a year with its balance, of a rota of three layers, a dozen overrides."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bench.deadlines import a_second
from oncall import burden
from oncall.rota import HOUR, Layer, Override, Rota, shifts, who
from sla.hours import Calendar

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
FIRST = datetime.fromisoformat("2025-12-29T09:00")  # by the rota's own clock
OFFICE = {"tz": "Europe/Berlin", "hours": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}


def three_layers() -> Rota:
    """Weekly turns, half days above them, office hours on top."""
    layers = (
        Layer(people=(1, 2, 3), first=FIRST, every=timedelta(weeks=1)),
        Layer(people=(2, 3), first=FIRST, every=12 * HOUR),
        Layer(people=(1, 4), first=FIRST, every=24 * HOUR, hours=Calendar.from_dict(OFFICE)),
    )
    starts = [datetime(2026, month, 3, tzinfo=UTC) for month in range(1, 13)]
    return Rota(ZoneInfo("Europe/Berlin"), layers, tuple(Override(at, at + timedelta(days=2), 4) for at in starts))


def on_call() -> dict[str, float]:
    """Looks in a second of CPU, and milliseconds of it for a year."""
    made = three_layers()
    began = time.process_time()
    for _ in range(10):
        burden.load(shifts(made, BEGIN, END), made.zone)
    year = 100 * (time.process_time() - began)
    return {"looks_per_s": a_second(lambda n: who(made, BEGIN + HOUR * (n % 8_760))), "year_ms": round(year, 1)}
