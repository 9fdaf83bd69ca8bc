"""Inside the scratch servers: start the desk, load it, kill, wait until it is quiet, reckon."""

import argparse
import json
import random
import socket
import sys
import time

import django

django.setup()

from django.core.management import call_command  # noqa: E402  the settings first
from django.db import close_old_connections  # noqa: E402

from accounts.models import Membership, Role, Team, User  # noqa: E402
from accounts.tokens import issue_token  # noqa: E402
from catalog.models import Site  # noqa: E402
from deliveries.models import Delivery  # noqa: E402
from helpdesk.runtime.health import healthy  # noqa: E402
from integrations.models import Inbound, Source  # noqa: E402
from soak import climbs, processes, reckoning, stages  # noqa: E402
from soak.load import Load  # noqa: E402
from soak.options import options_of  # noqa: E402
from soak.post import Post  # noqa: E402
from soak.provider import Provider  # noqa: E402
from tickets.models import Ticket  # noqa: E402

SETTLED_WITHIN = 240.0  # seconds; a killed worker's leases last 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def small_desk(port: int, rate: float, seed: int) -> Load:
    """A team with an agent, a site, a source, a token."""
    call_command("migrate", verbosity=0)
    team = Team.objects.create(name="Soak", slug="soak")
    agent = User.objects.create_user("agent@desk.example", "x" * 20, name="Agent", role=Role.AGENT)
    Membership.objects.create(team=team, user=agent)
    site = Site.objects.create(name="Shop", slug="shop", url="https://shop.example", fallback_team=team)
    source = Source(name="Prometheus", kind="alertmanager", site=site)
    address = source.new_token()
    source.save()
    token = issue_token(user=agent, name="soak", scopes=("tickets:read", "tickets:write"))[1]
    return Load(port=port, source=address, token=token, site=site.pk, rate=rate, seed=seed)


def storm(options: argparse.Namespace, load: Load, post: Post, desk: list[processes.Process]) -> None:
    """Load and kills for the given time; everything runs again afterwards."""
    dice, end = random.Random(options.seed), time.monotonic() + options.seconds
    workers = [one for one in desk if one.name.startswith("worker")]
    threads = [*load.start(), post.start(load.pause, load.enough)]
    next_kill = time.monotonic() + options.every
    while time.monotonic() < end:
        time.sleep(0.2)
        load.tickets = list(Ticket.objects.filter(channel="form").order_by("-pk").values_list("pk", flat=True)[:50])
        if time.monotonic() < next_kill:
            continue
        next_kill = time.monotonic() + dice.uniform(0.5, 1.5) * options.every
        victim = desk[0] if options.kill_valkey and dice.random() < 0.25 else dice.choice(workers)
        victim.kill()
        time.sleep(dice.uniform(0, 1))
        victim.start()
    load.enough.set()
    for thread in threads:
        thread.join(60)


def settle(post: Post) -> float:
    """Seconds until nothing waits any more."""
    began = time.monotonic()
    while (reckoning.unsettled() or reckoning.unread(post)) and time.monotonic() < began + SETTLED_WITHIN:
        close_old_connections()
        time.sleep(0.5)
    return round(time.monotonic() - began, 1)


def run(options: argparse.Namespace) -> dict[str, object]:
    """The whole; answers the summary. `broken` is empty when every promise was kept."""
    port, smtp = free_port(), free_port()
    load, provider = small_desk(port, options.rate, options.seed), Provider(smtp)
    desk = [processes.Store(), processes.web(port), processes.beat()]
    desk += [processes.worker(number, smtp) for number in range(options.workers)]
    post = Post(provider, seed=options.seed)
    provider.controller.start()
    try:
        for one in desk:
            one.start()
        while not healthy(f"http://127.0.0.1:{port}"):
            time.sleep(0.2)
        stages.fall_due(options.stages, within=options.seconds, seed=options.seed)
        climbs.begin(options.ladders, within=options.seconds, seed=options.seed)
        storm(options, load, post, desk)
        quiet_after = settle(post)
        broken = reckoning.broken(load, post, provider.taken)
        wrong = [said for said in load.answers if said.rpartition(" ")[2] not in ("201", "202", "302")]
        return {
            "seconds": options.seconds,
            "kills": {one.name: one.kills for one in desk if one.kills},
            "answers": dict(load.answers),
            "slowest_answer_s": round(load.slowest, 2),
            "mails": {"opening": len(post.opened), "answering": len(post.answered)},
            "intakes": Inbound.objects.count(),
            "tickets": Ticket.objects.count(),
            "deliveries": Delivery.objects.count(),
            "stages_fired": stages.fired(),
            "on_call": climbs.figures(),
            "mails_repeated": sum(count > 1 for count in provider.taken.values()),
            "deliveries_uncertain": Delivery.objects.filter(uncertain=True).count(),
            "quiet_after_s": quiet_after,
            "unsettled": reckoning.unsettled(),
            "broken": broken | ({"an answer that is none": wrong} if wrong else {}),
            **({"logs": {one.name: processes.last_lines(one.log) for one in desk}} if broken or wrong else {}),
        }
    finally:
        for one in reversed(desk):
            one.stop()
        provider.controller.stop()


def main() -> int:
    options = options_of(sys.argv[1:])
    summary = run(options)
    json.dump(summary, sys.stdout, indent=2)
    print()
    return 1 if summary["broken"] or summary["unsettled"] else 0


if __name__ == "__main__":
    sys.exit(main())
