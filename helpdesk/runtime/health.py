"""Ask a running web server whether it is well: `python -m helpdesk.runtime.health [http://127.0.0.1:8000]`."""

import http.client
import os
import sys
from urllib.parse import urlsplit

PATIENCE_SECONDS = 5.0


def healthy(address: str) -> bool:
    """Whether the server at this address answers /healthz with 200, asked under the name it is published as."""
    published = urlsplit(os.environ.get("BASE_URL") or address).netloc
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": published})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not healthy(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"))
