"""The desk's processes, each started anew after it was killed."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from helpdesk.runtime import paths, valkey
from helpdesk.runtime.supervisor import die_with_parent

CELERY = [sys.executable, "-W", "ignore", "-m", "celery", "--quiet", "-A", "helpdesk"]
QUEUES = "page,mail,webhook,bulk,default"
WORKER = ["-Q", QUEUES, "--pool=threads", "--concurrency=8", "--without-gossip", "--without-mingle"]


class Process:
    """One process group: start(), kill() as the kernel would, stop() as a supervisor would."""

    def __init__(self, name: str, argv: list[str], **env: str) -> None:
        self.name, self.argv, self.env, self.kills = name, argv, env, 0
        self.log = paths.data_dir() / f"{name}.log"
        self.running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.argv, env=os.environ | self.env, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                start_new_session=True, preexec_fn=die_with_parent(signal.SIGKILL),
            )  # fmt: skip

    def kill(self) -> None:
        """kill -9 of the whole group."""
        assert self.running is not None
        self.kills += 1
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()

    def stop(self) -> None:
        if self.running is not None and self.running.poll() is None:
            self.running.terminate()
            try:
                self.running.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


class Store(Process):
    """The embedded Valkey."""

    def __init__(self) -> None:
        paths.make_run_dir()
        self.service = valkey.service()
        super().__init__("valkey", self.service.argv)

    def start(self) -> None:
        self.service.before_start()
        super().start()


def web(port: int) -> Process:
    argv = [sys.executable, "-m", "gunicorn", "-c", "python:helpdesk.runtime.web", "helpdesk.wsgi:application"]
    return Process("web", [*argv, "--bind", f"127.0.0.1:{port}"])


def beat() -> Process:
    return Process("beat", [*CELERY, "beat", "--loglevel=WARNING"])


def worker(number: int, smtp_port: int) -> Process:
    argv = [*CELERY, "worker", *WORKER, "--loglevel=WARNING", "-n", f"soak{number}@%h"]
    return Process(f"worker{number}", argv, EMAIL_PORT=str(smtp_port))


def last_lines(path: Path, many: int = 5) -> list[str]:
    """The end of a log, for whoever has to find out why."""
    return path.read_text(errors="replace").splitlines()[-many:] if path.exists() else []
