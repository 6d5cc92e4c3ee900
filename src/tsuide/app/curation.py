"""Curation: what people decide about single pairs, sets and fillers, in force everywhere as soon as it is published.

Banned, put first, said in other words, or only approved (looked at and found good). Every change tells how it was
before and how it is now: with both, `restore` undoes it, unless somebody changed it since.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict, NotFound
from tsuide.kit.clock import from_micros, to_micros
from tsuide.kit.phrases import LANGUAGES
from tsuide.offers.curated import ABOUT, VERDICTS, About, Curated, Mark, Verdict

MOST_REASON: Final = 300
"""Characters of a reason that a customer reads."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What people decided about one pair, set or filler.

    Args:
        mark: banned, put first, and texts.
        approved_at, approved_by: who looked at it and found it good; None = nobody.
        changed_at, changed_by: the newest change.
    """

    mark: Mark
    approved_at: datetime | None = None
    approved_by: str | None = None
    changed_at: datetime | None = None
    changed_by: str = ""

    @property
    def empty(self) -> bool:
        """Whether it says nothing."""
        return self.mark.verdict is None and not self.mark.texts and self.approved_at is None


@dataclass(frozen=True, slots=True)
class Wish:
    """A change to one judgement; what is not named stays.

    Args:
        verdict: "banned", "pinned", or "none" to take either back.
        approved: True = by whoever asks, False = no more.
        texts: language → text; an empty text takes the language's own away.
    """

    verdict: str | None = None
    approved: bool | None = None
    texts: Mapping[str, str] = field(default_factory=dict)


def subject(about: str, product_id: str, others: Sequence[str]) -> Mark:
    """What is judged, checked: its others ascending, each once.

    Raises:
        BadValue: names the field.

    >>> subject("set", "cam", ["card", "bag"]).other_ids
    ('bag', 'card')
    """
    if about not in ABOUT:
        raise BadValue("no such thing to curate", key="about", value=about, way_out=f"one of {', '.join(ABOUT)}")
    found = tuple(sorted({each for each in others if each}))
    if not found or (about != "set" and len(found) != 1):
        raise BadValue("a set has others, everything else has one", key="other_ids", value=list(others))
    if (about == "filler") != (product_id == ""):
        raise BadValue("a filler stands beside no product, everything else does", key="product_id", value=product_id)
    if product_id in found:
        raise BadValue("nothing goes with itself", key="other_ids", value=product_id)
    kind: About = about
    return Mark(kind, product_id, found)


def judgements(shop: Shop) -> list[Judgement]:
    """Everything that people decided."""
    return [_read(row) for row in shop.store.curation.all()]


@dataclass(frozen=True, slots=True)
class Sought:
    """Which judgements are looked for; None = any.

    Args:
        about: one of ABOUT.
        product_id: on either side.
        verdict: "banned" or "pinned".
        approved: whether somebody looked and found it good.
        worded: whether it has a text of its own.
    """

    about: About | None = None
    product_id: str | None = None
    verdict: Verdict | None = None
    approved: bool | None = None
    worded: bool | None = None

    def fits(self, judgement: Judgement) -> bool:
        """Whether it is one of them."""
        mark = judgement.mark
        return (
            self.about in {None, mark.about}
            and self.product_id in {None, mark.product_id, *mark.other_ids}
            and self.verdict in {None, mark.verdict}
            and self.approved in {None, judgement.approved_at is not None}
            and self.worded in {None, bool(mark.texts)}
        )


def sought(shop: Shop, wanted: Sought) -> list[Judgement]:
    """Those that fit, by what they are about and their products."""
    return sorted((each for each in judgements(shop) if wanted.fits(each)), key=lambda each: each.mark.key)


def judgement_of(shop: Shop, about: Mark) -> Judgement:
    """What people decided about one; empty where nothing."""
    row = shop.store.curation.one(about.about, about.product_id, _others(about))
    return _nothing(about) if row is None else _read(row)


def judge(shop: Shop, about: Mark, wish: Wish, who: str, now: datetime) -> tuple[Judgement, Judgement]:
    """Change one judgement: (as it was, as it is). It is in force once it is published (`promotions.publish_deals`).

    Args:
        shop: whose.
        about: from `subject`.
        wish: the change.
        who: makes it.
        now: UTC.

    Raises:
        BadValue: an unknown verdict or language, or a text that is too long.
        Conflict: somebody else changed it at the same moment.
    """
    before = judgement_of(shop, about)
    after = _changed(before, wish, who, now)
    restore(shop, after, over=before)
    return before, after


def restore(shop: Shop, wanted: Judgement, *, over: Judgement) -> None:
    """Set a judgement as it is given, who approved it and when included: how a change is undone.

    Args:
        shop: whose.
        wanted: as it shall be.
        over: as it must be until now.

    Raises:
        BadValue: the two are about different things.
        Conflict: it was changed since, and stays.
    """
    mark = wanted.mark
    if mark.key != over.mark.key:
        raise BadValue("not about the same", key="other_ids", value=list(over.mark.other_ids))
    about = (mark.about, mark.product_id, _others(mark))
    if not shop.store.curation.swap(about, _row(over), _row(wanted)):
        raise Conflict(
            "something newer was changed since", key=mark.about, value=_said(mark), way_out="undo the newer one first"
        )


def take_away(shop: Shop, about: Mark) -> Judgement:
    """Take a whole judgement away, and return it as it was.

    Raises:
        NotFound: nothing was decided.
        Conflict: somebody changed it at the same moment.
    """
    before = judgement_of(shop, about)
    if before.empty:
        raise NotFound("nothing was decided about this", key=about.about, value=_said(about))
    restore(shop, _nothing(about), over=before)
    return before


def curated(shop: Shop) -> Curated:
    """What `decide` and the sentences read of it."""
    return Curated.of(each.mark for each in judgements(shop) if each.mark.verdict is not None or each.mark.texts)


def told(judgement: Judgement) -> dict[str, Any]:
    """A judgement as plain values; `told_again` reads it."""
    mark = judgement.mark
    return {
        "about": mark.about,
        "product_id": mark.product_id,
        "other_ids": list(mark.other_ids),
        "verdict": mark.verdict,
        "texts": dict(mark.texts),
        "approved_at": None if judgement.approved_at is None else judgement.approved_at.isoformat(),
        "approved_by": judgement.approved_by,
        "changed_at": None if judgement.changed_at is None else judgement.changed_at.isoformat(),
        "changed_by": judgement.changed_by,
    }


def told_again(value: Mapping[str, Any]) -> Judgement:
    """A judgement from `told`."""
    about = subject(value["about"], value["product_id"], value["other_ids"])
    moments = {name: value[name] and datetime.fromisoformat(value[name]) for name in ("approved_at", "changed_at")}
    mark = replace(about, verdict=value["verdict"], texts=dict(value["texts"]))
    return Judgement(mark, approved_by=value["approved_by"], changed_by=value["changed_by"], **moments)


def _changed(before: Judgement, wish: Wish, who: str, now: datetime) -> Judgement:
    verdict: Verdict | None = before.mark.verdict
    if wish.verdict is not None:
        if wish.verdict not in {*VERDICTS, "none"}:
            raise BadValue("no such verdict", key="verdict", value=wish.verdict, way_out="banned, pinned or none")
        verdict = None if wish.verdict == "none" else wish.verdict  # type: ignore[assignment]  # checked above
    texts = dict(before.mark.texts)
    for language, given in wish.texts.items():
        if language not in LANGUAGES:
            raise BadValue("no such language", key="texts", value=language, way_out=f"one of {', '.join(LANGUAGES)}")
        text = " ".join(given.split())
        if len(text) > MOST_REASON:
            raise BadValue(f"must be at most {MOST_REASON} characters", key=f"text_{language}", value=text)
        texts[language] = text
    mark = replace(before.mark, verdict=verdict, texts={name: text for name, text in texts.items() if text})
    approved = {"approved_at": before.approved_at, "approved_by": before.approved_by}
    if wish.approved is not None:
        approved = {"approved_at": now, "approved_by": who} if wish.approved else dict.fromkeys(approved)
    return Judgement(mark, changed_at=now, changed_by=who, **approved)  # type: ignore[arg-type]  # a moment and a name


def _said(mark: Mark) -> str:
    return " ".join([mark.product_id, *mark.other_ids]).strip()


def _nothing(about: Mark) -> Judgement:
    return Judgement(Mark(about.about, about.product_id, about.other_ids))


def _others(mark: Mark) -> str:
    return json.dumps(list(mark.other_ids), ensure_ascii=False)


def _row(judgement: Judgement) -> dict[str, Any] | None:
    """As the store keeps it; None = it says nothing, and is not kept."""
    mark = judgement.mark
    if judgement.empty:
        return None
    return {
        "about": mark.about,
        "product_id": mark.product_id,
        "other_ids": _others(mark),
        "verdict": mark.verdict,
        "texts": json.dumps(dict(mark.texts), ensure_ascii=False, sort_keys=True),
        "approved_at": None if judgement.approved_at is None else to_micros(judgement.approved_at),
        "approved_by": judgement.approved_by,
        "changed_at": 0 if judgement.changed_at is None else to_micros(judgement.changed_at),
        "changed_by": judgement.changed_by,
    }


def _read(row: Mapping[str, Any]) -> Judgement:
    mark = Mark(
        row["about"], row["product_id"], tuple(json.loads(row["other_ids"])), row["verdict"], json.loads(row["texts"])
    )
    approved_at = None if row["approved_at"] is None else from_micros(row["approved_at"])
    return Judgement(mark, approved_at, row["approved_by"], from_micros(row["changed_at"]), row["changed_by"])
