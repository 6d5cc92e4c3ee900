"""What a rep says: the benefit, the evidence, the difference, the price, in that order."""

from dataclasses import dataclass
from typing import Final

from tsuide.kit.money import Money
from tsuide.kit.phrases import Phrases
from tsuide.mining.reviews import ReviewSignals, Standing
from tsuide.offers.explain import differences_text, reasons_told
from tsuide.offers.offer import Offer
from tsuide.offers.state import State

PHRASES: Final = Phrases(
    {
        "cross_sell": {
            "ja": "{with_}と一緒にお使いになると、より便利になります。",
            "en": "Makes more of {with_}.",
        },
        "cross_sell_alone": {"ja": "{title}をご紹介します。", "en": "May I show you {title}?"},
        "up_sell": {
            "ja": "{with_}をご検討でしたら、{title}もぜひ比べてみてください。",
            "en": "If you are considering {with_}, compare it with {title}.",
        },
        "down_sell": {
            "ja": "ご予算に合わせて、{title}という選び方もございます。",
            "en": "To stay within your budget, {title} may be enough.",
        },
        "alternative": {
            "ja": "{with_}の代わりに、{title}をご用意できます。",
            "en": "{title} can take the place of {with_}.",
        },
        "bundle": {
            "ja": "必要なものがひとつにそろうセットです。",
            "en": "Everything that belongs together, at once.",
        },
        "filler": {"ja": "こちらを加えると送料が無料になります。", "en": "With this, shipping is free."},
        "filler_tier": {
            "ja": "こちらを加えると、あと少しのキャンペーンに届きます。",
            "en": "With this, the cart reaches a promotion.",
        },
        "replenish": {
            "ja": "{title}は、そろそろ残りが少なくなる頃かと存じます。",
            "en": "{title} may be running out about now.",
        },
        "content": {
            "ja": "お役に立つ資料がございます：{title}。",
            "en": "This may help you: {title}.",
        },
        "price": {"ja": "価格は{price}です。", "en": "It costs {price}."},
        "more": {"ja": "差額は{amount}です。", "en": "That is {amount} more."},
        "less": {"ja": "{amount}お求めやすくなります。", "en": "That is {amount} less."},
        "on_request": {"ja": "価格はお見積もりいたします。", "en": "The price is on request."},
        "quote": {"ja": "お客様の声：「{quote}」", "en": "A customer says: “{quote}”"},
        "hand_over": {
            "ja": "この商品のご説明には資格が必要です。有資格の担当者へお引き継ぎください。",
            "en": "Advising on this needs a qualification: please hand over to a qualified colleague.",
        },
    }
)


@dataclass(frozen=True, slots=True)
class Pitch:
    """What to say, as sentences.

    Args:
        benefit: what the customer gains.
        evidence: why we believe it.
        difference: what is better or cheaper, and by how much.
        price: of the offer.
        caution: what the rep must mind; "" = nothing.
    """

    benefit: str
    evidence: tuple[str, ...]
    difference: tuple[str, ...]
    price: str
    caution: str = ""

    def text(self) -> str:
        """Everything, one sentence a line."""
        lines = (self.benefit, *self.evidence, *self.difference, self.price, self.caution)
        return "\n".join(line for line in lines if line)


def pitch(offer: Offer, language: str, state: State) -> Pitch:
    """The pitch for one offer.

    Raises:
        BadValue: an unknown language.
    """
    title = state.title(offer.product_id, language)
    anchor = state.title(offer.anchor_id, language) if offer.anchor_id else None
    key: str = "cross_sell_alone" if offer.kind == "cross_sell" and anchor is None else offer.kind
    if offer.kind == "filler" and any(reason.code == "closes_tier" for reason in offer.reasons):
        key = "filler_tier"
    evidence = reasons_told(offer, language, state)
    quote = quote_of(offer, language, state)
    if quote:
        evidence.append(PHRASES.text("quote", language, quote=quote))
    return Pitch(
        benefit=PHRASES.text(key, language, title=title, with_=anchor or title),
        evidence=tuple(evidence),
        difference=(*differences_text(offer, language, state), *_more_or_less(offer, language)),
        price=_price(offer, language),
        caution=PHRASES.text("hand_over", language) if offer.act == "hand_over" else "",
    )


def quote_of(offer: Offer, language: str, state: State) -> str:
    """What a satisfied buyer says of what is offered, in the reader's language; empty where there is none."""
    standing = standing_of(offer, state)
    return standing.quote_in(language) if standing is not None else ""


def standing_of(offer: Offer, state: State) -> Standing | None:
    """How buyers rate what is offered; None where nobody has reviewed it."""
    part = state.parts.get("reviews")
    return part.of(offer.product_id) if isinstance(part, ReviewSignals) else None


def _price(offer: Offer, language: str) -> str:
    if offer.price is None:
        return PHRASES.text("on_request", language)
    return PHRASES.text("price", language, price=Money(offer.price, offer.currency).text(language))


def _more_or_less(offer: Offer, language: str) -> tuple[str, ...]:
    if not offer.difference:
        return ()
    amount = Money(abs(offer.difference), offer.currency).text(language)
    return (PHRASES.text("more" if offer.difference > 0 else "less", language, amount=amount),)
