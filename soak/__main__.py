"""`bin/soak [--seconds 60]`: a desk under load while its workers are killed; see `--help`."""

import os
import subprocess
import sys
from pathlib import Path

from helpdesk.runtime.scratch import scratch_servers
from soak.options import options_of

ROOT = Path(__file__).resolve().parent.parent
DESK = {
    "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
    "FORM_LIMIT_PER_IP": "1000000",
    "FORM_LIMIT_PER_ADDRESS": "1000000",
    "EMAIL_HOST": "127.0.0.1",
    "EMAIL_USE_TLS": "false",
    "INTERNAL_HOSTS": "127.0.0.0/8,::1",
}


def main() -> int:
    options_of(sys.argv[1:])
    os.environ["REDIS_URL"] = "unix:///nowhere"  # the run starts a Valkey of its own, to be killed
    with scratch_servers(durable=True):
        del os.environ["REDIS_URL"]
        # A process of its own, so that Django reads its settings with the database running.
        return subprocess.call([sys.executable, "-m", "soak.run", *sys.argv[1:]], cwd=ROOT, env=os.environ | DESK)


if __name__ == "__main__":
    sys.exit(main())
