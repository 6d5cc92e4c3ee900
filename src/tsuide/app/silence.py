"""Why nothing is proposed, for whoever asked: one reason, and the question that would help."""

from typing import Any

from tsuide.offers.decision import Decision
from tsuide.offers.explain import QUESTIONS
from tsuide.offers.policy.phrases import RULES
from tsuide.outreach.sales.phrases import WORKLIST

_NO_RULES = frozenset({"holdout", "nothing_fits"})


def why_silent(decision: Decision, language: str) -> dict[str, Any]:
    """Code, text, and question (None where none would help) of a decision without an offer.

    The reason is the holdout, else the rule that refused most candidates, else that nothing fits.
    """
    code = "nothing_fits"
    if decision.arm == "holdout":
        code = "holdout"
    elif decision.refused:
        code = max(decision.refused, key=lambda name: (decision.refused[name], name))
    asked = decision.question
    question = None if asked is None else QUESTIONS.text(asked, language)
    return {"code": code, "text": silence_text(code, language), "question": question}


def silence_text(code: str, language: str) -> str:
    """The sentence of a code; "" where nobody is silent for such a reason.

    >>> silence_text("nothing_fits", "en")
    'Nothing to offer now (nothing fits).'
    >>> silence_text("what", "en")
    ''
    """
    rules = RULES.all(language)
    if code not in _NO_RULES and code not in rules:
        return ""
    why = WORKLIST.text(code, language) if code in _NO_RULES else rules[code]
    return WORKLIST.text("no_offer", language, why=why)
