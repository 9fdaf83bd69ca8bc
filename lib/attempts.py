"""A form, then one verb; what the verb refuses is said at the field it names."""

from collections.abc import Callable
from typing import Any

from django.forms import BaseForm


def attempt(form: BaseForm, verb: Callable[[], Any], *refusals: type[Exception]) -> Any:
    """What the verb answers (True for None), or False when the form is invalid or the verb refused.

    A refusal carries `message` and `field`.
    """
    if not form.is_valid():
        return False
    try:
        answer = verb()
    except refusals as refused:
        field = getattr(refused, "field", None)
        form.add_error(field if field in form.fields else None, getattr(refused, "message", str(refused)))
        return False
    return True if answer is None else answer
