"""Why an offer was made, and why the rest was not: sentences for people, a full trace for the engineer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tsuide.kit.money import Money
from tsuide.kit.phrases import Phrases
from tsuide.kit.remembered import remembered
from tsuide.mining.alternatives import FittedAlternatives
from tsuide.offers import codes
from tsuide.offers.curated import Curated
from tsuide.offers.decide import judge
from tsuide.offers.decision import Decision
from tsuide.offers.offer import INSTEAD, KINDS, MARGIN_BASES, SOURCES, Kind, MarginBasis, Offer, Reason, Source
from tsuide.offers.policy import chain
from tsuide.offers.policy.fuse import all_refusals
from tsuide.offers.policy.phrases import RULES
from tsuide.offers.policy.policy import Policy
from tsuide.offers.prepare import prepare_customer
from tsuide.offers.records import PlainRecord
from tsuide.offers.state import State, Unchanged
from tsuide.offers.tiers import Tiers

REASONS: Final = Phrases(
    {
        "bought_together": {
            "ja": "{with_}を含むご注文{base}件のうち{count}件で、こちらも一緒に選ばれています（偶然の{lift}倍）。",
            "en": "{count} of {base} orders with {with_} also took this ({lift}× more than chance).",
        },
        "declared": {
            "ja": "{with_}と合わせてお使いいただけます。",
            "en": "Made to go with {with_}.",
        },
        "declared_alone": {"ja": "当店がお選びした商品です。", "en": "Chosen by the shop."},
        "promotion": {"ja": "ただいま{difference}引きです。", "en": "{difference} off for now."},
        "set_price": {"ja": "セットで{difference}お得です。", "en": "Together {difference} less than one by one."},
        "points": {"ja": "{points}{unit}が付きます。", "en": "Comes with {points} {unit}."},
        "ships_free": {"ja": "送料無料でお届けします。", "en": "Ships free."},
        "comes_free": {"ja": "{with_}が付いてきます。", "en": "{with_} comes free with it."},
        "campaign": {"ja": "ただいまキャンペーン中の商品です。", "en": "On a campaign now."},
        "alike": {
            "ja": "{group}{base}人のうち{count}人がお求めになっています。",
            "en": "{count} of {base} customers {group} bought this.",
        },
        "step_up": {
            "ja": "{with_}の上位モデルです（差額 {difference}）。",
            "en": "A step above {with_}, for {difference} more.",
        },
        "step_down": {
            "ja": "{with_}より{difference}お求めやすいモデルです。",
            "en": "Fills the same need as {with_} for {difference} less.",
        },
        "same_need": {
            "ja": "{with_}の代わりとしてお使いいただけます。",
            "en": "Can take the place of {with_}.",
        },
        "due": {
            "ja": "前回のお求めから{days}日がたちました。そろそろ補充の時期かもしれません。",
            "en": "You last bought this {days} days ago: it may be running out.",
        },
        "due_every": {
            "ja": "いつもはおよそ{interval}日ごとにお求めの商品です。前回のお求めから{days}日がたちました。",
            "en": "Usually bought every {interval} days; you last bought it {days} days ago.",
        },
        "your_history": {
            "ja": "これまでに{times}回お求めいただいています。",
            "en": "You have bought this {times} times.",
        },
        "your_taste": {
            "ja": "これまでのお買い物から、お好みに合いそうな商品です。",
            "en": "Fits what you have bought so far.",
        },
        "told_taste": {"ja": "伺ったお好みに合う商品です。", "en": "Fits the taste that you told us."},
        "looked_alike": {
            "ja": "{with_}をご覧になった方は、こちらもご覧になっています。",
            "en": "Visitors who looked at {with_} also looked at this.",
        },
        "looked_alike_alone": {
            "ja": "今ご覧の商品に関心のある方が、こちらもご覧になっています。",
            "en": "Visitors with your interests also looked at this.",
        },
        "as_its_like": {
            "ja": "{with_}によく似た{other}と、一緒に選ばれている商品です。",
            "en": "Bought together with {other}, which is much like {with_}.",
        },
        "as_its_kind": {
            "ja": "{with_}のような商品と、よく一緒に選ばれています。",
            "en": "Often bought together with products like {with_}.",
        },
        "bestseller": {
            "ja": "よく選ばれている商品です（ご注文{base}件のうち{count}件）。",
            "en": "A favourite: in {count} of {base} orders.",
        },
        "bought_lately": {
            "ja": "{days}日前に{with_}をお求めいただきました。",
            "en": "You bought {with_} {days} days ago.",
        },
        "rated": {
            "ja": "お客様の評価は5点満点中{rating}点です（レビュー{reviews}件）。",
            "en": "Rated {rating} of 5 in {reviews} reviews.",
        },
        "whole_set": {
            "ja": "{with_}をお求めの方{base}件のうち{count}件が、このセットをそろえています。",
            "en": "{count} of {base} orders with {with_} held this whole set.",
        },
        "starter_set": {
            "ja": "まず必要なものがそろうスターターセットです。",
            "en": "A starter set: what one needs to begin.",
        },
        "complete_set": {
            "ja": "あると便利なものまでひととおりそろうセットです。",
            "en": "A complete set: all that belongs with it.",
        },
        "upgrade_with": {
            "ja": "上位モデル{with_}と、よく一緒に選ばれる{other}の組み合わせです。",
            "en": "The better model {with_} together with what goes with it, {other}.",
        },
        "closes_gap": {
            "ja": "こちらを加えると送料無料になります。",
            "en": "Adding this makes shipping free.",
        },
        "closes_tier": {
            "ja": "こちらを加えると「{promotion}」の対象になります。",
            "en": "Adding this reaches “{promotion}”.",
        },
        "about": {
            "ja": "{with_}を使いこなすための読みものです。",
            "en": "Helps you make the most of {with_}.",
        },
        "same_look": {
            "ja": "{with_}と同じコーディネートの一品です。",
            "en": "Part of the same look as {with_}.",
        },
        "serves_goal": {
            "ja": "ご希望の目的に合う商品です。",
            "en": "Fits the goal that you named.",
        },
        "put_first": {"ja": "当店のおすすめです。", "en": "Recommended by the shop."},
    }
)

NOTES: Final = Phrases(
    {
        "contextual_only": {
            "ja": "お客様の同意がないため、履歴を使わずに提案しています。",
            "en": "Without the customer's consent, nothing of their history was used.",
        },
        "put_off_by_offers": {
            "ja": "提案を受けると購入が減るお客様のグループのため、提案を控えています（比較群で確かめた結果です）。",
            "en": "Offers make customers like this one buy less, as the holdout shows: nothing is proposed.",
        },
        "all_refused": {
            "ja": "候補はありましたが、すべてポリシーにより見送られました。",
            "en": "There were candidates, and the policy refused every one.",
        },
        "no_candidates": {"ja": "候補がありませんでした。", "en": "There was no candidate."},
        "ranked_without_margin": {
            "ja": "原価が分からない商品は、利益を使わずに順位を付けています。",
            "en": "Products of unknown cost were ranked without their margin.",
        },
        "set_at_sum": {
            "ja": "原価が分からないため、セットは単品の合計価格で提案しています。",
            "en": "Without known costs the set is offered at the sum of its prices.",
        },
        "margin_assumed": {
            "ja": "利益率は、人が決めた仮の値を使っています。",
            "en": "Margins rest on a rate that a person assumed.",
        },
    }
)

QUESTIONS: Final = Phrases(
    {
        "what_need": {
            "ja": "商品をご案内する前に、お困りのことやご要望を伺ってください。",
            "en": "Before naming a product, ask what the customer wants to get done.",
        }
    }
)


_GROUPS: Final = Phrases(
    {
        "age": {"ja": "{value}歳のお客様", "en": "aged {value}"},
        "prefecture": {"ja": "{value}のお客様", "en": "in {value}"},
        "industry": {"ja": "{value}のお客様", "en": "in the trade “{value}”"},
    }
)


def reason_text(reason: Reason, language: str, state: State) -> str:
    """The sentence that a reason makes, for the customer.

    Raises:
        BadValue: an unknown language or code.
    """
    numbers = reason.numbers
    code = reason.code
    if code in {"declared", "looked_alike"} and "with" not in numbers:
        code += "_alone"
    if code == "due" and "interval" in numbers:
        code = "due_every"
    if code == "your_history" and not numbers.get("times"):
        code = "your_taste"
    return _sentence(code, tuple(numbers.items()), language, Unchanged(state))


@remembered(16_384)
def _sentence(code: str, numbers: tuple[tuple[str, int | float | str], ...], language: str, key: Unchanged) -> str:
    """Kept: what goes with a product that sells is told again and again, with the same numbers."""
    return REASONS.text(code, language, **_blanks(dict(numbers), language, key.state))


def reasons_told(offer: Offer, language: str, state: State) -> list[str]:
    """The sentence of each of its reasons; what people wrote for this pair, set or filler stands for the first.

    Raises:
        BadValue: an unknown language or code.
    """
    sentences = [reason_text(reason, language, state) for reason in offer.reasons]
    curated = state.parts.get("curated")
    own = curated.text(offer, language) if isinstance(curated, Curated) else None
    return sentences if own is None else [own, *sentences[1:]]


def _blanks(numbers: Mapping[str, int | float | str], language: str, state: State) -> dict[str, str]:
    blanks = {}
    for name, value in numbers.items():
        if name in {"with", "other"}:
            title = state.title(str(value), language)
            blanks["with_" if name == "with" else name] = f"「{title}」" if language == "ja" else title
        elif name == "group":
            trait, _, told = str(value).partition("=")
            blanks[name] = _GROUPS.text(trait, language, value=told)
        elif name == "promotion":
            tiers = state.parts.get("tiers")
            blanks[name] = tiers.title(str(value), language) if isinstance(tiers, Tiers) else str(value)
        elif name == "difference":
            blanks[name] = Money(int(value), str(numbers["currency"])).text(language)
        elif isinstance(value, float):
            blanks[name] = f"{value:.1f}"
        else:
            blanks[name] = f"{value:,}" if isinstance(value, int) else value
    return blanks


def offer_text(offer: Offer, language: str, state: State) -> str:
    """All reasons of an offer as sentences, and for an upgrade what is better."""
    sentences = reasons_told(offer, language, state)
    sentences.extend(differences_text(offer, language, state))
    return (" " if language == "en" else "").join(sentences)


def differences_text(offer: Offer, language: str, state: State) -> list[str]:
    """In what an upgrade, step down or alternative differs from its anchor, where attributes tell."""
    part = state.parts.get("alternatives")
    if (
        offer.anchor_id is None
        or offer.kind not in INSTEAD
        or not isinstance(part, FittedAlternatives)
        or offer.anchor_id not in part.shelf.ids
        or offer.product_id not in part.shelf.ids
    ):
        return []
    return part.difference(offer.anchor_id, offer.product_id).told(language)


@dataclass(frozen=True, slots=True)
class Traced:
    """One candidate, whole.

    Args:
        refused_by: every rule that refuses it, in order; empty = cleared.
        place: on the slate, -1 = not chosen.
        worth: V in minor units; None where the margin is not known.
        fields: every column of the candidate, for the engineer.
    """

    product_id: str
    title: str
    kind: Kind
    source: Source
    anchor_id: str | None
    price: int | None
    propensity: float
    worth: int | None
    margin_basis: MarginBasis
    context: float
    levers: float
    influence: float
    priority: float
    refused_by: tuple[str, ...]
    place: int
    shown_probability: float | None
    fields: Mapping[str, int | float | bool]

    def why_not(self, language: str) -> list[str]:
        """A sentence per rule that refused it."""
        return [RULES.text(code, language) for code in self.refused_by]


@dataclass(frozen=True, slots=True)
class Trace:
    """A decision with every candidate: the chosen in order, then the cleared by priority, then the refused."""

    decision: Decision
    candidates: tuple[Traced, ...]


def trace(decision: Decision, state: State, policy: Policy) -> Trace:
    """Every candidate of a decision with its scores and every rule that refuses it.

    The rules run as plain Python here; the compiled chain's verdict must be their first.
    """
    state = replace(state, withdrawn=decision.withdrawn)
    prepared = prepare_customer(decision.customer, state)
    judged = judge(decision.request, state, prepared, policy, now=decision.at, seed=decision.seed)
    place = {int(pick["row"]): (number, float(pick["probability"])) for number, pick in enumerate(judged.picks)}
    customer, request = PlainRecord(judged.question.customer[0]), PlainRecord(judged.question.request[0])
    rules, row_of_policy = chain.rules(), PlainRecord(policy.row[0])
    found = []
    for i in range(judged.count):
        row = judged.pool[i].copy()
        number, probability = place.get(i, (-1, None))
        refused = all_refusals(rules, (PlainRecord(row), customer, request, row_of_policy))
        compiled = int(judged.verdict[i])
        if compiled != (chain.ORDER.index(refused[0]) if refused else -1):
            raise AssertionError(f"compiled and plain rules differ on candidate {i}: {compiled}, {refused}")
        found.append(_traced(row, state, tuple(refused), number, probability))
    found.sort(key=_order)
    return Trace(decision, tuple(found))


def _order(each: Traced) -> tuple[int, int, float, str]:
    chosen = each.place >= 0
    return (0 if chosen else 1 if not each.refused_by else 2, each.place, -each.priority, each.product_id)


def _traced(row: np.void, state: State, refused: tuple[str, ...], number: int, probability: float | None) -> Traced:
    basis = int(row["margin_basis"])
    return Traced(
        product_id=state.ids[int(row["item"])],
        title=state.titles[int(row["item"])],
        kind=KINDS[row["kind"]],
        source=SOURCES[row["source"]],
        anchor_id=state.ids[int(row["anchor"])] if row["anchor"] >= 0 else None,
        price=int(row["price"]) if row["price"] >= 0 else None,
        propensity=float(row["propensity"]),
        worth=None if basis == codes.UNKNOWN_MARGIN else int(row["worth"]),
        margin_basis=MARGIN_BASES[basis],
        context=float(row["context"]),
        levers=float(row["levers"]),
        influence=float(row["influence"]),
        priority=float(row["priority"]),
        refused_by=refused,
        place=number,
        shown_probability=probability,
        fields=dict(zip(row.dtype.names or (), row.item(), strict=True)),
    )
