"""Putting files away and handing them out."""

import hashlib
import secrets
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import puremagic
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse

from accounts.models import User
from files import dangers
from files.models import File
from lib.names import clean_file_name

CHUNK = 256 * 1024
OCTETS = "application/octet-stream"


class TooLarge(ValueError):
    """The file is larger than settings.FILE_MAX_BYTES."""


def path_of(file: File) -> Path:
    return settings.MEDIA_ROOT / file.key[:2] / file.key


def sniff(head: bytes) -> str:
    """The media type that the first bytes prove, else text/plain or application/octet-stream."""
    try:
        return puremagic.from_string(head, mime=True, filename=None) or OCTETS
    except (puremagic.PureError, ValueError):
        pass
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return OCTETS
    return "text/plain" if head and b"\0" not in head else OCTETS


def save_file(
    *, stream: BinaryIO | UploadedFile, name: str, uploaded_by: User | None, at: datetime, claimed: str = ""
) -> File:
    """Write the bytes under a random key, then the row. `claimed` is the type its sender gave it. Raises TooLarge and
    leaves nothing behind."""
    key = secrets.token_hex(24)
    path = settings.MEDIA_ROOT / key[:2] / key
    path.parent.mkdir(parents=True, exist_ok=True)
    total, sha, head = 0, hashlib.sha256(), b""
    try:
        with path.open("xb") as out:
            while chunk := stream.read(CHUNK):
                head = head or chunk[:8192]
                total += len(chunk)
                if total > settings.FILE_MAX_BYTES:
                    raise TooLarge(f"{name} is larger than {settings.FILE_MAX_BYTES // 1024 // 1024} MB.")
                sha.update(chunk)
                out.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    clean = clean_file_name(name)
    return File.objects.create(
        key=key,
        name=clean,
        content_type=sniff(head)[:100],
        size=total,
        sha256=sha.hexdigest(),
        uploaded_by=uploaded_by,
        created_at=at,
        warning=dangers.warning(clean, claimed, head),
    )


def discard(file: File) -> None:
    """Take a file back that nothing refers to: the row, then the bytes."""
    path = path_of(file)
    file.delete()
    path.unlink(missing_ok=True)


def download(file: File) -> FileResponse:
    """The file as a download that no browser will run: attachment, nosniff, sandboxed; images may show inline."""
    response = FileResponse(
        path_of(file).open("rb"),
        as_attachment=not file.is_image,
        filename=file.name,
        content_type=file.content_type if file.is_image else OCTETS,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=3600"
    return response
