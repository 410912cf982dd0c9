"""What Streamlit serves to everybody and nobody here asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PATHS = re.compile(r"/_stcore/(metrics|script-health-check|agent(/.*)?)/?$")
"""How many visits there are, and what they take, which a host reads from the system; a run of the
whole page for who asks; and a description of how programs drive the app, which they can't."""


class ClosedPaths:
    """ASGI middleware: these paths are not there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and PATHS.search(scope["path"]):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
