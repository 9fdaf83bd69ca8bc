from django.db import models
from django.db.models import Q


class PushKey(models.Model):
    """The one key pair by which push services know this desk (VAPID, RFC 8292). Every subscription is bound to it, so
    it is made once, on first use, and never replaced by itself."""

    ROW = 1
    sealed = models.TextField(editable=False, help_text="the private key, see lib.crypto")
    public = models.CharField(max_length=100, help_text="uncompressed point, base64url: browsers subscribe with it")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_push_key")]

    def __str__(self) -> str:
        return self.public
