"""What came along with a letter, put away as files under limits. Whatever is left out is named, never silently lost."""

from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from accounts.models import User
from files import scan
from files.models import File
from files.store import discard, save_file
from integrations.mail.letter import Attachment, Letter
from lib.names import clean_file_name

NAMED = 20  # of what was left out


@dataclass(slots=True)
class Kept:
    """`images`: addresses of the pictures that the letter's HTML shows, by content id. `left_out`: in words."""

    files: list[File] = field(default_factory=list)
    images: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def discard(self) -> None:
        """Take them back: nothing refers to them."""
        for file in self.files:
            discard(file)

    @property
    def note(self) -> str:
        """A line for the end of the message about what is missing; "" when nothing is."""
        if not self.left_out:
            return ""
        more = len(self.left_out) - NAMED
        named = "; ".join(self.left_out[:NAMED]) + (f"; and {more} more" if more > 0 else "")
        return f"[Not kept here, but in the raw mail: {named}]"


def keep(letter: Letter, *, sender: User | None, at: datetime) -> Kept:
    """Save what is within the limits (settings.MAIL_FILES, MAIL_FILES_BYTES, FILE_MAX_BYTES), each scanned when a
    scanner is set. Call it outside a transaction: a scanner may take its time."""
    kept, total = Kept(), 0
    try:
        for one in letter.attachments:
            over = too_much(one, count=len(kept.files), total=total)
            if over:
                kept.left_out.append(f"{clean_file_name(one.name)} ({filesizeformat(one.size)}: {over})")
                continue
            total += one.size
            file = put_away(one, sender=sender, at=at)
            kept.files.append(file)
            if one.content_id and file.is_image:
                kept.images.setdefault(one.content_id, reverse("file", args=[file.pk]))
    except BaseException:
        kept.discard()
        raise
    return kept


def too_much(one: Attachment, *, count: int, total: int) -> str:
    """Which limit it would break."""
    if one.size > settings.FILE_MAX_BYTES:
        return "too large"
    if count >= settings.MAIL_FILES:
        return "too many files"
    return "too much in one mail" if total + one.size > settings.MAIL_FILES_BYTES else ""


def put_away(one: Attachment, *, sender: User | None, at: datetime) -> File:
    """Save and scan one. Without an answer from the scanner it is kept, and says that it was not scanned."""
    with closing(BytesIO(one.content)) as stream:
        file = save_file(stream=stream, name=one.name, uploaded_by=sender, at=at, claimed=one.content_type)
    if scan.is_set():
        try:
            file.quarantine = scan.scan(BytesIO(one.content))
        except scan.NoScanner:
            file.warning = f"Not scanned for viruses: the scanner did not answer. {file.warning}".strip()[:200]
        file.save(update_fields=["quarantine", "warning"])
    return file
