# SPDX-License-Identifier: Apache-2.0
"""RemoteMonitor against a server on this machine."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import numpy as np
import pytest

from pronghorn.callbacks import RemoteMonitor


@pytest.fixture
def server():
    """Address of a server, and what it has received: (path, headers, body)."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.append((self.path, self.headers, body))
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()

        def log_message(self, *args):
            """Nothing to the terminal."""

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", received
        running.shutdown()
        thread.join()


LOGS = {"loss": 0.5, "accuracy": np.float32(0.25), "per_class": np.array([0.5, 1.0])}
SENT = {"epoch": 3, "loss": 0.5, "accuracy": 0.25, "per_class": [0.5, 1.0]}


def test_logs_go_as_a_form_field(server):
    root, received = server
    RemoteMonitor(root, headers={"X-Run": "7"}).on_epoch_end(3, LOGS)
    [(path, headers, body)] = received
    assert path == "/publish/epoch/end/"
    assert headers["X-Run"] == "7"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert json.loads(parse_qs(body)["data"][0]) == SENT


def test_logs_go_as_json(server):
    root, received = server
    RemoteMonitor(root, path="/here", send_as_json=True).on_epoch_end(3, LOGS)
    [(path, headers, body)] = received
    assert path == "/here"
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == SENT


def test_a_server_that_refuses_or_is_not_there_is_a_warning(server):
    root, _ = server
    with pytest.warns(UserWarning, match="500"):
        RemoteMonitor(root, path="/broken").on_epoch_end(0, {})
    with pytest.warns(UserWarning, match="could not send"):
        RemoteMonitor("http://127.0.0.1:9").on_epoch_end(0, {})  # the discard port


def test_only_web_addresses_are_taken():
    with pytest.raises(ValueError, match="root='file:///etc/passwd'"):
        RemoteMonitor("file:///etc/passwd")
