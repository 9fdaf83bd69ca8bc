"""Why something about people, teams or sites was not done."""


class Refused(Exception):
    """It does not fit what is there now. `message` says what to do next; `field` names the input that must change."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
