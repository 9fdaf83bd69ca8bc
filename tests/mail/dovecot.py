"""Dovecot from the system's packages, where it is installed, on ports and in a directory of its own."""

import grp
import mailbox as maildirs
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mail.servers import PASSWORD, USER, Certificate, Serving

PROGRAM = shutil.which("dovecot") or next((p for p in ["/usr/sbin/dovecot"] if Path(p).exists()), None)
CONFIG = """
base_dir = {place}/run
state_dir = {place}/state
log_path = {place}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <{chain}
ssl_key = <{key}
disable_plaintext_auth = no
mail_location = maildir:{place}/mail/box
first_valid_uid = {uid}
first_valid_gid = {gid}
auth_mechanisms = plain login
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={place}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
  }}
}}
"""


class Maildir:
    """The same questions as a `Letterbox` answers."""

    def __init__(self, place: Path, owner: "pwd.struct_passwd") -> None:
        self.box = maildirs.Maildir(place, factory=None)
        self.owner = owner
        self.give(place)

    def put(self, raw: bytes) -> None:
        self.box.add(raw)
        self.give(Path(self.box._path))

    def give(self, place: Path) -> None:
        """Dovecot never runs as root: what root wrote is given to whom it runs as."""
        if os.getuid() == 0:
            for path in (place, *place.rglob("*")):
                os.chown(path, self.owner.pw_uid, self.owner.pw_gid)

    @property
    def seen(self) -> list[str]:
        return [key for key, message in self.box.iteritems() if "S" in message.get_flags()]

    @property
    def raws(self) -> list[bytes]:
        return [self.box.get_bytes(key) for key in self.box.iterkeys()]


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


@contextmanager
def dovecot(certificate: Certificate) -> Iterator[dict[str, Serving]]:
    """Serving by protocol, of one and the same mailbox."""
    assert PROGRAM
    user = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    place = Path(tempfile.mkdtemp(prefix="dovecot-"))
    imap, imaps, pop3, pop3s = free_ports(4)
    for name in ("run", "state", "mail"):
        (place / name).mkdir()
    box = Maildir(place / "mail" / "box", user)
    config = place / "dovecot.conf"
    config.write_text(
        CONFIG.format(
            place=place, user=user.pw_name, group=grp.getgrgid(user.pw_gid).gr_name, uid=user.pw_uid, gid=user.pw_gid,
            chain=shutil.copy(certificate.chain, place), key=shutil.copy(certificate.key, place), password=PASSWORD,
            imap=imap, imaps=imaps, pop3=pop3, pop3s=pop3s,
        )
    )  # fmt: skip
    box.give(place)
    child = subprocess.Popen(
        [PROGRAM, "-F", "-c", str(config)], user=user.pw_uid, group=user.pw_gid, stderr=subprocess.PIPE
    )
    try:
        wait_for(imap, child, place / "log")
        yield {"imap": Serving(imap, imaps, box, box.box.clear), "pop3": Serving(pop3, pop3s, box, box.box.clear)}
    finally:
        child.terminate()
        child.wait(timeout=20)
        shutil.rmtree(place)


def wait_for(port: int, child: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 15
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if child.poll() is not None or time.monotonic() > end:
                child.kill()
                said = child.communicate()[1].decode() + (log.read_text() if log.exists() else "")
                raise AssertionError(f"dovecot did not start: {said}") from None
            time.sleep(0.05)


__all__ = ["PROGRAM", "USER", "Maildir", "dovecot"]
