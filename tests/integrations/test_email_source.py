"""It reads alerts that come by mail: what they are about, whether they fire, how bad it is; and its page says how."""

from time import process_time

import pytest

from integrations.mail import intake
from integrations.models import Mailbox, Source
from integrations.reading import Unreadable
from integrations.sources.email.keys import by_pattern
from integrations.sources.email.read import read
from integrations.sources.email.settings import Settings, may_send, settings_of
from tests.adapters import alerts as adapter
from tests.make import T0


def alert(subject="", text="", sender="root@web-1.example", mail=None, **more):
    [found] = read({"subject": subject, "text": text, "from": sender, **more}, {}, {"mail": mail or {}})
    return found


PAIRS = [
    ("** PROBLEM Service Alert: web-01/HTTP is CRITICAL **", "** RECOVERY Service Alert: web-01/HTTP is OK **"),
    ("Problem: CPU load is 93% on web-01", "Resolved in 5m 3s: CPU load is 12% on web-01"),
    ("[FIRING:1] DiskFull (web-01 prod)", "[RESOLVED] DiskFull (web-01 prod)"),
    ('ALARM: "cpu-high" in EU (Ireland)', 'OK: "cpu-high" in EU (Ireland)'),
    ("Monitor is DOWN: shop.example", "Monitor is UP: shop.example"),
    ("WARNING - load average: 5.21, 4.1, 3.0 on web-02", "RECOVERY - load average: 0.21, 0.1, 3.0 on web-02"),
    ("Backup nightly: Failed 2026-11-22 03:00:11", "Backup nightly: Success 23.11.2026 03:00"),
    ("Host db-1 state changed OK -> CRITICAL", "Host db-1 state changed CRITICAL -> OK"),
    ("Controller 0: Virtual disk 3 is degraded", "Controller 0: Virtual disk 3 is ok again"),
    ("MAJOR alarm: fan 2 at 9000 rpm", "CLEARED alarm: fan 2 at 3000 rpm"),
    ("DOWN since Sun Nov 22 07:49:41 UTC 2026: 10.0.0.12:80", "UP since Mon, 23 Nov 2026 at 8:02 pm: 10.0.0.12:80"),
    ("Re: [ops] Alert: queue > 500 on mq-1", "Alert resolved: queue > 3 on mq-1"),
]


@pytest.mark.parametrize(("firing", "resolved"), PAIRS)
def test_an_alert_and_its_recovery_have_one_key(firing, resolved):
    first, last = alert(firing), alert(resolved)
    assert (first.status, last.status) == ("firing", "resolved")
    assert first.key == last.key.replace("ops ", "") != "root@web-1.example"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Disk 3 failed on controller 0", "Disk 4 failed on controller 0"),
        ("DOWN: web-01", "DOWN: web-02"),
        ("Port 12 down on sw-1", "Port 13 down on sw-1"),
        ("DOWN: 10.0.0.1", "DOWN: 10.0.0.2"),
        ("CRITICAL: 10.0.0.1:80", "CRITICAL: 10.0.0.1:81"),
        ("Fan #2 failed", "Fan #3 failed"),
        ("sda1 failing", "sda2 failing"),
    ],
)
def test_what_names_a_thing_stays_in_the_key(one, other):
    assert alert(one).key != alert(other).key


def test_the_same_words_of_two_senders_are_two_alerts():
    assert alert("UPS on battery", sender="ups-1@rack.example").key != alert("UPS on battery").key


@pytest.mark.parametrize(
    ("subject", "text", "status"),
    [
        ("Cron <root@web-1> backup.sh", "No space left", "firing"),
        ("Server web-1 is back up after being down for 5 min", "", "resolved"),
        ("Backup of db-1 not ok", "", "firing"),
        ("Problem acknowledged: disk full", "", "acknowledged"),
        ("FLAPPINGSTART: web-1/HTTP", "", "ignored"),
        ("Updated problem: disk full", "", "ignored"),
        ("Smoke test failed", "", "firing"),
        ("Set up of the lines was no success, they failed", "", "firing"),
        ("Notice from rack 7", "Host: web-1\nState: OK\n", "resolved"),
        ("Notice from rack 7", "State: anything\n", "firing"),
        ("web-1: disk no longer full", "", "resolved"),
        ("", "Everything is wrong.", "firing"),
    ],
)
def test_it_says_what_it_means_now(subject, text, status):
    assert alert(subject, text).status == status


@pytest.mark.parametrize(
    ("subject", "text", "severity"),
    [
        ("CRITICAL: x", "", "critical"), ("x", "Severity: Major\n", "error"),
        ("WARNING x", "Priority: P1\n", "critical"), ("minor alarm", "", "warning"), ("DOWN: x", "", None),
    ],
)  # fmt: skip
def test_it_says_how_bad_it_is(subject, text, severity):
    assert alert(subject, text).severity == severity


def test_it_takes_title_link_labels_and_time_from_the_mail():
    text = "See (https://wiki.example/run?a=1), or https://other.example\n* Host: web-7\nHost: web-8\nSite = shop\n"
    found = alert("** DOWN: x **", text, dmarc="pass", date="2026-03-02T08:14:30+00:00")
    assert (found.title, found.link, found.description) == ("DOWN: x", "https://wiki.example/run?a=1", text.strip())
    assert dict(found.labels) == {
        "alertname": "x",
        "host": "web-7",
        "site": "shop",
        "from": "root@web-1.example",
        "dmarc": "pass",
    }
    assert found.source_time.isoformat() == "2026-03-02T08:14:30+00:00"
    html = '<a HREF="javascript:x">a</a><a href="https://wiki.example/?a=1&amp;b=2">b</a>'
    assert alert("DOWN", "no link", html=html).link == "https://wiki.example/?a=1&b=2"


def test_nothing_but_a_status_is_known_by_the_first_line_of_the_text():
    assert alert("ALARM", "Freezer 2: 3.4 C at 12:00").key == alert("OK", "\nFreezer 2: -18.1 C at 14:10").key
    assert alert("ALARM", "Freezer 2").key != alert("ALARM", "Freezer 3").key


def test_own_words_count_instead_of_those_it_came_with():
    own = {
        "words": {"firing": ["störung", "kaputt"], "resolved": ["wieder da"]},
        "severities": {"critical": ["störung"]},
    }
    assert (alert("Störung: Pumpe", mail=own).status, alert("Pumpe wieder da", mail=own).status) == (
        "firing", "resolved",
    )  # fmt: skip
    assert alert("Störung: Pumpe", mail=own).key == alert("Pumpe wieder da", mail=own).key
    assert alert("Störung: Pumpe", mail=own).severity == "critical"
    assert alert("x OK", mail=own).status == "firing"  # not in the list any more


def test_words_may_count_at_the_beginning_only():
    assert alert("Door 3 is OK", mail={"where": "start"}).status == "firing"
    assert alert("OK: door 3", mail={"where": "start"}).status == "resolved"


def test_a_key_may_be_without_numbers_or_what_a_pattern_finds():
    assert alert("Job 12 failed", mail={"key": "numbers"}).key == alert("Job 13 failed", mail={"key": "numbers"}).key
    pattern = {"key": "pattern", "pattern": r"^Incident: (\w+)"}
    found = alert("DOWN 7", "a\nIncident: INC4\n", mail=pattern)
    assert (found.key, found.raw["key"]) == ("INC4", "the pattern")
    missed = alert("DOWN 7", "nothing", mail=pattern)
    assert missed.key == "root@web-1.example|7" and "the pattern found nothing" in missed.raw["key"]


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "((a{1,60}){1,60}){1,60}b", "(?R)?a", "(.*)*(.*)*(.*)*x"])
def test_no_pattern_holds_up_the_desk(pattern):
    began = process_time()
    by_pattern("a" * 20_000 + "!", pattern)
    assert process_time() - began < 1
    assert alert("DOWN: x", "a" * 20_000 + "!", mail={"key": "pattern", "pattern": pattern}).status == "firing"


HOSTILE = [
    {"subject": "[" * 100_000, "text": "host" + " " * 100_000},
    {"subject": "state: " * 9_999, "text": "state: " * 99_999},
    {"subject": "1" * 100_000, "text": "1.1:" * 100_000},
    {"subject": "- " * 5_000 + "->" * 999, "text": "*>- " * 99_999},
    {"subject": "x", "html": "href = " * 99_999},
    {"subject": "in 1 d " * 200, "text": "\n" * 999_999},
    {"subject": ["x"], "text": {"a": 1}, "from": 7, "date": [], "html": None, "dmarc": {}},
    {"subject": "\x00\ud800", "text": "\ud800\x00x"},
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_it_reads_any_mail_in_little_time(body):
    began = process_time()
    try:
        read(body, {}, {"mail": {"words": 7, "severities": {"critical": [1]}, "senders": "x", "key": []}})
    except Unreadable as error:
        assert error.reason
    assert process_time() - began < 0.5


def test_a_raw_mail_reads_the_same_through_the_adapter():
    raw = b"From: a@b.example\nSubject: =?utf-8?q?DOWN=3A_web-1?=\n\nSee https://b.example/1.\n"
    assert adapter.read("email", raw, {}) == [
        {"key": "a@b.example|web-1", "status": "firing", "severity": None, "title": "DOWN: web-1",
         "link": "https://b.example/1"}
    ]  # fmt: skip


@pytest.mark.parametrize("body", [None, [], "x", {}, {"subject": " ", "text": ""}])
def test_what_says_nothing_is_refused(body):
    with pytest.raises(Unreadable):
        read(body, {}, {})


def test_what_is_kept_reads_back_the_same():
    own = Settings(
        words={**Settings().words, "firing": ["kaputt"]}, where="start", key="numbers", senders=("a.example",)
    )
    assert settings_of({"mail": own.kept()}) == own and settings_of({"mail": Settings().kept()}) == Settings()
    assert "words" in own.kept() and Settings().kept()["words"] == {}


@pytest.mark.parametrize(
    ("sender", "may"),
    [("a@b.example", True), ("a@c.b.example", True), ("A@B.EXAMPLE", True), ("a@xb.example", False), ("", False),
     ("ups@rack.example", True), ("x@rack.example", False)],
)  # fmt: skip
def test_a_listed_domain_holds_those_below_it(sender, may):
    assert may_send(Settings(senders=("b.example", "ups@rack.example")), sender) is may


@pytest.fixture
def source(db, shop):
    source = Source(name="Racks", kind="email", site=shop)
    source.new_token()
    source.save()
    return source


@pytest.fixture
def mailbox(db):
    return Mailbox.objects.create(name="Support", address="support@desk.example", protocol="push")


def raw(source, subject="DOWN: web-1"):
    to = f"support+{source.mail_tag}@desk.example"
    return f"From: root@web-1.example\nTo: {to}\nSubject: {subject}\n\nState\n".encode()


FORM = {"senders": "", "key": "subject", "pattern": "", "where": "anywhere"}
LISTS = {name: ", ".join(words) for name, words in {**Settings().words, **Settings().severities}.items()}


def test_the_page_names_the_address_and_how_the_last_mails_are_read(cast, as_user, source, mailbox):
    manager = as_user(cast.manager)
    url = f"/settings/sources/{source.pk}/mail"
    assert "no mail yet" in manager.get(url).content.decode()
    intake.store(mailbox, raw(source), T0)
    html = manager.get(url).content.decode()
    assert f"support+{source.mail_tag}@desk.example" in html and "root@web-1.example|web-1" in html
    assert url in manager.get(f"/settings/sources/{source.pk}").content.decode()


def test_a_preview_changes_nothing_and_saving_does(cast, as_user, source, mailbox):
    intake.store(mailbox, raw(source, "Kaputt: Pumpe 7"), T0)
    manager, url = as_user(cast.manager), f"/settings/sources/{source.pk}/mail"
    draft = FORM | LISTS | {"critical": "kaputt", "key": "pattern", "pattern": r"(pumpe \d+)", "senders": "b.example"}
    html = manager.post(f"{url}/preview", draft).content.decode()
    assert "Pumpe 7</code>" in html and "by the pattern" in html and "may not send" in html
    source.refresh_from_db()
    assert source.mapping == {}
    manager.post(url, draft)
    source.refresh_from_db()
    assert source.mapping["mail"]["pattern"] == r"(pumpe \d+)" and source.mapping["mail"]["senders"] == ["b.example"]
    assert source.mapping["mail"]["severities"] == {"critical": ["kaputt"]} and source.mapping["mail"]["words"] == {}
    manager.post(
        f"/settings/sources/{source.pk}", {"name": "Racks", "kind": "email", "severity": 3, "quiet_minutes": 15}
    )
    source.refresh_from_db()
    assert source.mapping["mail"]["pattern"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"key": "pattern"}, "Write the pattern"),
        ({"key": "pattern", "pattern": "(a"}, "not a regular expression"),
        ({"senders": "a b@@c"}, "neither an address nor a domain"),
        ({"firing": "x" * 80}, "longer than 60"),
        ({"firing": ",".join(f"w{n}" for n in range(101))}, "At most 100 words"),
        ({"key": "dice"}, "id_key_error"),
    ],
)
def test_it_says_what_is_wrong(cast, as_user, source, change, said):
    for path in ("", "/preview"):
        answer = as_user(cast.manager).post(f"/settings/sources/{source.pk}/mail{path}", FORM | LISTS | change)
        assert answer.status_code == 422 and said in answer.content.decode()


def test_only_sources_that_read_mail_have_the_page(cast, as_user, source):
    Source.objects.update(kind="pingdom")
    answer = as_user(cast.manager).get(f"/settings/sources/{source.pk}/mail")
    assert (answer.status_code, answer["Location"]) == (302, f"/settings/sources/{source.pk}")
    assert as_user(cast.manager).post(f"/settings/sources/{source.pk}/mail/preview").status_code == 404


def test_a_new_address_changes_the_word_too(cast, as_user, source):
    before = source.mail_tag
    as_user(cast.manager).post(f"/settings/sources/{source.pk}/address")
    source.refresh_from_db()
    assert source.mail_tag != before


def test_the_page_takes_a_fixed_number_of_queries(cast, as_user, source, mailbox, django_assert_max_num_queries):
    for number in range(15):
        intake.store(mailbox, raw(source, f"DOWN: web-{number}"), T0)
        Mailbox.objects.create(name="x", address=f"box{number}@desk.example", protocol="push")
    manager = as_user(cast.manager)
    with django_assert_max_num_queries(10):
        manager.get(f"/settings/sources/{source.pk}/mail")
