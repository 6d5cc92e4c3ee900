"""The made-up shop of `named_shop`, brought in like anybody's: its tables are written down and imported as files."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tsuide.app.demo import Goods
from tsuide.app.importing import Progress, import_file, read_file, unambiguous
from tsuide.app.looks import put_look
from tsuide.app.named_shop import made_looks, make_tables
from tsuide.app.promotions import put_promotion, read_promotion
from tsuide.app.signing import set_sale_terms
from tsuide.app.wiring import Shop
from tsuide.intake.settings import IntakeSettings
from tsuide.offers.acceptance import SaleTerms
from tsuide.offers.policy.load import ready_text

SEED: Final = 20_261
SHIPPING: Final = 500
FREE_SHIPPING_AT: Final = 5_000
TERMS: Final = SaleTerms(
    payment={
        "ja": "代金引換・カード・後払い（デモのため、お支払いは発生しません）",
        "en": "Cash on delivery, card or invoice (a demo: nothing is charged)",
    },
    delivery={
        "ja": f"ご注文から2〜4日、送料{SHIPPING}円・{FREE_SHIPPING_AT:,}円以上は無料（デモのため、お届けはありません）",
        "en": f"2 to 4 days; ¥{SHIPPING}, free from ¥{FREE_SHIPPING_AT:,} (a demo: nothing is delivered)",
    },
    cancellation={
        "ja": "到着後8日以内、未使用品に限り返品できます（デモのため、契約は成立しません）",
        "en": "Unused goods may be returned within 8 days (a demo: no contract is made)",
    },
    shipping=SHIPPING,
    free_from=FREE_SHIPPING_AT,
)
_ORDER: Final = ("products", "relations", "customers", "consents", "orders", "events", "reviews")


def bring_named(shop: Shop, until: datetime, progress: Progress, folder: Path | None) -> None:  # noqa: ARG001 - it has no files to look for
    """Draw the shop's tables, write them beside the store as CSV, import each of them, set terms, promotions and looks.

    Raises:
        Unavailable: the store does not answer.
    """
    progress("drawing the shop", 0, len(_ORDER) + 1)
    tables = make_tables(until, seed=SEED)
    where = shop.settings.home / "tables"
    where.mkdir(parents=True, exist_ok=True)
    settings = IntakeSettings(now=until, currency="JPY", zone="Asia/Tokyo", source="named demo")
    for step, kind in enumerate(_ORDER, 1):
        progress(f"importing {kind}", step, len(_ORDER) + 1)
        path = where / f"{kind}.csv"
        tables[kind].write_csv(path)
        read = read_file(path, kind)
        unambiguous(read.mapping)
        import_file(shop.store.facts, read, settings, rejects_path=where / f"{kind}.rejects.csv")
    set_sale_terms(shop, TERMS, until)
    for promotion in promotions(until):
        put_promotion(shop, read_promotion(promotion), until)
    for look in made_looks():
        put_look(shop, look, until)


def named_policy() -> str:
    """The ready-made policy `standard` with this shop's shipping, and who writes its mails."""
    return (
        ready_text("standard")
        .replace("name: standard", "name: named")
        .replace(
            "  payment_fee: 3%",
            f"  payment_fee: 3%\n  free_shipping_at: {FREE_SHIPPING_AT}\n  shipping_cost: {SHIPPING}",
        )
        .replace("filler_gap: {overshoot: 200%}", "filler_gap: {overshoot: 60%}")  # nobody spends 5,000 to save 500
        + "\nsender: {name: ついで市場, address: 東京都千代田区一番町1-1（架空）, opt_out: マイページ}\n"
    )


def promotions(now: datetime) -> list[dict[str, Any]]:
    """What runs at `now`: a set, a sale, a gift, points."""
    begun, ends = (now - timedelta(days=3)).isoformat(), (now + timedelta(days=60)).isoformat()
    running = {"currency": "JPY", "starts_at": begun, "ends_at": ends}
    return [
        {
            "id": "first-camera",
            "names": {"ja": "はじめてのカメラセット", "en": "First camera set"},
            "benefit": {"kind": "set_price", "value": 80_800, "items": ["M1-black", "SD64", "SHOULDER-black"]},
            **running,
        },
        {
            "id": "brew-at-home",
            "names": {"ja": "おうちコーヒーセット", "en": "Coffee at home set"},
            "benefit": {"kind": "set_price", "value": 3_480, "items": ["DRIPPER-white", "SERVER", "PAPER"]},
            **running,
        },
        {
            "id": "tea-week",
            "names": {"ja": "お茶の週・1割引", "en": "Tea week, 10 % off"},
            "benefit": {"kind": "percent", "value": 1_000},
            "targets": {"categories": ["お茶"]},
            **running,
        },
        {
            "id": "cotton-gift",
            "names": {"ja": "大きい化粧水にコットン付き", "en": "Cotton pads with the large lotion"},
            "benefit": {"kind": "free_item", "items": ["COTTON"]},
            "targets": {"products": ["LOT_M2"]},
            **running,
        },
        {
            "id": "garden-points",
            "names": {"ja": "園芸道具はポイント5倍", "en": "Five times the points on garden tools"},
            "benefit": {"kind": "points", "value": 500, "unit": "ポイント"},
            "targets": {"categories": ["園芸道具"]},
            **running,
        },
    ]


NAMED: Final = Goods("named", "A shop of named products", bring_named, named_policy)
