"""The framework alone, answering a constant: the ceiling under which the real server stands.

``python -m tsuide.app.bench.constant PORT WORKERS`` serves it as `tsuide serve` serves the shop: the same event
loop, parser and number of workers.
"""

import json
import sys

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response


def create() -> FastAPI:
    """Reads the body, answers the same bytes every time."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    answer = json.dumps({"offers": "x" * 1_800}).encode()

    @app.post("/v1/offers")
    async def constant(request: Request) -> Response:
        await request.body()
        return Response(answer, media_type="application/json")

    @app.get("/healthz")
    async def healthy() -> Response:
        return Response(b"{}", media_type="application/json")

    return app


def main() -> None:
    """Serve until the process is told to end."""
    port, workers = int(sys.argv[1]), int(sys.argv[2])
    uvicorn.run("tsuide.app.bench.constant:create", factory=True, host="127.0.0.1", port=port, workers=workers,
                loop="uvloop", http="httptools", log_level="warning", access_log=False, server_header=False,
                date_header=False)  # fmt: skip


if __name__ == "__main__":
    main()
