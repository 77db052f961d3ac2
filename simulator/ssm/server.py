"""The child process: moto's Parameter Store and S3 on a free loopback port, which it writes to a file.

    python -m simulator.ssm.server PORT_FILE

Ends at end of file on its standard input, so it cannot outlive the world that holds the other end.
"""

import contextlib
import logging
import os
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.test import Client


def main(port_file: Path) -> None:
    """Serve until standard input ends."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, _application(), threaded=True, request_handler=_QuietHandler)
    threading.Thread(target=_until_end_of_input, args=(server,), daemon=True).start()
    announced = port_file.with_suffix(".new")
    announced.write_text(str(server.server_port))
    announced.replace(port_file)
    server.serve_forever()


class _QuietHandler(WSGIRequestHandler):
    """Keeps connections open between calls, answers without delay and writes no line per call."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The gateway keeps the log of calls."""


def _application() -> Any:
    _without_ec2()
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - only after EC2 was left out
        DomainDispatcherApplication,
        create_backend_app,
    )

    application = DomainDispatcherApplication(create_backend_app)
    _load(application)
    return application


def _load(application: Any) -> None:
    """Answer one call of each service, so that the first real one does not wait for modules and models."""
    client = Client(application)
    region = "us-east-1"
    signed = {
        service: f"AWS4-HMAC-SHA256 Credential=LKIA/20200101/{region}/{service}/aws4_request, Signature=0"
        for service in ("ssm", "s3")
    }
    target = {"X-Amz-Target": "AmazonSSM.DescribeParameters", "Content-Type": "application/x-amz-json-1.1"}
    client.post("/", data="{}", headers={"Authorization": signed["ssm"], **target}).close()
    client.get("/", headers={"Authorization": signed["s3"]}).close()


def _without_ec2() -> None:
    """Leave moto's EC2 out: Parameter Store needs it for fleet commands only; it costs 110 MB and seconds."""
    ec2 = ModuleType("moto.ec2")
    ec2.__dict__["ec2_backends"] = {}
    sys.modules["moto.ec2"] = ec2


def _until_end_of_input(server: BaseWSGIServer) -> None:
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 1024):
            pass
    server.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
