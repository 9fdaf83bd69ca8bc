from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from accounts.models.organisation import Organisation


class Role(models.TextChoices):
    ADMIN = "admin", "Admin"
    MANAGER = "manager", "Manager"
    AGENT = "agent", "Agent"
    REQUESTER = "requester", "Requester"


DESK_ROLES = (Role.ADMIN, Role.MANAGER, Role.AGENT)


class UserQuerySet(models.QuerySet["User"]):
    def desk(self) -> Self:
        """The people who work tickets: agents, managers, admins."""
        return self.filter(role__in=DESK_ROLES, is_active=True)


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person with a lower-cased address; without a password until they sign in."""
        user = self.model(email=email.strip().lower(), **fields)
        if password:
            user.set_password(password)
        else:
            user.set_unusable_password()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{"role": Role.ADMIN, **fields})


class User(AbstractBaseUser):
    """A person: agent, manager, admin or requester. Further addresses live in allauth's EmailAddress."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.REQUESTER)
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.SET_NULL, related_name="people"
    )
    phone = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    is_active = models.BooleanField(default=True)
    undeliverable_at = models.DateTimeField(null=True, blank=True)
    session_epoch = models.PositiveIntegerField(default=0, help_text="raised to sign the person out everywhere")
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager.from_queryset(UserQuerySet)()

    class Meta:
        ordering = ["name", "email"]
        constraints = [models.CheckConstraint(condition=Q(email=Lower("email")), name="addresses_are_lower_case")]
        indexes = [models.Index(fields=["role", "is_active"], name="people_by_role")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Every session carries this: those of another epoch (before a change of role) end at their next request."""
        words = f"{self.password}|{self.session_epoch}"
        return salted_hmac("accounts.session", words, secret=secret, algorithm="sha256").hexdigest()

    @property
    def is_desk(self) -> bool:
        """Works tickets (agent, manager or admin)."""
        return self.is_active and self.role in DESK_ROLES

    @property
    def is_manager(self) -> bool:
        """May see dashboards and set the desk up (manager or admin)."""
        return self.is_active and self.role in (Role.ADMIN, Role.MANAGER)

    @property
    def is_admin(self) -> bool:
        return self.is_active and self.role == Role.ADMIN

    @property
    def is_staff(self) -> bool:
        return self.is_admin

    @property
    def is_superuser(self) -> bool:
        return self.is_admin

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Roles are global: only admins hold Django's own permissions."""
        return self.is_admin

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_admin
