"""The words of deals: every stage, state, deed, reason and lack that a deal can have is called something."""

import pytest

from tsuide.kit.phrases import Phrases
from tsuide.offers.offer import NO_REASONS
from tsuide.outreach.sales.deal_words import DEAL_WORDS
from tsuide.outreach.sales.deals import LINE_STATES, LOSSES, REPLACED, STAGES

WORDS = Phrases(DEAL_WORDS)
QUOTES = ("written", "waiting", "accepted", "used", "declined", "expired")
DEEDS = ("made", "changed", "stage", "line", "priced", "proposed", "given", "taken_back", "answered", "quoted", "sent",
         "customer_declined", "customer_later", "won", "lost", "reopened")  # fmt: skip
LACKS = ("no_account", "unknown_account", "no_owner", "no_lines", "no_price", "several_currencies", "not_confirmed")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_code_of_a_deal_has_words(language: str) -> None:
    codes = {"stage": STAGES, "state": LINE_STATES, "why": (*NO_REASONS, *LOSSES, REPLACED), "quote": QUOTES,
             "deed": DEEDS, "flag": LACKS}  # fmt: skip
    assert all(WORDS.text(f"{of}_{each}", language) for of, names in codes.items() for each in names)
