# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import warnings
from collections.abc import Mapping

import numpy as np

from pronghorn.callbacks.callback import Callback, Logs

# A server that does not answer must not stop the training.
_SECONDS = 10.0


class RemoteMonitor(Callback):
    """Sends the logs of each epoch to a server, by an HTTP POST.

    They go as JSON with the number of the epoch as `epoch`. If the server cannot be reached or
    refuses, there is a warning and training goes on.

    Args:
        root: address of the server.
        path: where on it.
        field: name of the form field that holds the JSON.
        headers: more headers of the request.
        send_as_json: make the JSON the body of the request rather than a form field.

    Raises:
        ValueError: `root` is no address of a web server.

    Example:
    >>> import pronghorn as keras
    >>> monitor = keras.callbacks.RemoteMonitor("http://localhost:9000", send_as_json=True)
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: Mapping[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        super().__init__()
        if not root.startswith(("http://", "https://")):
            raise ValueError(f"`root` must begin with http:// or https://. Received: root={root!r}")
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        from urllib.error import HTTPError  # slow to import, and for this alone
        from urllib.parse import urlencode
        from urllib.request import Request, urlopen

        values = {name: np.asarray(value).tolist() for name, value in (logs or {}).items()}
        text = json.dumps({"epoch": epoch, **values})
        if self.send_as_json:
            kind, body = "application/json", text
        else:
            kind, body = "application/x-www-form-urlencoded", urlencode({self.field: text})
        headers = {"Content-Type": kind, **(self.headers or {})}
        try:
            with urlopen(Request(self.root + self.path, body.encode(), headers), timeout=_SECONDS):
                pass
        except OSError as error:  # all that urllib raises
            if isinstance(error, HTTPError):
                error.close()  # it holds the server's answer
            warnings.warn(
                f"RemoteMonitor could not send to {self.root + self.path}: {error}", stacklevel=2
            )
