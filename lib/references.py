"""What still needs a row that somebody wants to delete, in words."""

from typing import Any

from django.db import models

MANY = 100


def needed_by(row: models.Model) -> str:
    """ "12 tickets and 1 site" for the rows that protect this one from deletion; "" when none does.

    Counts to a hundred only: Django itself would load every protecting row to name them.
    """
    found = []
    for relation in row._meta.related_objects:
        if getattr(relation, "on_delete", None) not in (models.PROTECT, models.RESTRICT):
            continue
        related: Any = relation.related_model
        rows = related._default_manager.filter(**{relation.field.name: row}).order_by().values_list("pk")[: MANY + 1]
        if number := len(rows):
            meta = related._meta
            name = meta.verbose_name if number == 1 else meta.verbose_name_plural
            found.append(f"{number} {name}" if number <= MANY else f"more than {MANY} {name}")
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)
