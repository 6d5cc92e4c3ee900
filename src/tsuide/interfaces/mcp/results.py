"""What agents get: structured results whose JSON schema the tools publish."""

from typing import Literal

from pydantic import BaseModel, Field

from tsuide.interfaces.mcp.arguments import Move
from tsuide.offers.offer import Arm, Kind


class ReasonOut(BaseModel):
    """Why: a code for machines, a sentence for people, the figures of the sentence."""

    code: str
    text: str
    figures: dict[str, int | float | str]


class ItemOut(BaseModel):
    """One product within an offer."""

    product_id: str
    title: str
    quantity: int
    price: int | None = Field(description="Of one unit by itself, minor units.")
    role: Literal["offered", "anchor", "required", "free"] = Field(
        description="`required`: ask whether the customer has one, never preselect it; `free`: comes with it."
    )


class OfferOut(BaseModel):
    """One proposal."""

    offer_id: str
    kind: Kind
    product_id: str
    title: str
    items: list[ItemOut] = Field(description="Everything that taking it would add.")
    price: int | None = Field(description="Of everything offered, minor units; None: ask the shop.")
    price_text: str
    list_price: int | None = Field(description="What may honestly stand crossed out beside the price.")
    difference: int | None = Field(description="Price minus that of the product it stands above or below.")
    replaces: str | None = Field(description="The product in whose place it is taken: take that out of the cart.")
    currency: str
    reasons: list[ReasonOut]
    better: list[str] = Field(description="In what it differs from the product it stands above or below.")
    url: str | None
    image: str | None
    expires_at: str = Field(description="Until when it may be accepted at this price.")


class OffersOut(BaseModel):
    """What to propose; an empty list means: nothing now."""

    decision_id: str
    arm: Arm = Field(description="`holdout`: nothing is shown, so that the effect can be measured.")
    offers: list[OfferOut]
    text: str = Field(description="The same in one paragraph, to be said or shown.")
    notes: list[str]
    warnings: list[str] = Field(description="What in the call was set aside, and why.")


class CheaperOut(BaseModel):
    """What helps a customer who holds back."""

    move: Move = Field(description="What the reason called for.")
    recorded: str | None = Field(description="The outcome that was recorded of the offer they hold back from.")
    decision_id: str | None
    arm: Arm | None
    offers: list[OfferOut]
    text: str
    notes: list[str]
    warnings: list[str]


class ThresholdOut(OffersOut):
    """How far it is to free shipping, and what reaches it."""

    cart_value: int = Field(description="Minor units, offers not included.")
    free_shipping_at: int | None
    gap: int | None = Field(description="What is left; 0 = shipping is free; None = the shop has no threshold.")
    currency: str


class ExplainedOut(BaseModel):
    """Why an offer was made."""

    offer_id: str
    decision_id: str
    at: str
    kind: Kind
    product_id: str
    title: str
    reasons: list[ReasonOut]
    better: list[str]
    text: str
    policy: str
    snapshot: str
    considered: int = Field(description="Candidates in all.")
    refused_by_rule: dict[str, int]
    replayed: bool | None = Field(
        description="Deciding again from the record gave the same, bit for bit; None without the scope rep."
    )


class RecordedOut(BaseModel):
    """What was recorded; the same again changes nothing."""

    offer_id: str
    outcome: str
    recorded: bool = Field(description="False: it was known already.")
    next_move: Move
    text: str
