"""The only way from an offer to an order line: what the customer confirms, and the signed token that says they did.

A token is ``payload.signature``, both base64url: the payload is JSON that names the acceptance, the decision, the
offer, the customer, total, tax by rate, term and expiry; the signature is HMAC-SHA256 over the payload's text. During
a rotation two keys are good: the new one signs, both verify. That a token is used once is the store's business.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from tsuide.errors import BadValue, Refused
from tsuide.kit.clock import from_micros, to_micros
from tsuide.kit.money import tax_of
from tsuide.offers.plain import build, plain

MOST_TOKEN: Final = 4_096  # characters
LEAST_SECRET: Final = 32  # bytes
MOST_KEYS: Final = 2
QUOTE: Final = "quo"
"""What the ids of quotes begin with: what a customer says yes to that no decision has offered as a whole."""
FINAL_ITEMS: Final = ("quantity", "price", "payment", "delivery", "cancellation")
"""What 特商法 12条の6 asks of a final confirmation (and the term of a subscription, where there is one)."""


@dataclass(frozen=True, slots=True)
class Key:
    """One signing key; `secret` has at least 32 bytes."""

    id: str
    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) < LEAST_SECRET:
            raise BadValue(f"a signing key needs {LEAST_SECRET} bytes or more", key="key", value=self.id)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says.

    Args:
        total: of everything, tax included, minor units; None where the price is asked for.
        taxes: by rate in basis points, minor units.
        term: of a subscription, as the shop words it; "" = none.
        expires_at: from then on it is worth nothing; microseconds.
    """

    acceptance_id: str
    decision_id: str
    offer_id: str
    customer_id: str | None
    currency: str
    total: int | None
    taxes: Mapping[int, int]
    term: str
    expires_at: int


def sign(claims: Claims, key: Key) -> str:
    """The token of these claims.

    >>> key = Key("k1", b"0" * 32)
    >>> token = sign(Claims("acc_1", "dec_1", "dec_1.0", None, "JPY", 3300, {1000: 300}, "", 10), key)
    >>> verify(token, [key], from_micros(9)).total
    3300
    """
    written = asdict(claims) | {"key": key.id, "taxes": {str(rate): tax for rate, tax in claims.taxes.items()}}
    payload = _encoded(json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())
    return f"{payload}.{_encoded(_mac(payload, key))}"


def verify(token: str, keys: Sequence[Key], now: datetime) -> Claims:
    """The claims of a token that one of `keys` signed and that has not expired.

    Args:
        token: as it came; nothing of it is believed before its signature is checked.
        keys: the newest first; two during a rotation.
        now: UTC.

    Raises:
        Refused: not a token of ours, or expired. It does not say which part was wrong.
        BadValue: no key at all, or more than two.
    """
    if not 1 <= len(keys) <= MOST_KEYS:
        raise BadValue("one key, or two during a rotation", key="keys", value=len(keys))
    payload, _, signature = token[:MOST_TOKEN].partition(".")
    given = _decoded(signature)
    matches = [hmac.compare_digest(_mac(payload, key), given) for key in keys]  # all of them: no early end
    if not any(matches) or len(token) > MOST_TOKEN:
        raise Refused("this link is not valid", key="token", way_out="open the newest message, or ask for another")
    claims = _claims(json.loads(_decoded(payload)))
    if to_micros(now) >= claims.expires_at:
        raise Refused(
            "this link has expired",
            key="expires_at",
            value=from_micros(claims.expires_at).isoformat(),
            way_out="ask for another",
        )
    return claims


def _mac(payload: str, key: Key) -> bytes:
    return hmac.digest(key.secret, payload.encode(), "sha256")


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """The bytes, or none where the text is not canonical base64url: one token has one spelling."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if _encoded(data) == text else b""


def _claims(value: dict[str, Any]) -> Claims:
    value = {name: each for name, each in value.items() if name != "key"}
    return Claims(**value | {"taxes": {int(rate): tax for rate, tax in value["taxes"].items()}})


# --- what is confirmed ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """One line of what is confirmed.

    Args:
        unit_price: as shown, before discount, minor units; None = asked for.
        discount: off the whole line.
        tax_rate: basis points.
        role: offered, anchor, required or free, as in the offer.
        offer_id, decision_id: in a quote, of the offer that this line comes from; "" = the customer asked for it.
    """

    product_id: str
    title: str
    quantity: int
    unit_price: int | None
    tax_rate: int
    tax_included: bool = True
    discount: int = 0
    role: str = "offered"
    offer_id: str = ""
    decision_id: str = ""

    @property
    def amount(self) -> int | None:
        """What the line comes to, as prices are shown; None = asked for."""
        return None if self.unit_price is None else self.unit_price * self.quantity - self.discount


@dataclass(frozen=True, slots=True)
class SaleTerms:
    """The shop's words, by language (ja, en), for what 特商法 asks to be shown before the last click.

    Args:
        payment: when and how it is paid.
        delivery: when it comes.
        cancellation: how a yes can be taken back: withdrawal, returns.
        shipping: what shipping costs with tax, minor units.
        shipping_tax: its rate, basis points.
        free_from: a cart of so much ships free, minor units; 0 = none does.
    """

    payment: Mapping[str, str]
    delivery: Mapping[str, str]
    cancellation: Mapping[str, str]
    shipping: int = 0
    shipping_tax: int = 1_000
    free_from: int = 0


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Everything that stands before the customer when they say yes; it is kept as the evidence of what they saw.

    Args:
        subtotal: the lines as shown.
        taxes: by rate in basis points; included in `total`.
        total: subtotal and shipping, tax included; None where a price is asked for.
        term, renewal: of a subscription, else "".
        draws: promotion → what the yes takes from its budget, minor units.
        expires_at: until when this price holds.
        entered_by: the rep who entered it; None = the customer asked.
        points: unit → how many the yes brings.
    """

    offer_id: str
    decision_id: str
    customer_id: str | None
    items: tuple[Item, ...]
    currency: str
    subtotal: int | None
    shipping: int
    taxes: Mapping[int, int]
    total: int | None
    term: str
    renewal: str
    terms: SaleTerms
    expires_at: datetime
    draws: Mapping[str, int] = field(default_factory=dict)
    entered_by: str | None = None
    cancellation: str = ""
    points: Mapping[str, int] = field(default_factory=dict)

    @property
    def offers(self) -> tuple[tuple[str, str], ...]:
        """(offer, decision) of everything in it that a decision has offered: of a quote, those of its lines."""
        if self.decision_id:
            return ((self.offer_id, self.decision_id),)
        return tuple(dict.fromkeys((item.offer_id, item.decision_id) for item in self.items if item.offer_id))

    def missing(self, language: str) -> tuple[str, ...]:
        """Which of the legal items a reader of `language` would not see."""
        lacking = []
        if any(item.quantity < 1 for item in self.items) or not self.items:
            lacking.append("quantity")
        if self.total is None:
            lacking.append("price")
        lacking += [name for name in ("payment", "delivery") if not getattr(self.terms, name).get(language)]
        if not (self.cancellation or self.terms.cancellation.get(language)):
            lacking.append("cancellation")
        return tuple(lacking)


def confirmation(
    *,
    offer_id: str,
    decision_id: str,
    customer_id: str | None,
    items: Sequence[Item],
    currency: str,
    terms: SaleTerms,
    expires_at: datetime,
    subscription: Mapping[str, str] | None = None,
    draws: Mapping[str, int] | None = None,
    points: Mapping[str, int] | None = None,
    entered_by: str | None = None,
) -> Confirmation:
    """Add up what is confirmed: tax is rounded once per rate, over the whole.

    Args:
        offer_id: what is confirmed.
        decision_id: that made the offer.
        customer_id: whose yes it will be.
        items: everything that the yes would add.
        currency: of every amount.
        terms: the shop's words.
        expires_at: until when it may be confirmed.
        subscription: the product's ``term``, ``renewal`` and ``cancellation``.
        draws: promotion → what the yes takes from its budget, minor units.
        points: unit → how many the yes brings.
        entered_by: the rep.

    Raises:
        BadValue: nothing to confirm, fewer than one unit, or a discount above the line's price.

    >>> words = {"ja": "…", "en": "…"}
    >>> terms = SaleTerms(words, words, words)
    >>> items = [Item("tea", "Tea", 2, 540, 800), Item("cup", "Cup", 1, 1_000, 1_000, tax_included=False)]
    >>> made = confirmation(offer_id="d.0", decision_id="d", customer_id="c", items=items, currency="JPY",
    ...     terms=terms, expires_at=from_micros(0))
    >>> made.subtotal, made.taxes, made.total
    (2080, {800: 80, 1000: 100}, 2180)
    """
    for item in items:
        if item.quantity < 1 or (item.amount is not None and item.amount < 0):
            raise BadValue("must be one unit or more, and no discount above the price", key=item.product_id)
    if not items:
        raise BadValue("there is nothing to confirm", key="items")
    amounts = [item.amount for item in items]
    known = [amount for amount in amounts if amount is not None]
    subtotal = sum(known) if len(known) == len(amounts) else None
    if terms.free_from and subtotal is not None and subtotal >= terms.free_from:
        terms = replace(terms, shipping=0)
    taxes, added = _taxes(items, terms)
    shipping = terms.shipping
    found = subscription or {}
    return Confirmation(
        offer_id=offer_id,
        decision_id=decision_id,
        customer_id=customer_id,
        items=tuple(items),
        currency=currency,
        subtotal=subtotal,
        shipping=shipping,
        taxes=taxes if subtotal is not None else {},
        total=None if subtotal is None else subtotal + added + shipping,
        term=found.get("term", ""),
        renewal=found.get("renewal", ""),
        terms=terms,
        expires_at=expires_at,
        draws=dict(draws or {}),
        entered_by=entered_by,
        cancellation=found.get("cancellation", ""),
        points=dict(points or {}),
    )


def _taxes(items: Sequence[Item], terms: SaleTerms) -> tuple[dict[int, int], int]:
    """(tax by rate, what of it comes on top of the prices shown)."""
    sums: dict[bool, dict[int, int]] = {True: {}, False: {}}
    if terms.shipping:
        sums[True][terms.shipping_tax] = terms.shipping
    for item in items:
        by_rate = sums[item.tax_included]
        by_rate[item.tax_rate] = by_rate.get(item.tax_rate, 0) + (item.amount or 0)
    inside, on_top = (tax_of(sums[included], included=included) for included in (True, False))
    rates = sorted({*inside, *on_top})
    return {rate: inside.get(rate, 0) + on_top.get(rate, 0) for rate in rates}, sum(on_top.values())


def is_quote(offer_id: str) -> bool:
    """Whether what stands for an offer is a quote: what the customer asked for, and what was attached to it.

    >>> is_quote("quo_1j791320g000000000000007"), is_quote("dec_1j791320g000000000000007.0")
    (True, False)
    """
    return offer_id.startswith(f"{QUOTE}_")


def claims_of(confirmed: Confirmation, acceptance_id: str) -> Claims:
    """What the token says of a confirmation."""
    return Claims(
        acceptance_id=acceptance_id,
        decision_id=confirmed.decision_id,
        offer_id=confirmed.offer_id,
        customer_id=confirmed.customer_id,
        currency=confirmed.currency,
        total=confirmed.total,
        taxes=dict(confirmed.taxes),
        term=confirmed.term,
        expires_at=to_micros(confirmed.expires_at),
    )


def to_json(confirmed: Confirmation) -> str:
    """The confirmation as it is kept, the same bytes for the same content."""
    return json.dumps(plain(confirmed), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(text: str) -> Confirmation:
    """The confirmation that `to_json` wrote.

    Raises:
        BadValue: not such a record.
    """
    made = build(Confirmation, json.loads(text))
    return replace(made, taxes={int(rate): tax for rate, tax in made.taxes.items()})
