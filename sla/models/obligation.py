from django.db import models


class Obligation(models.TextChoices):
    """What is promised: that somebody takes note, answers, answers again, keeps people informed, and solves it."""

    ACKNOWLEDGE = "acknowledge", "Acknowledge"
    FIRST_RESPONSE = "first_response", "First response"
    NEXT_RESPONSE = "next_response", "Next response"
    UPDATE = "update", "Update"
    RESOLVE = "resolve", "Resolve"
