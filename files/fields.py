"""Several files in one input of a form."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat


class FilesInput(forms.FileInput):
    """An input for several files; reads them all."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile]:
        return files.getlist(name) if hasattr(files, "getlist") else [files[name]] if name in files else []


class FilesField(forms.FileField):
    """Cleans to a list of at most settings.FILES_PER_MESSAGE uploads. Names the file that is empty or too large."""

    widget = FilesInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, **kwargs})

    def clean(self, data: Any, initial: object = None) -> list[UploadedFile]:
        uploads = [upload for upload in data or [] if upload is not None]
        if len(uploads) > settings.FILES_PER_MESSAGE:
            raise ValidationError(f"At most {settings.FILES_PER_MESSAGE} files go with one message.")
        limit = filesizeformat(settings.FILE_MAX_BYTES)
        errors = [f"{upload.name} is empty." for upload in uploads if not upload.size]
        errors += [f"{u.name} is larger than {limit}." for u in uploads if (u.size or 0) > settings.FILE_MAX_BYTES]
        if errors:
            raise ValidationError(errors)
        return uploads
