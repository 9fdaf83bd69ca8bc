"""/settings/letters/: what letters to the requester's side say, by team and language."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.doors import SettingsRequest, managers
from accounts.models import Team
from deliveries.reading import shown_html
from lib.attempts import attempt
from lib.numbers import read_number
from notifications import actions
from notifications.forms import LetterForm
from notifications.languages import Language, LetterKind, Words
from notifications.models import OwnWords
from notifications.previews import preview
from notifications.variables import LANGUAGES, variables_of
from tickets.errors import Refused
from tickets.models import Ticket


class Letter:
    """The letter that an address names, for the team in `?team=`. Raises Http404."""

    def __init__(self, request: SettingsRequest, language: str, letter: str) -> None:
        if language not in LANGUAGES or letter not in LetterKind.values:
            raise Http404
        self.code, self.kind = language, LetterKind(letter)
        self.language: Language = LANGUAGES[language]
        self.team = team_of(request)
        self.own = OwnWords.objects.filter(kind=self.kind, language=language, team=self.team).first()

    @property
    def words(self) -> OwnWords | Words:
        """What it says now: its own words, those for all teams, or those it came with."""
        shared = OwnWords.objects.filter(kind=self.kind, language=self.code, team=None)
        return self.own or shared.first() or self.language.letters[self.kind]

    def address(self, name: str) -> str:
        return reverse(name, args=[self.code, self.kind]) + (f"?team={self.team.pk}" if self.team else "")

    @property
    def list_address(self) -> str:
        return f"{reverse('letters')}?{urlencode({'language': self.code, 'team': self.team.pk if self.team else ''})}"


def team_of(request: SettingsRequest) -> Team | None:
    """?team=; None: all teams. Raises Http404 for one that is not there."""
    asked = request.GET.get("team", "")
    return get_object_or_404(Team, pk=read_number(asked)) if asked else None


@require_safe
@managers
def letters(request: SettingsRequest) -> HttpResponse:
    """Every kind of letter, for one team (or all) and one language."""
    team = team_of(request)
    asked = request.GET.get("language", "")
    language = asked if asked in LANGUAGES else settings.LETTER_LANGUAGE
    rows = OwnWords.objects.filter(language=language).select_related("changed_by")
    shared = {one.kind: one for one in rows.filter(team=None)}
    own = {one.kind: one for one in rows.filter(team=team)}
    query = f"?team={team.pk}" if team else ""
    context = {
        "letters": [
            {"label": kind.label, "url": reverse("letter", args=[language, kind]) + query, "own": own.get(kind),
             "shared": shared.get(kind)}
            for kind in LetterKind
        ],
        "team": team, "teams": Team.objects.all(), "language": language, "languages": settings.LETTER_LANGUAGES,
    }  # fmt: skip
    return render(request, "notifications/letters/list.html", context)


@require_http_methods(["GET", "POST"])
@managers
def letter(request: SettingsRequest, language: str, letter: str) -> HttpResponse:
    """One letter: its words, what it may name, and how it reads."""
    found = Letter(request, language, letter)
    now = {"subject": found.words.subject, "body": found.words.body}
    form = LetterForm(request.POST or None, initial=now, letter=found.kind)

    def save() -> OwnWords:
        return actions.save_words(
            kind=found.kind, language=found.code, team=found.team, subject=form.cleaned_data["subject"],
            body=form.cleaned_data["body"], at=timezone.now(), actor=request.user,
        )  # fmt: skip

    if request.method == "POST" and attempt(form, save, Refused):
        messages.success(request, f"“{found.kind.label}” is saved. The next letter says so.")
        return redirect(found.list_address)
    return shown(request, found, form, now["subject"], now["body"])


@require_POST
@managers
def previews(request: SettingsRequest, language: str, letter: str) -> HttpResponse:
    """POST …/previews: the same page with the letter as it would read; nothing is saved."""
    found = Letter(request, language, letter)
    form = LetterForm(request.POST, letter=found.kind)
    if not form.is_valid():
        return shown(request, found, form, "", "")
    ticket, number = None, form.cleaned_data["ticket"]
    if number:
        ticket = Ticket.objects.visible_to(request.user).filter(pk=number).select_related("requester").first()
        if ticket is None:
            form.add_error("ticket", "There is no such ticket.")
    return shown(request, found, form, form.cleaned_data["subject"], form.cleaned_data["body"], ticket)


@require_POST
@managers
def deletion(request: SettingsRequest, language: str, letter: str) -> HttpResponse:
    """POST …/deletion: back to the words for all teams, or to those it came with."""
    found = Letter(request, language, letter)
    if found.own:
        actions.reset_words(words=found.own, at=timezone.now(), actor=request.user)
        messages.success(request, f"“{found.kind.label}” says again what it said before.")
    return redirect(found.list_address)


def shown(
    request: SettingsRequest, found: Letter, form: LetterForm, subject: str, body: str, ticket: Ticket | None = None
) -> HttpResponse:
    """The page of a letter, with a preview of these words unless they cannot be used."""
    context: dict[str, Any] = {
        "form": form, "found": found, "variables": variables_of(found.kind), "back": found.list_address,
        "save_url": found.address("letter"), "preview_url": found.address("letter-previews"),
        "reset_url": found.address("letter-deletion") if found.own else "",
    }  # fmt: skip
    if not form.errors:
        title, text, html = preview(
            kind=found.kind, language=found.language, subject=subject, body=body, ticket=ticket, reader=request.user
        )
        context |= {"subject": title, "text": text, "html": shown_html(html), "about": ticket}
    return render(request, "notifications/letters/letter.html", context, status=422 if form.errors else 200)
