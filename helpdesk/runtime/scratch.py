"""PostgreSQL and Valkey with an empty data directory that is gone afterwards: for tests and measurements."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpdesk.runtime import valkey
from helpdesk.runtime.postgres import EmbeddedPostgres
from helpdesk.runtime.supervisor import Supervisor

FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def scratch_servers(*, durable: bool = False) -> Iterator[Path]:
    """Servers with an empty data directory, gone afterwards; yields that directory.

    Within, HELPDESK_DATA points there, so that everything that asks `helpdesk.runtime.paths` finds them. Without
    `durable` the database does not wait for the disk.
    """
    root = Path(tempfile.mkdtemp(prefix="hd-test-"))
    before = os.environ.get("HELPDESK_DATA")
    os.environ["HELPDESK_DATA"] = str(root)
    supervisor = Supervisor(log=lambda name, line: None)
    try:
        if not os.environ.get("DATABASE_URL"):
            postgres = EmbeddedPostgres()
            postgres.prepare()
            supervisor.spawn(postgres.service(**({} if durable else FORGETFUL)))
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
