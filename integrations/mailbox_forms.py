"""What an admin fills in for a mailbox. Secrets go in and never come out."""

import re
from typing import Any

from django import forms
from django.db.models import Q

from integrations.mail.oauth import TENANT, Grant
from integrations.models import Mailbox, Protocol, Security, SignIn, Source
from integrations.models.source import MAIL

HOST = re.compile(r"(?!-)[A-Za-z0-9._-]{1,253}|\[?[0-9A-Fa-f:.]{2,45}\]?")
WRITE_ONLY = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
GROUPS = {
    "Address": ["name", "address", "protocol"],
    "Where its mail is": ["host", "port", "security", "folder", "authserv_id"],
    "Signing in": ["sign_in", "username", "password", "oauth_client", "client_secret", "oauth_tenant"],
    "Its tickets": ["team", "site", "kind", "category", "on_closed", "source"],
}


class MailboxForm(forms.ModelForm):
    """All of a mailbox but its push address."""

    password = forms.CharField(
        label="Password or refresh token", required=False, max_length=8000, strip=False, widget=WRITE_ONLY,
        help_text="An app password where there is one. For Microsoft and Google: the OAuth refresh token.",
    )  # fmt: skip
    client_secret = forms.CharField(
        label="OAuth client secret", required=False, max_length=2000, widget=WRITE_ONLY,
        help_text="Goes with the client id, if the provider gave one.",
    )  # fmt: skip

    class Meta:
        model = Mailbox
        fields = [name for names in GROUPS.values() for name in names]
        labels = {
            "sign_in": "Sign-in",
            "on_closed": "An answer to a closed ticket",
            "host": "Mail server",
            "source": "Its mail are alerts of",
        }
        help_texts = {
            "address": "Answers to its tickets come from here.",
            "protocol": "IMAP leaves mail where it is and marks it as read. POP3 deletes what was taken.",
            "host": "imap.example.com; outlook.office365.com; imap.gmail.com",
            "port": "Empty: 993 or 143 for IMAP, 995 or 110 for POP3.",
            "username": "Empty: the address.",
            "folder": "IMAP only.",
            "oauth_tenant": "Empty: any organisation.",
            "category": "Of its tickets, unless a rule says otherwise.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, empty in (("team", "By routing"), ("site", "None"), ("source", "None: they are requests")):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.empty_label = empty
        sources = self.fields["source"]
        assert isinstance(sources, forms.ModelChoiceField)
        sources.queryset = Source.objects.filter(Q(kind=MAIL) | Q(pk=self.instance.source_id))
        self.before = {name: getattr(self.instance, name) for name in ("host", "port", "security", "sign_in")}
        if self.instance.secret:
            self.fields["password"].help_text = "One is kept. Leave this empty to keep it."

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields as the page shows them: (title, fields)."""
        return [(title, [self[name] for name in names]) for title, names in GROUPS.items()]

    def clean_host(self) -> str:
        host: str = self.cleaned_data["host"].strip().lower()
        if host and not HOST.fullmatch(host):
            raise forms.ValidationError("Only the server's name or address: no port, no slashes.")
        return host.strip("[]")

    def clean_folder(self) -> str:
        return self.cleaned_data["folder"].strip() or "INBOX"

    def clean_oauth_tenant(self) -> str:
        tenant: str = self.cleaned_data["oauth_tenant"].strip()
        if tenant and not TENANT.fullmatch(tenant):
            raise forms.ValidationError("The tenant's name or id, without anything else.")
        return tenant

    def clean_authserv_id(self) -> str:
        return self.cleaned_data["authserv_id"].strip().lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("protocol") == Protocol.PUSH:
            return data
        if not data.get("host"):
            self.add_error("host", "Say where its mail is.")
        if data.get("sign_in") != SignIn.PASSWORD and not data.get("oauth_client"):
            self.add_error("oauth_client", "Signing in by OAuth needs the client id of your registration.")
        if data.get("sign_in") != SignIn.PASSWORD and data.get("security") == Security.NONE:
            self.add_error("security", "Signing in by OAuth needs TLS.")
        if not data.get("password"):
            self.check_kept(data)
        return data

    def check_kept(self, data: dict[str, Any]) -> None:
        """A kept password never goes to a server that it was not entered for."""
        if not self.instance.secret:
            self.add_error("password", "Enter one.")
        elif any(data.get(name) != value for name, value in self.before.items()):
            self.add_error("password", "The server or the sign-in has changed: enter it again.")
        elif data.get("client_secret"):
            self.add_error("password", "Enter the refresh token together with the client secret.")

    def secret(self) -> str:
        """What is to be sealed; "" keeps what is there."""
        data = self.cleaned_data
        if not data["password"] or data["protocol"] == Protocol.PUSH:
            return ""
        if data["sign_in"] == SignIn.PASSWORD:
            return str(data["password"])
        return Grant(data["password"].strip(), data["client_secret"].strip()).packed()
