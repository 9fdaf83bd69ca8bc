"""`bin/bench`: prints JSON. Figures stand beside a floor of the same run, as machines are noisy."""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import django

from helpdesk.runtime.scratch import scratch_servers

PARTS = ["reading", "writing", "alerts", "sweep", "deadlines", "rota", "pages", "mail"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=60, help="requests of each kind")
    parser.add_argument("--rate", type=int, default=200, help="alerts a second")
    parser.add_argument("--seconds", type=int, default=30, help="how long alerts are posted")
    parser.add_argument("--storm", type=int, default=60, help="how long 10,000 alerts a minute are posted")
    parser.add_argument("--running", type=int, default=0, help="sweep among so many running clocks, too")
    parser.add_argument(
        "--only", choices=PARTS, nargs="+", default=PARTS, help="what is measured; all of it by default"
    )
    options = parser.parse_args()

    with scratch_servers(durable=True):
        os.environ["DJANGO_SETTINGS_MODULE"] = "helpdesk.settings"
        os.environ["FORM_LIMIT_PER_IP"] = "1000000"
        django.setup()
        json.dump(run(options), sys.stdout, indent=2)
        print()


def floor(desk: Any, times: int) -> dict[str, object]:
    """An empty page over HTTP, and a bare query in this process."""
    from django.db import connection

    from bench.desk import percentile

    page = desk.measure(lambda n: ("GET", "/healthz", None, {}), times=times * 3)
    walls = []
    with connection.cursor() as cursor:
        for _ in range(200):
            began = time.perf_counter()
            cursor.execute("SELECT 1")
            walls.append(1000 * (time.perf_counter() - began))
    return {"empty_page": page, "bare_query_p50_ms": round(percentile(walls, 0.5), 3)}


def run(options: argparse.Namespace) -> dict[str, object]:
    """Load, measure, and set every figure beside the floor."""
    from django.core.management import call_command

    from bench import deadlines, mail, mail_intake, pages, rota, storm, sweeps
    from bench import desk as desks
    from helpdesk.runtime import paths
    from tickets.models import Message, Ticket

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    began = time.monotonic()
    call_command("seed_scale", tickets=options.tickets, stdout=sys.stderr)
    loaded = time.monotonic() - began
    postmaster = int((paths.data_dir() / "postgres" / "postmaster.pid").read_text().split()[0])
    desk = desks.start(postmaster)
    try:
        user, cookie, token = pages.people()
        result: dict[str, object] = {
            "tickets": Ticket.objects.count(),
            "messages": Message.objects.count(),
            "seed_seconds": round(loaded),
            "cores": os.cpu_count(),
            "load_before": os.getloadavg()[0],
            "floor": floor(desk, options.times),
        }
        if "reading" in options.only:
            result |= pages.reading(desk, user, cookie, options.times)
        if "writing" in options.only:
            result |= pages.writing(desk, token, options.times)
        if "alerts" in options.only:
            result["alert_intake"] = pages.alerts(desk, rate=options.rate, seconds=options.seconds)
        if "sweep" in options.only:
            result["sla_sweep"] = sweeps.sweeps(postmaster)
        if "deadlines" in options.only:
            sweeps.let_run(sweeps.RUNNING)
            result["working_time"] = deadlines.arithmetic()
            result["opening"] = deadlines.opening(postmaster, options.times)
            result["detection_lag"] = deadlines.lag()
            result["replanning"] = deadlines.replanning(postmaster)
        if options.running > sweeps.RUNNING:
            result["sla_sweep_of_many"] = {"running": deadlines.many_more(options.running)} | {
                name: sweeps.measure(sweeps.ROUNDS[name], postmaster) for name in ("due_0", "due_100", "due_10000")
            }
        if "rota" in options.only:
            result["on_call"] = rota.on_call()
        if "pages" in options.only:
            result["pages"] = storm.pages(desk, seconds=options.storm)
        if "mail" in options.only:
            result["mail_parsing"] = mail.parsing()
            result["mail_intake"] = mail_intake.mail_intake(postmaster)
        least = result["floor"]["empty_page"]["cpu_ms"] or 0.1  # type: ignore[index]
        for figures in result.values():
            if isinstance(figures, dict) and "cpu_ms" in figures:
                figures["times_floor"] = round(figures["cpu_ms"] / least, 1)
        return result
    finally:
        desk.web.terminate()
        desk.web.wait(20)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    main()
