"""What the settings ask about people, teams and organisations."""

import re
import zoneinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.actions.members import teams_in_reach
from accounts.models import Organisation, Role, Team, User
from accounts.models.team import Tier

DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
DESK = [(role.value, role.label) for role in (Role.AGENT, Role.MANAGER, Role.ADMIN)]


class PeopleOf(forms.ModelMultipleChoiceField):
    """People as tick boxes, named with their address."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, user: Any) -> str:
        return f"{user.name} · {user.email}" if user.name else user.email


class OnePerson(forms.ModelChoiceField):
    def label_from_instance(self, user: Any) -> str:
        return f"{user.name} · {user.email}" if user.name else user.email


class TeamsField(forms.ModelMultipleChoiceField):
    """The teams that this actor may open to somebody."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, actor: User, **kwargs: Any) -> None:
        reach = [team.pk for team in teams_in_reach(actor)]
        super().__init__(queryset=Team.objects.filter(pk__in=reach), required=False, **kwargs)


class PersonForm(forms.Form):
    """One person. The role is asked of admins only."""

    name = forms.CharField(max_length=200, required=False)
    organisation = forms.ModelChoiceField(queryset=Organisation.objects.all(), required=False, empty_label="None")
    role = forms.ChoiceField(choices=Role.choices, help_text="A change of role signs the person out everywhere.")

    def __init__(self, *args: Any, actor: User, person: User, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "name": person.name,
            "role": person.role,
            "organisation": person.organisation_id,
            "teams": list(person.teams.values_list("pk", flat=True)),
        }
        super().__init__(*args, **kwargs)
        if not actor.is_admin:
            del self.fields["role"]
        if person.role != Role.REQUESTER or actor.is_admin:
            self.fields["teams"] = TeamsField(actor, help_text="Agents work their teams' tickets.")


class InviteForm(forms.Form):
    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    name = forms.CharField(max_length=200, required=False)
    role = forms.ChoiceField(choices=DESK, initial=Role.AGENT)

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not actor.is_admin:
            self.fields["role"].choices = [c for c in DESK if c[0] != Role.ADMIN]  # type: ignore[attr-defined]
        self.fields["teams"] = TeamsField(actor)


class TeamForm(forms.Form):
    name = forms.CharField(max_length=100)
    tier = forms.TypedChoiceField(choices=Tier.choices, coerce=int, initial=Tier.L1)
    manager = OnePerson(
        queryset=User.objects.desk(),
        required=False,
        empty_label="Nobody",
        help_text="Told when a P1 of this team misses its deadline.",
    )
    restricted = forms.BooleanField(
        required=False, label="Restricted", help_text="Only members (and admins) see this team's tickets."
    )
    members = PeopleOf(queryset=User.objects.desk(), required=False)

    def __init__(self, *args: Any, team: Team | None, **kwargs: Any) -> None:
        if team:
            members = list(team.members.values_list("pk", flat=True))
            kwargs["initial"] = {
                "name": team.name, "tier": team.tier, "manager": team.manager_id, "restricted": team.restricted,
                "members": members,
            }  # fmt: skip
        super().__init__(*args, **kwargs)


class OrganisationForm(forms.Form):
    name = forms.CharField(max_length=200)
    domains = forms.CharField(
        required=False,
        label="Mail domains",
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One a line. Whoever writes from such an address belongs to this organisation.",
    )
    notes = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text="Seen by the desk only."
    )
    shares_tickets = forms.BooleanField(
        required=False,
        label="Colleagues see each other's tickets",
        help_text="When on, everybody of this organisation sees all its tickets.",
    )

    def __init__(self, *args: Any, organisation: Organisation | None, **kwargs: Any) -> None:
        if organisation:
            kwargs["initial"] = {
                "name": organisation.name,
                "domains": "\n".join(organisation.domains.values_list("domain", flat=True)),
                "notes": organisation.notes,
                "shares_tickets": organisation.shares_tickets,
            }
        super().__init__(*args, **kwargs)

    def clean_domains(self) -> list[str]:
        """Lower case, without an @ before them. Names the one that is no domain."""
        domains = [
            word.lower().lstrip("@").rstrip(".") for word in re.split(r"[\s,;]+", self.cleaned_data["domains"]) if word
        ]
        if wrong := [domain for domain in domains if not DOMAIN.fullmatch(domain)]:
            raise ValidationError(f"“{wrong[0]}” is not a mail domain.")
        return domains


class ProfileForm(forms.Form):
    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    time_zone = forms.ChoiceField(help_text="Times are shown in it.")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": {"name": user.name, "time_zone": user.time_zone}})
        zones = sorted(z for z in zoneinfo.available_timezones() if "/" in z or z == "UTC")
        self.fields["time_zone"].choices = [(zone, zone.replace("_", " ")) for zone in zones]  # type: ignore[attr-defined]
