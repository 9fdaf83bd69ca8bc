"""Why a verb was not done. Views show these as they are; the API makes problem documents of them."""

from collections.abc import Sequence
from typing import Any


class Refused(Exception):
    """The verb does not fit the ticket as it is now. `field` names the input that must change, if one must."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Moved(Refused):
    """Somebody wrote since the author last looked; `news` holds those messages, oldest first."""

    def __init__(self, news: Sequence[Any]) -> None:
        super().__init__("Somebody wrote meanwhile. Read what is new, then send again.")
        self.news = news
