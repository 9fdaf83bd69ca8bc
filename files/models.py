from django.conf import settings
from django.db import models


class File(models.Model):
    """A stored file. The key is random and the path never comes from a request; the type comes from the content."""

    key = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField()
    warning = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="why to be careful with it"
    )
    quarantine = models.CharField(
        max_length=200, blank=True, default="", db_default="",
        help_text="what a scanner found in it; while set, nobody gets the bytes",
    )  # fmt: skip

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        """A raster image that a browser may show inline."""
        return not self.quarantine and self.content_type in {"image/png", "image/jpeg", "image/gif", "image/webp"}

    @property
    def is_pdf(self) -> bool:
        """A PDF whose text may be shown."""
        return not self.quarantine and self.content_type == "application/pdf"
