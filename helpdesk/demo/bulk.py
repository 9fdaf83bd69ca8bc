"""COPY rows made of unsaved model instances: as fast as PostgreSQL takes them, and true to every model's defaults."""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import Field

CHUNK = 5_000
Write = Callable[[Any], str]


def escape(text: str) -> str:
    """COPY's text format. Four replacements are several times as fast as one str.translate."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def array(value: list[str]) -> str:
    quoted = (str(item).replace("\\", "\\\\").replace('"', '\\"') for item in value)
    return escape("{" + ",".join(f'"{item}"' for item in quoted) + "}")


def writer(field: "Field[Any, Any]") -> Write:
    """How one column's values are written, None aside."""
    if isinstance(field, ArrayField):
        return array
    if isinstance(field, models.JSONField):
        return lambda value: escape(json.dumps(value))
    if isinstance(field, models.BooleanField):
        return lambda value: "t" if value else "f"
    if isinstance(field, models.DateTimeField):
        return datetime.isoformat
    if isinstance(field, (models.CharField, models.TextField)):
        return lambda value: escape(str(value))
    return str


def chunks(rows: Iterable[models.Model]) -> Iterator[list[models.Model]]:
    batch: list[models.Model] = []
    for row in rows:
        batch.append(row)
        if len(batch) == CHUNK:
            yield batch
            batch = []
    if batch:
        yield batch


def copy(model: type[models.Model], rows: Iterable[models.Model]) -> int:
    """Write rows, primary keys included, and move the sequence past them. Answers how many."""
    fields = [f for f in model._meta.concrete_fields if not getattr(f, "generated", False)]
    writers = [(f.attname, writer(f)) for f in fields]
    columns = ", ".join(f'"{f.column}"' for f in fields)
    total = 0
    with connection.cursor() as cursor:
        for batch in chunks(rows):
            lines = (
                "\t".join(
                    "\\N" if (value := row.__dict__.get(name)) is None else write(value) for name, write in writers
                )
                for row in batch
            )
            data = io.StringIO("\n".join(lines) + "\n")
            cursor.copy_expert(f"COPY {model._meta.db_table} ({columns}) FROM STDIN", data)
            total += len(batch)
        if isinstance(model._meta.pk, models.AutoField) and total:
            table = model._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608
            )
    return total
