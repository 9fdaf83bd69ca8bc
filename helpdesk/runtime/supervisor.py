"""A small process supervisor: ordered start, readiness, restart with backoff, stop in reverse order.

Children die with the parent, even when it is killed with SIGKILL (Linux: PR_SET_PDEATHSIG). Standard library only.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.03
LONGEST_BACKOFF_SECONDS = 30.0
STEADY_SECONDS = 60.0  # a service that ran this long starts again with the shortest backoff
LAST_LINES = 30


class Failed(RuntimeError):
    """A service could not be started; the message carries its last lines of output."""


class Stopped(Exception):
    """The supervisor was told to stop while it was still starting."""


@dataclass
class Service:
    """One child process. `ready` is polled until it is true; times are seconds."""

    name: str
    argv: list[str]
    ready: Callable[[], bool] = lambda: True
    ready_timeout: float = 60.0
    stop_signal: int = signal.SIGTERM
    stop_timeout: float = 20.0
    user: int | None = None
    keep_open: tuple[int, ...] = ()  # file descriptors the child inherits
    loud: bool = False  # True: its output is always shown; else only once it is ready and until it is told to stop
    before_start: Callable[[], None] = lambda: None
    process: subprocess.Popen[bytes] | None = None
    tail: list[str] = field(default_factory=list)
    restarts: int = 0
    started_at: float = 0.0
    next_try: float | None = None

    @property
    def running(self) -> bool:
        """Whether the process exists now."""
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Starts services in the order given and stops them in reverse; `log(name, line)` receives their output.

    Use it from one thread: the kernel ties a child's life to the thread that started it.
    """

    def __init__(self, *, log: Callable[[str, str], None]) -> None:
        self.services: list[Service] = []
        self.stopping = threading.Event()
        self._log = log
        self._raise_on_signal = False

    def spawn(self, service: Service) -> None:
        """Start a service without waiting for it."""
        self.services.append(service)
        self._run(service)

    def start(self, service: Service) -> None:
        """Start a service and wait until it is ready. Raises Failed or Stopped."""
        self.spawn(service)
        self.wait_ready(service)

    def wait_ready(self, service: Service) -> None:
        """Wait until a spawned service is ready. Raises Failed or Stopped."""
        deadline = time.monotonic() + service.ready_timeout
        while not service.ready():
            if not service.running:
                code = service.process.returncode if service.process else None
                raise Failed(self._explain(service, f"{service.name} ended with code {code} while starting."))
            if time.monotonic() > deadline:
                raise Failed(self._explain(service, f"{service.name} was not ready in {service.ready_timeout:.0f} s."))
            if self.stopping.wait(POLL_SECONDS):
                raise Stopped
        service.loud = True

    def finish(self, job: Service) -> None:
        """Wait until a spawned process that has an end has ended. Raises Failed unless it ended well, or Stopped."""
        while job.running:
            if self.stopping.wait(POLL_SECONDS):
                raise Stopped
        self.services.remove(job)
        if job.process and job.process.returncode:
            raise Failed(self._explain(job, f"{job.name} ended with code {job.process.returncode}."))

    def stop_on_signals(self) -> None:
        """Let Ctrl-C, SIGTERM and a closed terminal end `watch`; while still starting they raise Stopped."""

        def handle(*_: object) -> None:
            self.stopping.set()
            if self._raise_on_signal:
                raise Stopped

        self._raise_on_signal = True
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, handle)

    def watch(self) -> None:
        """Keep the services running until told to stop."""
        self._raise_on_signal = False
        while not self.stopping.wait(0.5):
            for service in self.services:
                self._look_after(service)

    def stop_all(self) -> None:
        """Stop what runs, last started first, each within its stop timeout."""
        self._raise_on_signal = False
        self.stopping.set()
        for service in reversed(self.services):
            self._stop(service)

    def _look_after(self, service: Service) -> None:
        now = time.monotonic()
        if service.running:
            if now - service.started_at > STEADY_SECONDS:
                service.restarts = 0
        elif service.next_try is None:
            delay = min(LONGEST_BACKOFF_SECONDS, 0.5 * 2**service.restarts)
            service.next_try = now + delay
            code = service.process.returncode if service.process else None
            _kill_group(service)
            self._log(service.name, f"ended with code {code}, starting again in {delay:.1f} s")
        elif now >= service.next_try:
            service.next_try = None
            service.restarts += 1
            self._run(service)

    def _run(self, service: Service) -> None:
        service.before_start()
        identity: dict[str, Any] = {}
        if service.user is not None:
            identity = {"user": service.user, "group": service.user, "extra_groups": [], "cwd": "/"}
        service.process = subprocess.Popen(
            service.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=service.keep_open,
            start_new_session=True,  # Ctrl-C reaches this process only, which then stops the others in order
            preexec_fn=die_with_parent(service.stop_signal),
            **identity,
        )
        service.started_at = time.monotonic()
        threading.Thread(target=self._pump, args=(service, service.process), daemon=True).start()

    def _pump(self, service: Service, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for raw in process.stdout:
                line = raw.decode("utf-8", "replace").rstrip()
                service.tail = [*service.tail[1 - LAST_LINES :], line]
                if service.loud and not self.stopping.is_set():
                    self._log(service.name, line)

    def _stop(self, service: Service) -> None:
        process = service.process
        if process is None or process.poll() is not None:
            return
        process.send_signal(service.stop_signal)
        try:
            process.wait(service.stop_timeout)
        except subprocess.TimeoutExpired:
            self._log(service.name, f"still running after {service.stop_timeout:.0f} s, killed")
            _kill_group(service)
            process.wait()

    def _explain(self, service: Service, summary: str) -> str:
        time.sleep(0.1)  # the pump may still be reading the last words
        if service.loud:  # they were shown as they came
            return summary
        return "\n".join([summary, *(f"    {line}" for line in service.tail)])


def _kill_group(service: Service) -> None:
    """Kill what a service left behind: a worker that was killed leaves its beat, and two beats must never run."""
    if service.process:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(service.process.pid, signal.SIGKILL)


def die_with_parent(number: int) -> Callable[[], None]:
    """A function for the child, between fork and exec: the kernel sends it `number` when this process ends."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    libc = ctypes.CDLL(None, use_errno=True)  # loaded here: nothing may be imported after the fork
    parent = os.getpid()

    def in_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # the parent ended before the line above
            os._exit(1)

    return in_child
