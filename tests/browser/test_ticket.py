"""A ticket worked in a real browser."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from playwright.sync_api import Page, expect

from files.store import save_file
from tests import make
from tickets.actions import assignment, conversation, filing, progress
from tickets.models import Ticket

EVIL = "<img src=x onerror='window.__pwned=1'><script>window.__pwned=1</script>"


@pytest.fixture
def ticket(cast, shop, settings, tmp_path) -> Ticket:
    settings.MEDIA_ROOT = tmp_path
    return make.ticket(requester=cast.customer, site=shop, at=timezone.now(), body="It says **error 500**.")


def opened(page: Page, ticket: Ticket) -> Page:
    page.goto(f"/tickets/{ticket.pk}")
    if page.evaluate("Boolean(window.htmx)"):
        expect(page.locator("#composer")).to_have_attribute("data-htmx-powered", "true")
    return page


def forgive(console: list[str]) -> None:
    """A refused form answers 422, which browsers print. Nothing else may be there."""
    assert all("422" in line for line in console), console
    console.clear()


def test_a_ticket_is_worked_from_new_to_closed_with_the_keyboard(cast, ticket, page, sign_in, new_page):
    opened(sign_in(page, cast.agent), ticket)
    page.keyboard.press("a")
    expect(page.locator("#side")).to_contain_text("Ada")
    page.keyboard.press("r")
    page.keyboard.type("We are looking into it.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#timeline .msg--out")).to_contain_text("We are looking into it.")
    expect(page.locator("#body")).to_have_value("")
    expect(page.locator("#side .status").first).to_contain_text("Waiting")
    page.locator("#ticket-h").click()
    page.keyboard.press("e")
    dialog = page.locator("#editor")
    expect(dialog).to_be_visible()
    dialog.get_by_label("What was done").fill("Restarted the price service.")
    dialog.get_by_role("button", name="Resolve and tell the requester").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#side")).to_contain_text("It closes once the requester confirms")
    other = opened(sign_in(new_page(), cast.other_agent), ticket)
    other.keyboard.press("e")
    other.locator("#editor").get_by_label("Evidence").fill("Ordered twice")
    other.locator("#editor").get_by_role("button", name="Record and close").click()
    expect(other.locator("#composer")).to_contain_text("It is closed")
    expect(other.locator("#side")).to_contain_text("Checked by another agent")


def test_a_note_turns_the_composer_and_stays_inside(cast, ticket, page, sign_in):
    opened(sign_in(page, cast.agent), ticket)
    page.keyboard.press("n")
    expect(page.locator("#composer .composer__to.when-internal")).to_be_visible()
    page.keyboard.type("Between us.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".msg--internal")).to_contain_text("Between us.")
    assert ticket.messages.last().is_internal


def test_a_draft_of_a_note_never_comes_back_as_a_reply(cast, ticket, page, sign_in):
    opened(sign_in(page, cast.agent), ticket)
    page.keyboard.press("n")
    page.keyboard.type("Not for her eyes")
    page.reload()
    expect(page.locator("#body")).to_have_value("Not for her eyes")
    expect(page.locator("[name=audience][value=internal]")).to_be_checked()


def test_a_send_is_held_when_somebody_wrote_meanwhile_and_nothing_typed_is_lost(cast, ticket, page, sign_in, console):
    opened(sign_in(page, cast.agent), ticket)
    page.locator("#body").fill("My long answer")
    page.set_input_files("[name=files]", [{"name": "log.txt", "mimeType": "text/plain", "buffer": b"x"}])
    conversation.receive(ticket=ticket, body="One more thing", at=timezone.now(), actor=cast.customer, via="form")
    page.get_by_role("button", name="Send & wait").click()
    expect(page.locator("#composer-notice")).to_contain_text("One more thing")
    expect(page.locator("#body")).to_have_value("My long answer")
    forgive(console)
    page.get_by_role("button", name="Send & wait").click()
    expect(page.locator("#timeline .msg--out")).to_contain_text("My long answer")
    expect(page.locator("#timeline .msg--out .file")).to_contain_text("log.txt")


def test_changing_the_side_leaves_a_half_written_note_alone(cast, ticket, page, sign_in):
    opened(sign_in(page, cast.agent), ticket)
    page.keyboard.press("n")
    page.keyboard.type("Half a note")
    page.get_by_role("link", name="Change the severity").click()
    page.locator("#editor").get_by_label("Severity").select_option("2")
    page.locator("#editor").get_by_label("Reason").fill("Ten customers wrote")
    page.locator("#editor").get_by_role("button", name="Change").click()
    expect(page.locator("#side .sev--2")).to_be_visible()
    expect(page.locator("#timeline")).to_contain_text("Ten customers wrote")
    expect(page.locator("#body")).to_have_value("Half a note")
    expect(page.locator("[name=audience][value=internal]")).to_be_checked()


def test_what_a_colleague_writes_arrives_without_touching_a_half_written_reply(
    cast, ticket, page, sign_in, new_page, console
):
    do = {"ticket": ticket, "at": timezone.now(), "actor": cast.agent, "via": "web"}
    assignment.assign(to=cast.agent, **do)
    filing.set_tags(tags=["money"], **do)
    opened(sign_in(page, cast.agent), ticket)
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    page.locator("#timeline .fold summary").click()
    page.locator("#body").fill("Half a reply")
    other = opened(sign_in(new_page(), cast.other_agent), ticket)
    other.keyboard.press("n")
    other.keyboard.type("I know this one")
    other.keyboard.press("Control+Enter")
    expect(page.locator("#timeline .msg--internal")).to_contain_text("I know this one")
    expect(page.locator("#body")).to_have_value("Half a reply")
    expect(page.locator("#timeline .fold details")).to_have_attribute("open", "")
    page.get_by_role("button", name="Send & wait").click()
    expect(page.locator("#composer-notice")).to_contain_text("I know this one")
    forgive(console)


def test_a_refused_dialog_says_why_and_keeps_what_was_typed(cast, ticket, page, sign_in, console):
    opened(sign_in(page, cast.agent), ticket)
    page.keyboard.press("h")
    dialog = page.locator("#editor")
    dialog.get_by_label("Reason").fill("Supplier")
    dialog.get_by_label("Until").fill("2020-01-01T09:00")
    dialog.get_by_role("button", name="Hold").click()
    expect(dialog).to_contain_text("Say until when, in the future.")
    expect(dialog.get_by_label("Reason")).to_have_value("Supplier")
    forgive(console)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_text_box_drawn_larger_does_not_trouble_the_next_dialog(cast, ticket, page, sign_in):
    """Drawing at its corner writes a style attribute, which the Content-Security-Policy lets nobody copy."""
    opened(sign_in(page, cast.agent), ticket)
    for _ in range(2):
        page.keyboard.press("e")
        words = page.locator("#editor").get_by_label("What was done")
        expect(words).to_be_visible()
        words.evaluate("box => { box.style.height = '300px' }")
        page.keyboard.press("Escape")
        expect(page.locator("#editor")).to_be_hidden()


def test_a_row_opens_its_ticket_beside_the_list(cast, shop, ticket, page, sign_in):
    second = make.ticket(requester=cast.customer, site=shop, at=timezone.now(), subject="The second one")
    opened(sign_in(page, cast.agent), ticket)
    page.locator(f"#row-{second.pk} .row__link").click()
    expect(page.locator("#ticket-h")).to_have_text("The second one")
    expect(page.locator(f"#row-{second.pk}")).to_have_attribute("data-current", "")
    expect(page.locator(f"#row-{ticket.pk}")).not_to_have_attribute("data-current", "")
    assert f"/tickets/{second.pk}" in page.url
    page.go_back()
    expect(page.locator("#ticket-h")).to_have_text("Checkout fails")


def test_a_duplicate_is_merged_and_parted(cast, shop, ticket, page, sign_in):
    main = make.ticket(requester=cast.customer, site=shop, at=timezone.now(), subject="The one that stays")
    opened(sign_in(page, cast.agent), ticket)
    page.keyboard.press("m")
    page.locator("#editor").get_by_role("button", name="The one that stays").click()
    expect(page.locator("#composer")).to_contain_text(f"This ticket was merged into #{main.pk}")
    page.get_by_role("button", name="Undo the merge").click()
    expect(page.locator("#body")).to_be_visible()


def test_hostile_words_never_run(cast, shop, page, sign_in, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    now = timezone.now()
    cast.customer.name = cast.agent.name = EVIL
    cast.customer.save()
    cast.agent.save()
    file = save_file(
        stream=SimpleUploadedFile("x", EVIL.encode()), name=f"{EVIL}.html", uploaded_by=cast.customer, at=now
    )
    ticket = make.ticket(
        requester=cast.customer, site=shop, at=now, subject=EVIL, files=[file],
        body=f"{EVIL}\n\n[x](javascript:window.__pwned=1)\n\n<a href=x hx-get=/queue/all hx-trigger=load>x</a>",
    )  # fmt: skip
    do = {"at": now, "actor": cast.agent, "via": "web"}
    conversation.note(ticket=ticket, body=EVIL, **do)
    filing.set_tags(ticket=ticket, tags=[EVIL], **do)
    filing.change_severity(ticket=ticket, to=2, reason=EVIL, **do)
    progress.change_status(ticket=ticket, to="on_hold", reason=EVIL, wakes_at=now + timedelta(days=1), **do)
    opened(sign_in(page, cast.agent), ticket)
    expect(page.locator("#timeline .msg")).to_have_count(2)
    page.keyboard.press("m")
    expect(page.locator("#editor")).to_be_visible()
    page.wait_for_timeout(300)
    assert page.evaluate("window.__pwned") is None


def busy(ticket: Ticket, cast) -> None:
    """A ticket with a bit of everything."""
    now = timezone.now()
    do = {"at": now, "actor": cast.agent, "via": "web"}
    conversation.note(ticket=ticket, body="The price service timed out at 08:14. See the runbook.", **do)
    filing.change_severity(ticket=ticket, to=2, reason="Ten customers wrote", **do)
    filing.set_tags(ticket=ticket, tags=["checkout", "billing"], **do)
    filing.promise(ticket=ticket, expected_by=now + timedelta(days=1), **do)
    image = save_file(stream=SimpleUploadedFile("x", PNG), name="screen.png", uploaded_by=cast.agent, at=now)
    text = save_file(stream=SimpleUploadedFile("x", b"lines"), name="console.txt", uploaded_by=cast.agent, at=now)
    conversation.reply(
        ticket=ticket, body="Thank you, that helps.\n\n- one\n- two\n\n```\ncurl -I https://shop.example\n```",
        files=[image, text], then="diagnosing", **do,
    )  # fmt: skip


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def test_it_is_accessible_in_both_themes(cast, ticket, page, sign_in, accessible, shoot):
    busy(ticket, cast)
    opened(sign_in(page, cast.agent), ticket)
    accessible(page)
    shoot(page, "ticket")
    page.keyboard.press("e")
    expect(page.locator("#editor")).to_be_visible()
    accessible(page)
    shoot(page, "ticket-resolve")


def test_a_resolved_ticket_is_accessible(cast, ticket, page, sign_in, accessible, shoot):
    busy(ticket, cast)
    progress.resolve(ticket=ticket, code="fixed", text="Restarted.", at=timezone.now(), actor=cast.agent, via="web")
    opened(sign_in(page, cast.other_agent), ticket)
    page.keyboard.press("n")
    accessible(page)
    shoot(page, "ticket-resolved")


def test_it_works_on_a_phone(cast, ticket, phone, sign_in, accessible, shoot):
    busy(ticket, cast)
    opened(sign_in(phone, cast.agent), ticket)
    expect(phone.locator("#list")).to_be_hidden()
    expect(phone.get_by_role("link", name="Back to the list")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(phone, "ticket-phone")
    phone.locator("#composer").scroll_into_view_if_needed()
    shoot(phone, "ticket-phone-composer")
    accessible(phone)


def test_it_works_without_javascript(cast, ticket, new_page, sign_in):
    page = opened(sign_in(new_page(java_script_enabled=False), cast.agent), ticket)
    page.locator("#body").fill("By hand")
    page.get_by_role("button", name="Send & wait").click()
    expect(page.locator("#timeline")).to_contain_text("By hand")
    page.get_by_role("link", name="Resolve").first.click()
    page.get_by_label("What was done").fill("Restarted")
    page.get_by_role("button", name="Resolve and tell the requester").click()
    expect(page.locator("#side")).to_contain_text("It closes once the requester confirms")


def test_a_phone_shows_the_essence_above_the_conversation_and_the_way_to_the_details(
    cast, ticket, page, phone, sign_in, accessible, shoot
):
    wide = "| " + " | ".join(f"column {n}" for n in range(12)) + " |\n" + "|---" * 12 + "|\n```\n" + "x" * 300 + "\n```"
    conversation.reply(ticket=ticket, body=wide, at=timezone.now(), actor=cast.agent, via="web")
    opened(sign_in(phone, cast.agent), ticket)
    glance = phone.locator("#ticket-title .glance")
    expect(glance).to_contain_text("Waiting")
    expect(glance).to_contain_text("Front-end")
    accessible(phone)
    shoot(phone, "ticket-phone-glance")
    glance.get_by_role("link", name="Details").click()
    expect(phone.locator("#side")).to_be_in_viewport()
    expect(phone.locator("#side").get_by_label("Change the severity")).to_be_visible()
    opened(sign_in(page, cast.agent), ticket)
    expect(page.locator("#ticket-title .glance")).to_be_hidden()
