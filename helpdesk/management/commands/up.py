"""`manage.py up`: the whole desk in one process tree."""

import argparse
import hashlib
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, CommandError, call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from helpdesk import demo
from helpdesk.runtime import claims, paths, valkey
from helpdesk.runtime.health import healthy
from helpdesk.runtime.postgres import EmbeddedPostgres
from helpdesk.runtime.supervisor import Failed, Service, Stopped, Supervisor

QUEUES = "page,mail,webhook,bulk,default"
MANAGE = paths.CHECKOUT / "manage.py"


class Command(BaseCommand):
    """Start PostgreSQL and Valkey unless their URLs are given, then the web and the worker; stop them together."""

    help = "Run the whole desk: database, Valkey, web server, worker with its schedule. Ctrl-C stops all."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add --bind, --data, --no-demo."""
        parser.add_argument("--bind", default=os.environ.get("BIND", "127.0.0.1:8000"), help="HOST:PORT to listen on")
        parser.add_argument("--data", help="where everything is kept (also HELPDESK_DATA)")
        parser.add_argument("--no-demo", action="store_true", help="start empty: the first page asks for an admin")

    def handle(self, *args: object, **options: Any) -> None:
        """Start, watch until a signal, stop."""
        self.began = time.monotonic()
        self.supervisor = Supervisor(log=self.line)
        self.supervisor.stop_on_signals()
        try:
            self.lock = claims.claim_data(self.say)
            listener = claims.listen(*claims.parse_bind(options["bind"]), self.say)
            os.environ.setdefault("BASE_URL", claims.address_of(listener))  # for the children: links are built from it
            self.start_servers()
            self.prepare(with_demo=not options["no_demo"])
            self.start_desk(listener)
            self.banner(claims.address_of(listener))
            self.supervisor.watch()
        except (paths.Unusable, Failed) as error:
            raise CommandError(str(error)) from error
        except Stopped:
            pass
        finally:
            self.stop()

    def say(self, text: str) -> None:
        """One line of our own."""
        self.line("up", text)

    def line(self, name: str, text: str) -> None:
        """One line of output, marked with where it comes from."""
        self.stdout.write(f"{name:<8} | {text}")
        self.stdout.flush()

    def start_servers(self) -> None:
        """Start PostgreSQL and Valkey, or leave those alone that the environment names."""
        embedded = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
        services = []
        if "DATABASE_URL" in embedded:
            postgres = EmbeddedPostgres()
            if not (postgres.data / "PG_VERSION").exists():
                self.say(f"creating a PostgreSQL {postgres.programs.version} database in {postgres.data}")
            postgres.prepare()
            services.append(postgres.service())
        if "REDIS_URL" in embedded:
            paths.make_run_dir()
            services.append(valkey.service())
        for service in services:
            service.keep_open = (self.lock.fileno(),)  # the claim ends with the last of them
            self.supervisor.spawn(service)
        for service in services:
            self.supervisor.wait_ready(service)
        if "DATABASE_URL" in embedded:
            if self.first_run_marker.exists():
                self.say("the first start was interrupted: beginning again with an empty database")
                postgres.drop_database()
            postgres.ensure_database()

    @property
    def first_run_marker(self) -> Path:
        """Exists from the first migration until the demo data is complete: what lies between is not worth keeping."""
        return paths.data_dir() / "first-run"

    def prepare(self, *, with_demo: bool) -> None:
        """Bring static files and the database up to date; fill a new database with demo data."""
        static = self.collect_static()
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        first = bool(plan) and not executor.loader.applied_migrations
        if first:
            self.first_run_marker.touch()
        elif self.first_run_marker.exists():  # on a server of somebody else's nothing is ever dropped
            self.say("the first start was interrupted: the demo data in this database may be incomplete")
        if plan:
            self.say(f"setting up the database: {len(plan)} migrations")
            call_command("migrate", interactive=False, verbosity=0)
        if first and with_demo and "seed_demo" in get_commands():
            self.say("filling the desk with demo data, this happens once")
            self.finish(self.job("demo", "seed_demo"))
        self.first_run_marker.unlink(missing_ok=True)
        if static:
            self.finish(static[0])
            static[1].write_text(static[2])
        connection.close()

    def collect_static(self) -> tuple[Service, Path, str] | None:
        """Start collecting static files if any changed; -> the job, and the stamp to write once it is done."""
        stamp, wanted = paths.data_dir() / "static.stamp", static_fingerprint()
        if stamp.exists() and stamp.read_text() == wanted and Path(settings.STATIC_ROOT).is_dir():
            return None
        self.say("collecting static files")
        return self.job("static", "collectstatic", "--no-input", "--verbosity=0"), stamp, wanted

    def job(self, name: str, *command: str) -> Service:
        """Start one of our own commands as a child, so that it runs beside this one and reads BASE_URL anew."""
        service = Service(name, [sys.executable, str(MANAGE), *command, "--skip-checks"], loud=True)
        self.supervisor.spawn(service)
        return service

    def finish(self, job: Service) -> None:
        """Wait for a job."""
        self.supervisor.finish(job)

    def start_desk(self, listener: socket.socket) -> None:
        """Start the web, and the worker once it answers: nobody waits for the worker, and they share the cores."""
        number = listener.fileno()
        address = claims.address_of(listener)
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:helpdesk.runtime.web", "helpdesk.wsgi:application"]
        web = Service(
            "web",
            [*gunicorn, "--bind", f"fd://{number}", "--chdir", str(paths.CHECKOUT)],
            ready=lambda: healthy(address),
            keep_open=(number,),
            stop_timeout=15,
        )
        quiet = "ignore:You're running the worker with superuser privileges"  # nothing but JSON is ever unpacked
        celery = [sys.executable, "-W", quiet, "-m", "celery", "--quiet", "--workdir", str(paths.CHECKOUT)]
        celery += ["-A", "helpdesk", "worker", "-B"]
        celery += ["-Q", QUEUES, "--pool=threads", "--concurrency=8", "--loglevel=WARNING"]
        celery += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        self.supervisor.start(web)
        self.supervisor.spawn(Service("worker", celery, stop_timeout=30, loud=True))

    def banner(self, address: str) -> None:
        """Say where the desk is, who can sign in and where the data lies."""
        lines = ["", f"  The desk is open:  {address}/", ""]
        people = demo_sign_ins()
        if people:
            width = max(len(email) for _, email, _ in people)
            lines += [f"  {role:<17}  {email:<{width}}  {password}" for role, email, password in people]
        elif not get_user_model().objects.exists():
            lines += ["  No demo data: the first page asks for the first admin."]
        connection.close()
        lines += ["", f"  Data               {paths.data_dir()}", "  Stop               Ctrl-C", ""]
        self.stdout.write("\n".join(lines))
        self.say(f"ready after {time.monotonic() - self.began:.1f} s")

    def stop(self) -> None:
        """Stop in reverse order of starting."""
        if self.supervisor.services:
            self.say("stopping")
            self.supervisor.stop_all()
            self.say("stopped")


def static_fingerprint() -> str:
    """Changes when a static file does, or the way they are stored."""
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name}:{found.st_size}:{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def demo_sign_ins() -> list[tuple[str, str, str]]:
    """The demo's people (role, e-mail, password) if this database holds them."""
    people: list[tuple[str, str, str]] = getattr(demo, "SIGN_INS", [])
    known = get_user_model().objects.filter(email__in=[email for _, email, _ in people])
    present = set(known.values_list("email", flat=True))
    return [person for person in people if person[1] in present]
