"""What a shop's own mail would propose: `python nightly_mail.py URL KEY PRODUCT VISITOR` (needs tsuide-client).

One connection, all questions at once, and no mail at all where there is nothing to propose.
"""

import asyncio
import sys

from tsuide_client import Answer, AsyncTsuide


def paragraph(answer: Answer) -> str:
    """The offers as lines of a plain mail."""
    lines = []
    for offer in answer.offers:
        reason = offer.reasons[0].text if offer.reasons else ""
        lines.append(f"- {offer.product.title} {offer.price_text or ''}\n  {reason}")
    return "\n".join(lines)


async def main(url: str, key: str, product: str, *visitors: str) -> None:
    """Ask for every visitor who bought the product, and tell what was put into a mail."""
    async with AsyncTsuide(url, key, timeout=10, patience=60) as shop:
        asked = [
            shop.offers("confirmation", product_id=product, anonymous_id=each, n=2, language="en") for each in visitors
        ]
        for visitor, answer in zip(visitors, await asyncio.gather(*asked), strict=True):
            if not answer.offers:
                print(f"{visitor}: no mail ({answer.trouble or answer.arm})")
                continue
            print(f"{visitor}:\n{paragraph(answer)}")
            await shop.shown(answer)


asyncio.run(main(*sys.argv[1:]))
