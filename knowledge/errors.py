"""Why an article's verb said no."""


class Refused(Exception):
    """It may not be done; `message` tells the person what to do next, `field` where."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message, self.field = message, field


class Overtaken(Refused):
    """Somebody saved another version since this one was opened."""

    def __init__(self, version: int) -> None:
        super().__init__("Somebody else changed this article while you were writing.")
        self.version = version
