"""Threads that wait for others, so that no thread of the worker has to: a tick gives work away and is over at once."""

import logging
from collections.abc import Callable, Sequence
from threading import Lock, Thread
from typing import TypeVar

from django.db import connection

log = logging.getLogger(__name__)
Task = TypeVar("Task")


class Crew:
    """At most `limit` threads of one process. They are daemons: a worker that stops or is killed just drops them, the
    leases of what they held end, and the next worker finds it due."""

    def __init__(self, name: str, *, limit: int) -> None:
        self.name, self.limit = name, limit
        self.lock = Lock()
        self.running = 0

    def start(self, claim: Callable[[int], Sequence[Task]], work: Callable[[Task, int], object]) -> int:
        """A thread for each of what `claim` takes of so many free places; `work` is told how many run with it. Answers
        how many it started."""
        with self.lock:
            free = self.limit - self.running
            tasks = claim(free) if free > 0 else []
            for task in tasks:
                self.running += 1
                args = (task, work, self.running)
                Thread(target=self._run, args=args, daemon=True, name=f"{self.name}-{task}").start()
        return len(tasks)

    def _run(self, task: Task, work: Callable[[Task, int], object], place: int) -> None:
        try:
            work(task, place)
        except Exception:  # a thread has nobody to tell; the lease ends and the next look tries again
            log.exception("%s: %s", self.name, task)
        finally:
            connection.close()
            with self.lock:
                self.running -= 1
