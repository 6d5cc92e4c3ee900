"""An agent's conversation with a shop: `python agent.py HOME PRODUCT` (needs ``tsuide[mcp]``)."""

import asyncio
import os
import sys

from mcp import Client, StdioServerParameters


async def main(home: str, product: str) -> None:
    """Ask what goes with a product, tell what the customer saw, and why they said no."""
    settings = dict(os.environ)  # TSUIDE_…: a client passes on only a few variables by itself
    server = StdioServerParameters(command=sys.executable, args=["-m", "tsuide", "mcp", "--home", home], env=settings)
    async with Client(server) as client:
        told = await client.call_tool(
            "recommend_complements",
            {
                "product_id": product,
                "who": {"visitor_id": "kept-by-the-agent-2"},
                "agent": {"discovered": "search: travel camera", "why": "small enough for a coat pocket"},
                "language": "en",
            },
        )
        if told.is_error or told.structured_content is None:
            raise SystemExit(str(told.content))
        print(told.structured_content["text"])
        for offer in told.structured_content["offers"]:
            answer = {"offer_id": offer["offer_id"], "outcome": "shown"}
            await client.call_tool("record_outcome", answer)
        for offer in told.structured_content["offers"][:1]:
            answer = {"offer_id": offer["offer_id"], "outcome": "declined", "reason": "price_sensitivity"}
            done = await client.call_tool("record_outcome", answer)
            print((done.structured_content or {})["next_move"])


asyncio.run(main(*sys.argv[1:3]))
