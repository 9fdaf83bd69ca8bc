"""One row of everything that an address can name."""

from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.actions.invitations import invite
from deliveries.models import Delivery
from files.store import save_file
from integrations import inbound
from integrations.models import Channel, Door, Mail, Mailbox, Silence, Source
from knowledge.models import Article
from oncall import proofs
from oncall.actions import drills
from oncall.actions.feeds import renew_feed
from oncall.messages import token as call_token
from oncall.models import Ring
from sla.models import Calendar, Policy
from tests import make
from tickets.links import requester_token
from tickets.models import Form, RoutingRule


@pytest.fixture
def house(cast, shop, settings, tmp_path) -> SimpleNamespace:
    """A ticket of the customer's with a file, an article, a form, a rule, a source, an intake, a delivery, …"""
    settings.MEDIA_ROOT = tmp_path
    now = timezone.now()
    file = save_file(stream=ContentFile(b"log"), name="log.txt", uploaded_by=cast.customer, at=now)
    ticket = make.ticket(requester=cast.customer, site=shop, at=now, files=[file])
    source = Source(name="Monitor", kind="alertmanager")
    token = source.new_token()
    source.save()
    silence = Silence.objects.create(reason="Known", source=source, starts_at=now, ends_at=now, created_at=now)
    mailbox = Mailbox(name="Support", address="desk@helpdesk.example", protocol="push")
    mailbox_token = mailbox.new_token()
    mailbox.save()
    article = Article.objects.create(
        title="How to help",
        slug="how-to-help",
        body="Text.",
        status="published",
        is_public=True,
        updated_at=now,
        version=1,
    )
    article.versions.create(number=1, title=article.title, body=article.body, at=now)
    form = Form.objects.create(slug="how-to-help", title="Ask", site=shop)
    rule = RoutingRule.objects.create(name="All", team=shop.fallback_team)
    intake = inbound.store(door=Door.ALERT, raw=b"{}", at=now, source=source)
    sent = inbound.store(door=Door.FORM, raw=b"{}", at=now)
    posted = inbound.store(door=Door.MAIL, raw=b"From: sam@elsewhere.example\n\nHello", at=now, mailbox=mailbox)
    message = ticket.messages.get()
    Mail.objects.create(inbound=posted, received_at=now, outcome="appended", ticket=ticket, message=message)
    contract = make.contract(cast.acme)
    layer = make.layer(cast.agent, at=now)
    _, feed = renew_feed(rota=None, at=now, actor=cast.agent)
    delivery = Delivery.objects.order_by("pk").first()
    method = make.contact_method(cast.agent, "email", "other@people.example", at=now)
    drill = drills.test(method=method, at=now, actor=cast.agent)
    invitation, url = invite(email="new@people.example", role="agent", at=now, actor=cast.admin)
    return SimpleNamespace(
        ticket=ticket,
        token=requester_token(ticket, cast.customer),
        source_token=token,
        mailbox_token=mailbox_token,
        secret=url.rstrip("/").rpartition("/")[2],
        feed=feed,
        call=call_token(Ring.objects.create(user=cast.agent, at=now, code="1234")),
        drill=proofs.token(drill),
        receipt=str(intake.receipt),
        sent=str(sent.receipt),
        posted=str(posted.receipt),
        ids={
            "tickets/": ticket.pk,
            "api/v1/tickets/": ticket.pk,
            "api/v1/articles/": article.pk,
            "files/": file.pk,
            "help/t/": file.pk,
            "knowledge/": article.pk,
            "mail/messages/": message.pk,
            "mailbox/": delivery.pk if delivery else 1,
            "intake/": intake.pk,
            "settings/rules/": rule.pk,
            "settings/forms/": form.pk,
            "settings/sources/": source.pk,
            "settings/silences/": silence.pk,
            "settings/mailboxes/": mailbox.pk,
            "settings/channels/": Channel.objects.create(name="Hook", kind="webhook").pk,
            "settings/policies/": Policy.objects.get(is_default=True).pk,
            "settings/contracts/": contract.pk,
            "settings/calendars/": Calendar.objects.order_by("pk")[0].pk,
            "oncall/": layer.rota_id,
            "oncall/contact/methods/": method.pk,
            "settings/rotas/": layer.rota_id,
            "settings/rotas/layers/": layer.pk,
            "settings/ladders/": make.ladder(cast.agent, is_automatic=False).pk,
            "settings/people/": cast.agent.pk,
            "settings/people/invitations/": invitation.pk,
            "settings/teams/": shop.fallback_team.pk,
            "settings/organisations/": cast.acme.pk,
            "settings/sites/": shop.pk,
        },
    )
