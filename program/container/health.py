"""Whether the pages answer, for the health check of a container: exit code 0 if they do."""

from __future__ import annotations

import http.client
import os
import ssl
import sys

SECONDS = 5


def main() -> int:
    port = int(os.environ.get("PORTAL_PORT", "8443"))
    connection: http.client.HTTPConnection
    if os.environ.get("PORTAL_PLAIN"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    else:  # the certificate has another name than the loopback: it is not what is asked about
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=SECONDS, context=context
        )
    try:
        connection.request("GET", "/health")
        return 0 if connection.getresponse().status == 200 else 1
    except OSError:
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
