from django.conf import settings
from django.db import models
from django.db.models.functions import Lower


class Tier(models.IntegerChoices):
    L0 = 0, "L0 self-service"
    L1 = 1, "L1 frontline"
    L2 = 2, "L2 specialists"
    L3 = 3, "L3 engineers"


class Team(models.Model):
    """Agents who share a queue. A ticket's tier is its team's."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=60, unique=True)
    tier = models.PositiveSmallIntegerField(choices=Tier.choices, default=Tier.L1)
    restricted = models.BooleanField(default=False, help_text="Only members (and admins) see this team's tickets.")
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="manages"
    )
    members: "models.ManyToManyField[models.Model, models.Model]" = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="accounts.Membership", related_name="teams"
    )

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="one_team_per_name")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_team_and_person")]
