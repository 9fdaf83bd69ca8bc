"""One PostgreSQL and one Valkey for a whole test run, as a pytest plugin (`-p tests.services`).

They must run before pytest-django reads the settings, so this cannot be a conftest. xdist's workers inherit the
environment and use the same servers, each with a database of its own. With DATABASE_URL (or REDIS_URL) set, that server
is used instead.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpdesk.runtime import paths, valkey
from helpdesk.runtime.postgres import EmbeddedPostgres
from helpdesk.runtime.supervisor import Supervisor

STARTED = "HELPDESK_TEST_SERVICES"


@contextmanager
def services() -> Iterator[Path]:
    """Servers with an empty data directory, gone afterwards; yields that directory.

    Within, HELPDESK_DATA points there, so that everything that asks `helpdesk.runtime.paths` finds them.
    """
    root = Path(tempfile.mkdtemp(prefix="hd-test-"))
    before = os.environ.get("HELPDESK_DATA")
    os.environ["HELPDESK_DATA"] = str(root)
    supervisor = Supervisor(log=lambda name, line: None)
    try:
        if not os.environ.get("DATABASE_URL"):
            postgres = EmbeddedPostgres()
            postgres.prepare()
            supervisor.spawn(postgres.service(fsync="off", synchronous_commit="off", full_page_writes="off"))
        if not os.environ.get("REDIS_URL"):
            supervisor.start(valkey.service())
        if not os.environ.get("DATABASE_URL"):
            supervisor.wait_ready(supervisor.services[0])
            postgres.ensure_database()
        yield root
    finally:
        supervisor.stop_all()
        shutil.rmtree(root, ignore_errors=True)
        os.environ.pop("HELPDESK_DATA", None)
        if before is not None:
            os.environ["HELPDESK_DATA"] = before


def start_for_this_run() -> None:
    """Start the servers once: in the run's first process, never again in its workers or in tests' children."""
    os.environ.setdefault(
        "DJANGO_ALLOW_ASYNC_UNSAFE", "true"
    )  # playwright's sync API keeps a loop on the tests' thread
    if os.environ.get(STARTED):
        return
    running = services()
    os.environ[STARTED] = str(running.__enter__())
    atexit.register(running.__exit__, None, None, None)
    assert paths.data_dir() == Path(os.environ[STARTED]).resolve()


def run(command: list[str]) -> int:
    """Run a command while servers of its own are up; -> its exit code (`python -m tests.services manage.py …`)."""
    with services():
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
start_for_this_run()
