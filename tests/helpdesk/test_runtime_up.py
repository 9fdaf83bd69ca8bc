"""`manage.py up` as a person meets it: started, started twice, stopped, killed."""

import itertools
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpdesk.runtime import paths

GIVEN = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "HELPDESK_DATA", "SECRET_KEY", "BASE_URL", "STATIC_DIR")
NUMBERS = itertools.count()
PATIENCE_SECONDS = 120  # for a machine that is busy with other tests


class Desk:
    """One `manage.py up` in a data directory; `said` is its output so far."""

    def __init__(self, data: Path) -> None:
        self.output = data.with_name(f"{data.name}-{next(NUMBERS)}.log")
        self.output.parent.mkdir(exist_ok=True)
        environment = {name: value for name, value in os.environ.items() if name not in GIVEN}
        command = [sys.executable, "manage.py", "up", "--no-demo", "--bind", "127.0.0.1:18470", "--data", str(data)]
        self.began = time.monotonic()
        with self.output.open("w") as file:
            self.process = subprocess.Popen(
                command, cwd=paths.CHECKOUT, env=environment, stdout=file, stderr=subprocess.STDOUT
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def open(self) -> str:
        """Wait until the desk says it is open; -> its address."""
        while self.process.poll() is None and time.monotonic() < self.began + PATIENCE_SECONDS:
            if found := re.search(r"The desk is open: +(\S+)/", self.said):
                return found[1]
            time.sleep(0.05)
        raise AssertionError(f"did not open:\n{self.said}")

    def family(self) -> set[int]:
        """The processes below it, of whatever depth."""
        parents = {}
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = entry.read_text().rpartition(")")[2].split()
            except OSError:  # ended meanwhile
                continue
            parents[int(entry.parent.name)] = int(fields[1]) if fields[0] != "Z" else 0
        found: set[int] = {self.process.pid}
        while more := {child for child, parent in parents.items() if parent in found} - found:
            found |= more
        return found - {self.process.pid}


@pytest.fixture
def data() -> Iterator[Path]:
    """Not pytest's own directory: that is closed to other users, so root's PostgreSQL could not reach it."""
    place = Path(tempfile.mkdtemp(prefix="hd-up-", dir="/tmp"))
    place.chmod(0o711)
    yield place / "data"
    shutil.rmtree(place)


@pytest.fixture
def start(data: Path) -> Iterator[list[Desk]]:
    desks: list[Desk] = []
    yield desks
    for desk in desks:
        if desk.process.poll() is None:
            desk.process.send_signal(signal.SIGINT)
            desk.process.wait(60)


def permissions(*places: Path) -> dict[Path, tuple[int, int, int]]:
    return {place: (found.st_mode, found.st_uid, found.st_gid) for place in places for found in [place.stat()]}


def left(processes: set[int]) -> set[int]:
    """Those that still exist a few seconds later."""
    deadline = time.monotonic() + 60
    while processes and time.monotonic() < deadline:
        processes = {number for number in processes if Path(f"/proc/{number}").exists()}
        time.sleep(0.05)
    return processes


def test_the_desk_keeps_to_its_own_place_and_leaves_nothing_behind(data: Path, start: list[Desk]) -> None:
    outside = [*data.parents, *paths.CHECKOUT.parents, paths.CHECKOUT, Path(sys.prefix), Path(sys.prefix) / "lib"]
    before = permissions(*outside)

    desk, neighbour = Desk(data), Desk(data.with_name("neighbour"))
    start += [desk, neighbour]
    address = desk.open()
    assert address != neighbour.open()
    assert "is busy, trying" in desk.said + neighbour.said
    with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
        assert answer.status == 200
    assert str(data) in desk.said

    second = Desk(data)
    assert second.process.wait(60) == 1
    assert f"already runs on {data} (process {desk.process.pid})" in second.said

    processes = desk.family()
    assert len(processes) > 4
    desk.process.send_signal(signal.SIGINT)
    assert desk.process.wait(60) == 0
    assert not left(processes)

    processes = neighbour.family()
    neighbour.process.kill()
    neighbour.process.wait(10)
    assert not left(processes)
    assert permissions(*outside) == before
    assert not stat.S_IMODE(data.stat().st_mode) & stat.S_IRWXO


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's PostgreSQL runs as that user")
def test_root_is_told_when_its_database_cannot_reach_the_data(tmp_path: Path, start: list[Desk]) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    desk = Desk(tmp_path / "closed" / "data")
    start.append(desk)
    assert desk.process.wait(60) == 1
    assert "is closed to others" in desk.said
    assert "--data" in desk.said
