"""The webhook receiver: verified, answered at once, worked on afterwards."""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from standardwebhooks import Webhook, WebhookVerificationError

KEPT_IDS = 1000


def receiver(secret: str, react: Callable[[dict[str, Any]], None]) -> FastAPI:
    """``react`` runs in a thread for each new notice; a repeated webhook-id is answered only."""
    app = FastAPI(openapi_url=None)
    webhook = Webhook(secret)
    seen: dict[str, None] = {}
    running: set[asyncio.Task[None]] = set()

    @app.post("/webhooks")
    async def notice(request: Request) -> Response:
        try:
            told = webhook.verify((await request.body()).decode(), dict(request.headers))
        except (WebhookVerificationError, UnicodeDecodeError):
            return Response(status_code=401)
        notice_id = request.headers["webhook-id"]
        if notice_id not in seen:
            seen[notice_id] = None
            for old in list(seen)[:-KEPT_IDS]:
                del seen[old]
            task = asyncio.create_task(asyncio.to_thread(react, told))
            running.add(task)
            task.add_done_callback(running.discard)
        return Response(status_code=204)

    return app
