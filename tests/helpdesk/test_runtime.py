"""Where data and sockets live, what a running desk claims, and how its processes are looked after."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpdesk.runtime import claims, paths
from helpdesk.runtime.supervisor import Failed, Service, Supervisor

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory of this test's own, not yet made, with no server named by the environment."""
    place = tmp_path / "data"
    monkeypatch.setenv("HELPDESK_DATA", str(place))
    for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    return place


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    supervisor = Supervisor(log=lambda name, line: None)
    yield supervisor
    supervisor.stop_all()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


# -- places ----------------------------------------------------------------------------------------------------------
def test_data_lives_where_it_was_told_to(data: Path) -> None:
    assert paths.data_dir() == data


def test_two_checkouts_of_one_name_share_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HELPDESK_DATA", raising=False)
    monkeypatch.setattr(paths, "CHECKOUT", Path("/srv/a/desk"))
    one = (paths.data_dir(), paths.run_dir(), paths.database_url(), paths.redis_url(0))
    monkeypatch.setattr(paths, "CHECKOUT", Path("/srv/b/desk"))
    other = (paths.data_dir(), paths.run_dir(), paths.database_url(), paths.redis_url(0))
    assert not set(one) & set(other)


def test_sockets_fit_their_address_however_deep_the_data_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPDESK_DATA", "/srv/" + "deep/" * 40 + "data")
    longest = max(len(str(paths.redis_socket())), len(str(paths.database_socket_dir() / ".s.PGSQL.5432")))
    assert longest < 104
    assert paths.run_dir().parent == Path("/tmp")


def test_a_run_directory_that_somebody_planted_is_refused(data: Path, tmp_path: Path) -> None:
    paths.make_data_dir()
    (tmp_path / "elsewhere").mkdir()
    paths.run_dir().symlink_to(tmp_path / "elsewhere")
    with pytest.raises(paths.Unusable, match="somebody else"):
        paths.make_run_dir()


def test_data_and_sockets_are_private(data: Path) -> None:
    assert mode(paths.make_data_dir()) == 0o700
    assert mode(paths.make_run_dir()) == 0o700


def test_a_place_that_cannot_be_made_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPDESK_DATA", "/proc/desk")
    with pytest.raises(paths.Unusable, match=r"/proc/desk cannot be created.*--data"):
        paths.make_data_dir()


def test_the_secret_key_is_made_once_and_kept_from_others(data: Path) -> None:
    first = paths.secret_key()
    assert len(first) > 50
    assert paths.secret_key() == first
    assert mode(data / "secret-key") == 0o600


@pytest.mark.parametrize(
    ("given", "cache", "broker"),
    [
        ("redis://:pw@cache:6379", "redis://:pw@cache:6379/1", "redis://:pw@cache:6379/0"),
        ("rediss://cache:6379/5?ssl_cert_reqs=none", "rediss://cache:6379/1?ssl_cert_reqs=none", None),
        ("unix:///run/v.sock?db=3", "unix:///run/v.sock?db=1", "redis+socket:///run/v.sock?virtual_host=0"),
    ],
)
def test_a_given_redis_is_used_with_the_database_asked_for(
    given: str, cache: str, broker: str | None, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", given)
    assert paths.redis_url(1) == cache
    assert broker is None or paths.broker_url() == broker


def test_the_data_option_counts_only_for_up(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    paths.take_data_option(["manage.py", "migrate", "--data", "/srv/other"])
    assert paths.data_dir() == data
    paths.take_data_option(["manage.py", "up", "--no-demo", "--data=/srv/other"])
    assert paths.data_dir() == Path("/srv/other")


# -- claims ----------------------------------------------------------------------------------------------------------
def test_a_busy_port_is_named_and_the_next_free_one_taken() -> None:
    said: list[str] = []
    with claims.listen("127.0.0.1", 18431, said.append) as first:
        port = first.getsockname()[1]
        with claims.listen("127.0.0.1", port, said.append) as second:
            assert second.getsockname()[1] > port
            assert f"port {port} is busy" in said[-1] or f"port {port} is busy" in said[0]
            assert claims.address_of(second) == f"http://127.0.0.1:{second.getsockname()[1]}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:80", ("127.0.0.1", 80)),
        (":81", ("127.0.0.1", 81)),
        ("82", ("127.0.0.1", 82)),
        ("[::1]:83", ("::1", 83)),
    ],
)
def test_bind_is_read_as_people_write_it(text: str, expected: tuple[str, int]) -> None:
    assert claims.parse_bind(text) == expected


@pytest.mark.parametrize("text", ["localhost", "127.0.0.1:", "127.0.0.1:port", "127.0.0.1:99999"])
def test_a_bind_that_names_no_port_is_refused(text: str) -> None:
    with pytest.raises(paths.Unusable, match="HOST:PORT"):
        claims.parse_bind(text)


def test_every_address_is_shown_as_one_a_browser_can_open() -> None:
    with socket.create_server(("0.0.0.0", 0)) as everywhere:
        assert claims.address_of(everywhere) == f"http://127.0.0.1:{everywhere.getsockname()[1]}"


def test_data_in_use_is_refused_naming_who_uses_it(data: Path) -> None:
    with claims.claim_data(print), pytest.raises(paths.Unusable, match=f"process {os.getpid()}"):
        claims.claim_data(print)
    claims.claim_data(print).close()


# -- processes -------------------------------------------------------------------------------------------------------
def test_what_was_started_last_is_stopped_first(supervisor: Supervisor, tmp_path: Path) -> None:
    script = (
        "import pathlib, signal, sys, time\n"
        "def end(*_): pathlib.Path(sys.argv[1]).open('a').write(sys.argv[2]); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); pathlib.Path(sys.argv[1] + sys.argv[2]).touch(); time.sleep(60)"
    )
    told = tmp_path / "told"
    for name in "ab":
        up = tmp_path / f"told{name}"
        supervisor.start(Service(name, [sys.executable, "-c", script, str(told), name], ready=up.exists))
    supervisor.stop_all()
    assert told.read_text() == "ba"


def test_a_service_that_cannot_start_says_why_in_its_own_words(supervisor: Supervisor) -> None:
    broken = Service("broken", [sys.executable, "-c", "raise SystemExit('no disk left')"], ready=lambda: False)
    with pytest.raises(Failed, match=r"(?s)broken ended with code 1.*no disk left"):
        supervisor.start(broken)


def test_a_service_that_falls_over_is_started_again(supervisor: Supervisor) -> None:
    service = Service("sleeper", SLEEPER)
    supervisor.start(service)
    assert service.process
    first = service.process.pid
    service.process.kill()
    service.process.wait()
    deadline = time.monotonic() + 10
    while service.process.pid == first and time.monotonic() < deadline:
        supervisor._look_after(service)
        time.sleep(0.05)
    assert service.running
    assert service.process.pid != first


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child that its parent was killed")
def test_children_end_when_their_parent_is_killed() -> None:
    script = (
        "import sys, time; from helpdesk.runtime.supervisor import Service, Supervisor\n"
        "service = Service('child', sys.argv[1:]); Supervisor(log=print).start(service)\n"
        "print(service.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, *SLEEPER], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(child)
