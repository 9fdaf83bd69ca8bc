from django.conf import settings
from django.db import models

from lib import crypto
from oncall.models.rota import Rota


class Feed(models.Model):
    """A secret address from which a calendar program reads somebody's own shifts (no rota) or a whole rota. Only a
    digest of it is kept; the prefix says which one it is."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="oncall_feeds")
    rota = models.ForeignKey(Rota, null=True, blank=True, on_delete=models.CASCADE, related_name="feeds")
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=12)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "rota"], name="one_feed_per_person_and_rota", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.rota or 'own shifts'} of {self.user}"

    def new_secret(self) -> str:
        """A fresh address, which is shown once; the one before is void. Does not save."""
        token = crypto.new_token("cal_")
        self.digest, self.prefix = token.digest, token.prefix
        return token.secret
