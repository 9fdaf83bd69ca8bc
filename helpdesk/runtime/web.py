"""gunicorn's configuration: `gunicorn -c python:helpdesk.runtime.web helpdesk.wsgi:application`.

Variables: BIND, WEB_WORKERS, WEB_THREADS. Two workers of 64 threads leave room for 40 live streams each.
"""

import gc
import os
from pathlib import Path

from django.urls import get_resolver
from gunicorn.arbiter import Arbiter

bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "64"))
preload_app = True
timeout = 60
graceful_timeout = 3  # open live streams would hold a stop for as long as they are allowed to
keepalive = 15
backlog = 1024
max_requests = 50_000
max_requests_jitter = 10_000
loglevel = "warning"
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a slow disk must not look like a hung worker


def on_starting(server: Arbiter) -> None:
    """Import every view before the fork: the first requests are fast and the workers share the memory."""
    assert get_resolver().url_patterns
    gc.freeze()
