"""What fell due, worked off one by one."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import transaction

log = logging.getLogger(__name__)
Due = TypeVar("Due")


def each_alone(due: Iterable[Due], work: Callable[[Due], object], failing: str) -> int:
    """Each in a transaction of its own; answers for how many `work` had something to do (answered true). One that fails
    is logged, in the words of `failing` with one place for it, and stays due for the next tick."""
    done = 0
    for one in due:
        try:
            with transaction.atomic():
                done += bool(work(one))
        except Exception:  # whatever is wrong with one, it never stops the others
            log.exception(failing, one)
    return done
