"""One PostgreSQL and one Valkey for a whole test run, as a pytest plugin (`-p tests.services`).

They must run before pytest-django reads the settings, so this cannot be a conftest. xdist's workers inherit the
environment and use the same servers, each with a database of its own. With DATABASE_URL (or REDIS_URL) set, that server
is used instead.
"""

import atexit
import os
import subprocess
import sys
from pathlib import Path

from helpdesk.runtime import paths
from helpdesk.runtime.scratch import scratch_servers

STARTED = "HELPDESK_TEST_SERVICES"


def start_for_this_run() -> None:
    """Start the servers once: in the run's first process, never again in its workers or in tests' children."""
    os.environ.setdefault(
        "DJANGO_ALLOW_ASYNC_UNSAFE", "true"
    )  # playwright's sync API keeps a loop on the tests' thread
    if os.environ.get(STARTED):
        return
    running = scratch_servers()
    os.environ[STARTED] = str(running.__enter__())
    atexit.register(running.__exit__, None, None, None)
    assert paths.data_dir() == Path(os.environ[STARTED]).resolve()
    (paths.data_dir() / "static").mkdir()  # nothing is collected into it, but every client would warn without it


def run(command: list[str]) -> int:
    """Run a command while servers of its own are up; -> its exit code (`python -m tests.services manage.py …`)."""
    with scratch_servers():
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
start_for_this_run()
