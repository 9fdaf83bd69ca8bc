"""/settings/channels/: ways out of the desk besides mail. Admins only, as they hold keys of other services."""

from django.conf import settings
from django.contrib import messages
from django.db.models import Func, JSONField, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.doors import SettingsRequest, admins
from deliveries.models import Delivery, State
from integrations import channels_admin
from integrations.channel_forms import ChannelForm
from integrations.channels.kinds import Kind, kinds
from integrations.models import Channel
from lib.markdown import render as markdown
from tickets.errors import Refused

RECENT = 10


def listed() -> QuerySet[Channel]:
    """Channels with when something last went through them."""
    number = Func(OuterRef("pk"), function="to_jsonb", output_field=JSONField())
    through = Delivery.objects.through(number).filter(state=State.SENT)
    return Channel.objects.annotate(last_sent_at=Subquery(through.order_by("-id").values("sent_at")[:1]))


def kind_of(name: str) -> Kind:
    if name not in kinds():
        raise Http404
    return kinds()[name]


def addresses(kind: Kind, pk: int | None) -> list[tuple[str, str, str]]:
    """(label, path as the kind writes it, our address) of what the provider calls. Without `pk`, as it will look."""
    number = "…" if pk is None else str(pk)
    return [
        (label, path, settings.BASE_URL + path.replace("{pk}", number)) for label, path in kind.description.callbacks
    ]


def doc(kind: Kind, pk: int | None) -> str:
    """How to set it up, as sanitised HTML."""
    text = f"# {kind.title}\n\n{kind.doc}"
    for _, path, url in addresses(kind, pk):
        text = text.replace(f"{{{path}}}", url)
    return markdown(text)


@require_safe
@admins
def channels(request: SettingsRequest) -> HttpResponse:
    """All channels and how they are, and the kinds that can be added."""
    return render(request, "integrations/channels/list.html", {"channels": listed(), "kinds": kinds().values()})


@require_http_methods(["GET", "POST"])
@admins
def new(request: SettingsRequest, kind: str) -> HttpResponse:
    """A new channel of a kind."""
    chosen = kind_of(kind)
    form = ChannelForm(request.POST or None, kind=chosen)
    if request.method == "POST" and form.is_valid():
        answer = save(request, form, Channel(kind=kind))
        if answer is not None:
            return answer
    context = {"form": form, "kind": chosen, "doc": doc(chosen, None), "addresses": addresses(chosen, None)}
    return render(request, "integrations/channels/new.html", context, status=422 if form.errors else 200)


def save(request: SettingsRequest, form: ChannelForm, row: Channel) -> HttpResponse | None:
    """Keep what was filled in; None when that was refused, and the form says why. A secret that the desk made is shown
    once, in this answer."""
    row.name = form.cleaned_data["name"]
    values = {"config": form.config(), "secrets": form.secrets()}
    try:
        shown = channels_admin.save_channel(channel=row, at=timezone.now(), actor=request.user, **values)
    except Refused as stop:
        form.add_error(stop.field, stop.message)
        return None
    if shown:
        return made(request, row, shown)
    messages.success(request, f"{row} is saved. Send a test to see whether it works.")
    return redirect("channel", row.pk)


def made(request: SettingsRequest, row: Channel, secret: str) -> HttpResponse:
    """The page with the secret, which nobody can see again."""
    response = render(request, "integrations/channels/made.html", {"channel": row, "secret": secret})
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
@admins
def channel(request: SettingsRequest, pk: int) -> HttpResponse:
    """One channel: how it is, what went through it last, its settings, how to set up the other side."""
    row = get_object_or_404(Channel, pk=pk)
    form = ChannelForm(request.POST or None, kind=kind_of(row.kind), channel=row)
    if request.method == "POST" and form.is_valid():
        answer = save(request, form, row)
        if answer is not None:
            return answer
    return page(request, row, form)


def page(request: SettingsRequest, row: Channel, form: ChannelForm) -> HttpResponse:
    secrets = channels_admin.kept_secrets(row)
    makes = form.description.makes
    context = {
        "form": form, "channel": row, "kind": form.kind, "doc": doc(form.kind, row.pk),
        "addresses": addresses(form.kind, row.pk), "two_secrets": makes + channels_admin.BEFORE in secrets,
        "recent": Delivery.objects.through(row.pk).order_by("-id")[:RECENT], "locked_up": row.sealed and not secrets,
        "senders": form.description.senders or [(row.kind, form.kind.title)],
    }  # fmt: skip
    return render(request, "integrations/channels/channel.html", context, status=422 if form.errors else 200)
