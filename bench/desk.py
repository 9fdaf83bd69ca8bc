"""A desk to measure: servers, bulk tickets, gunicorn, and somebody signed in."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import cpu

ROOT = Path(__file__).resolve().parent.parent
Request = tuple[str, str, bytes | None, dict[str, str]]


def percentile(values: list[float], part: float) -> float:
    """The value that `part` of the sorted values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


@dataclass
class Desk:
    """A running gunicorn and the processes whose CPU counts."""

    port: int
    web: subprocess.Popen[bytes]
    database: int
    headers: dict[str, str] = field(default_factory=dict)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, connection: http.client.HTTPConnection, request: Request) -> int:
        """Send one request over a kept-alive connection and read all of the answer."""
        method, path, body, headers = request
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status

    def measure(
        self, make: Callable[[int], Request], *, times: int, expect: tuple[int, ...] = (200,)
    ) -> dict[str, Any]:
        """p50 and p95 in ms and CPU ms (web and database) per request, one after the other."""
        connection = self.connect()
        for number in range(6):  # both workers warm
            connection = self.connect() if number % 2 else connection
            status = self.ask(connection, make(-number - 1))
            if status not in expect:
                raise SystemExit(f"{make(0)[:2]} answered {status}")
        before, walls = cpu.used([self.web.pid, self.database]), []
        for number in range(times):
            began = time.perf_counter()
            self.ask(connection, make(number))
            walls.append(1000 * (time.perf_counter() - began))
        spent = 1000 * (cpu.used([self.web.pid, self.database]) - before) / times
        return {
            "p50_ms": round(percentile(walls, 0.5), 1),
            "p95_ms": round(percentile(walls, 0.95), 1),
            "cpu_ms": round(spent, 1),
        }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(database: int) -> Desk:
    """Two gunicorn workers as `manage.py up` starts them."""
    port = free_port()
    web = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "python:helpdesk.runtime.web", "helpdesk.wsgi:application",
         "--bind", f"127.0.0.1:{port}"],
        cwd=ROOT, env={**os.environ, "WEB_WORKERS": "2"},
    )  # fmt: skip
    desk = Desk(port=port, web=web, database=database)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if desk.ask(desk.connect(), ("GET", "/healthz", None, {})) == 200:
                return desk
        except OSError:
            time.sleep(0.1)
    raise SystemExit("gunicorn did not start")


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()
