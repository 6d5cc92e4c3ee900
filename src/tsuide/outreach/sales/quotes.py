"""A quote (見積書): what it must say, as a page and as plain text, in Japanese and English. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from tsuide.errors import BadValue
from tsuide.kit.money import Money
from tsuide.kit.phrases import LANGUAGES, Phrases

BuyerKind: TypeAlias = Literal["person", "company"]
REGISTRATION: Final = re.compile(r"T\d{13}")
REDUCED: Final = 800  # 軽減税率, basis points
_MARK: Final = "※"
PHRASES: Final = Phrases(
    {
        "title": {"ja": "御見積書", "en": "Quotation"},
        "number": {"ja": "見積番号", "en": "Quotation no."},
        "issued": {"ja": "発行日", "en": "Date"},
        "until": {"ja": "有効期限", "en": "Valid until"},
        "subject": {"ja": "件名", "en": "Subject"},
        "company": {"ja": "{name} 御中", "en": "{name}"},
        "person": {"ja": "{name} 様", "en": "{name}"},
        "to": {"ja": "宛先", "en": "To"},
        "seller": {"ja": "発行者", "en": "From"},
        "registration": {"ja": "登録番号", "en": "Registration no."},
        "phone": {"ja": "電話", "en": "Phone"},
        "rep": {"ja": "担当", "en": "Your contact"},
        "greeting": {
            "ja": "下記のとおりお見積り申し上げます。",
            "en": "We are pleased to offer you the following.",
        },
        "grand_total": {"ja": "お見積金額（税込）", "en": "Total, tax included"},
        "item": {"ja": "品名", "en": "Item"},
        "quantity": {"ja": "数量", "en": "Quantity"},
        "unit_price": {"ja": "単価", "en": "Unit price"},
        "discount": {"ja": "値引", "en": "Discount"},
        "amount": {"ja": "金額", "en": "Amount"},
        "with_tax": {"ja": "（税込）", "en": "(incl. tax)"},
        "without_tax": {"ja": "（税抜）", "en": "(excl. tax)"},
        "net": {"ja": "{rate}%対象（税抜）", "en": "Subject to {rate}% (excl. tax)"},
        "tax": {"ja": "消費税（{rate}%）", "en": "Consumption tax ({rate}%)"},
        "reduced": {"ja": "※は軽減税率（8%）対象です。", "en": "※ Reduced rate of 8%."},
        "payment": {"ja": "お支払い条件", "en": "Payment"},
        "delivery": {"ja": "納期・納入", "en": "Delivery"},
        "cancellation": {"ja": "キャンセル・返品", "en": "Cancellation and returns"},
        "options": {
            "ja": "ご一緒にいかがですか（お見積金額には含まれません）",
            "en": "You may also want (not in the total)",
        },
        "cases": {"ja": "{n}入×{cases}", "en": "{cases} cases of {n}"},
    }
)


@dataclass(frozen=True, slots=True)
class Seller:
    """Who quotes.

    Args:
        name, address: by language (ja, en).
        registration: as an issuer of qualified invoices (適格請求書発行事業者): T and 13 digits; "" = not registered.
    """

    name: Mapping[str, str]
    address: Mapping[str, str]
    registration: str = ""
    phone: str = ""
    email: str = ""


def checked_seller(seller: Seller) -> Seller:
    """The seller, if a quote may name it.

    Raises:
        BadValue: a language is missing, or the number is not T and 13 digits.

    >>> words = {"ja": "…", "en": "…"}
    >>> checked_seller(Seller(words, words, "T123"))
    Traceback (most recent call last):
    tsuide.errors.BadValue: not a registration number: registration = 'T123'. Way out: T and 13 digits
    """
    for key in ("name", "address"):
        for language in LANGUAGES:
            if not getattr(seller, key).get(language, "").strip():
                raise BadValue("must be written in ja and en", key=f"{key}.{language}")
    if seller.registration and REGISTRATION.fullmatch(seller.registration) is None:
        raise BadValue("not a registration number", key="registration", value=seller.registration,
                       way_out="T and 13 digits")  # fmt: skip
    return seller


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """One line of a quote; amounts as prices are shown, minor units.

    Args:
        place: of the deal's line.
        titles: by language.
        case: units of one case; 1 = by the unit.
    """

    place: int
    product_id: str
    titles: Mapping[str, str]
    quantity: int
    unit_price: int
    discount: int
    tax_rate: int
    tax_included: bool
    case: int = 1

    @property
    def amount(self) -> int:
        """What the line comes to."""
        return self.unit_price * self.quantity - self.discount


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote as it was written; it never changes. Who it is for stands beside it, so that it can be forgotten.

    Args:
        number: as people say it.
        rep: who stands for it; "" = nobody named.
        by_rate: (rate in basis points, the lines of it ex tax, tax).
        total: tax included.
        options: what was proposed with it and not asked for.
        payment, delivery, cancellation: the shop's words, by language.
    """

    id: str
    number: str
    deal_id: str
    subject: str
    at: datetime
    expires_at: datetime
    seller: Seller
    rep: str
    currency: str
    rows: tuple[QuoteRow, ...]
    by_rate: tuple[tuple[int, int, int], ...]
    total: int
    options: tuple[QuoteRow, ...] = ()
    payment: Mapping[str, str] = field(default_factory=dict)
    delivery: Mapping[str, str] = field(default_factory=dict)
    cancellation: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Buyer:
    """Whom a quote is for."""

    name: str
    kind: BuyerKind = "company"


def text_of(quote: Quote, buyer: Buyer, language: str, zone: ZoneInfo) -> str:
    """The quote as plain text.

    Args:
        quote: what is said.
        buyer: to whom.
        language: ja or en.
        zone: in which its days are counted.

    Raises:
        BadValue: another language.
    """
    said = _Said(quote, language, zone)
    lines = [said.words("title"), "", said.words(buyer.kind, name=buyer.name), ""]
    lines += [f"{label}: {text}" for label, text in said.head()]
    lines += ["", *said.sender(), "", said.words("greeting"), ""]
    lines += [f"{said.words('grand_total')}: {said.money(quote.total)}", ""]
    lines += [said.row_text(row) for row in quote.rows]
    lines += ["", *(f"{label}: {text}" for label, text in said.sums())]
    lines += ["", said.words("reduced")] if said.reduced else []
    lines += ["", *(f"{label}: {text}" for label, text in said.terms())]
    if quote.options:
        lines += ["", said.words("options"), *(said.row_text(row) for row in quote.options)]
    return "\n".join(lines) + "\n"


def body_of(quote: Quote, buyer: Buyer, language: str, zone: ZoneInfo, level: int = 1) -> str:
    """The quote as a part of a page, its heading at a level; everything in it is escaped.

    Args, Raises: as `text_of`.
    """
    said = _Said(quote, language, zone)
    grand = said.words("grand_total")

    def pairs(rows: Sequence[tuple[str, str]], css: str) -> str:
        inner = "".join(f"<div><dt>{escape(label)}</dt><dd>{escape(text)}</dd></div>" for label, text in rows)
        return f'<dl class="{css}">{inner}</dl>' if rows else ""

    parts = [
        f'<article class="quote" lang="{language}">',
        f"<h{level}>{escape(said.words('title'))}</h{level}>",
        f'<p class="buyer">{escape(said.words(buyer.kind, name=buyer.name))}</p>',
        pairs(said.head(), "facts"),
        f"<address>{'<br>'.join(escape(line) for line in said.sender())}</address>",
        f"<p>{escape(said.words('greeting'))}</p>",
        f'<p class="total"><span>{escape(grand)}</span> <strong>{escape(said.money(quote.total))}</strong></p>',
        said.table(quote.rows),
        pairs(said.sums(), "sums"),
        f'<p class="note">{escape(said.words("reduced"))}</p>' if said.reduced else "",
        pairs(said.terms(), "terms"),
    ]
    if quote.options:
        heading = f"<h{level + 1}>{escape(said.words('options'))}</h{level + 1}>"
        parts += [f'<section class="options">{heading}', said.table(quote.options), "</section>"]
    return "".join([*parts, "</article>"])


def html_of(quote: Quote, buyer: Buyer, language: str, zone: ZoneInfo) -> str:
    """The quote as a page of its own, to mail or to print.

    Args, Raises: as `text_of`.
    """
    title = f"{PHRASES.text('title', language)} {quote.number}"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light"><style>{STYLE}</style></head>'
        f"<body>{body_of(quote, buyer, language, zone)}</body></html>"
    )


STYLE: Final = (
    'body{margin:0;background:#fff;color:#1c2a25;font:15px/1.7 "Hiragino Sans","Yu Gothic",Meiryo,"Noto Sans JP",'
    '"Noto Sans CJK JP",system-ui,sans-serif}'
    ".quote{max-width:46rem;margin:0 auto;padding:1.5rem}"
    "h1{text-align:center;font-size:1.5rem;letter-spacing:.2em}h2{font-size:1rem}"
    ".buyer{font-size:1.2rem;border-bottom:1px solid;display:inline-block;padding-inline-end:3rem}"
    "dl{margin:1rem 0}dl div{display:flex;gap:1rem}dt{min-width:9rem;color:#4b5a54}dd{margin:0}"
    "address{font-style:normal;text-align:end;margin:1rem 0}"
    ".total{border-block:2px solid;padding:.5rem 0;display:flex;justify-content:space-between;flex-wrap:wrap}"
    ".total strong{font-size:1.4rem}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #9aa8a1;padding:.35rem .6rem;text-align:start;vertical-align:top}"
    "td.n,th.n{text-align:end;font-variant-numeric:tabular-nums}"
    ".sums div{justify-content:flex-end}.sums dd{min-width:8rem;text-align:end;font-variant-numeric:tabular-nums}"
    ".sums dt{min-width:0}.note{font-size:.9rem}"
    "@media print{.quote{padding:0}}"
)


class _Said:
    """A quote in one language: its parts as texts."""

    def __init__(self, quote: Quote, language: str, zone: ZoneInfo) -> None:
        self.quote, self.language, self.zone = quote, language, zone
        self.reduced = any(row.tax_rate == REDUCED for row in (*quote.rows, *quote.options))

    def words(self, key: str, **blanks: object) -> str:
        return PHRASES.text(key, self.language, **blanks)

    def money(self, amount: int) -> str:
        return Money(amount, self.quote.currency).text(self.language)

    def day(self, at: datetime) -> str:
        local = at.astimezone(self.zone)
        return f"{local.year}年{local.month}月{local.day}日" if self.language == "ja" else f"{local:%Y-%m-%d}"

    def head(self) -> list[tuple[str, str]]:
        quote = self.quote
        rows = [("number", quote.number), ("issued", self.day(quote.at)), ("until", self.day(quote.expires_at))]
        if quote.subject:
            rows.append(("subject", quote.subject))
        return [(self.words(key), text) for key, text in rows]

    def sender(self) -> list[str]:
        seller = self.quote.seller
        lines = [seller.name[self.language], seller.address[self.language]]
        if seller.registration:
            lines.append(f"{self.words('registration')}: {seller.registration}")
        lines += [f"{self.words('phone')}: {seller.phone}"] if seller.phone else []
        lines += [seller.email] if seller.email else []
        return [*lines, f"{self.words('rep')}: {self.quote.rep}"] if self.quote.rep else lines

    def title(self, row: QuoteRow) -> str:
        mark = f" {_MARK}" if row.tax_rate == REDUCED else ""
        return f"{row.titles[self.language]}{mark}"

    def units(self, row: QuoteRow) -> str:
        if row.case == 1:
            return f"{row.quantity:,}"
        cases = self.words("cases", n=row.case, cases=f"{row.quantity // row.case:,}")
        return f"{row.quantity:,} ({cases})"

    def price(self, row: QuoteRow) -> str:
        return f"{self.money(row.unit_price)}{self.tax_words(row)}"

    def tax_words(self, row: QuoteRow) -> str:
        mark = self.words("with_tax" if row.tax_included else "without_tax")
        return mark if self.language == "ja" else f" {mark}"

    def row_text(self, row: QuoteRow) -> str:
        off = f", {self.words('discount')} {self.money(-row.discount)}" if row.discount else ""
        return f"- {self.title(row)}: {self.units(row)} × {self.price(row)}{off} = {self.money(row.amount)}"

    def sums(self) -> list[tuple[str, str]]:
        rows: list[tuple[str, str]] = []
        for rate, net, tax in self.quote.by_rate:
            shown = f"{rate / 100:g}"
            rows += [(self.words("net", rate=shown), self.money(net)), (self.words("tax", rate=shown), self.money(tax))]
        return [*rows, (self.words("grand_total"), self.money(self.quote.total))]

    def terms(self) -> list[tuple[str, str]]:
        given = (
            (key, getattr(self.quote, key).get(self.language, "")) for key in ("payment", "delivery", "cancellation")
        )
        return [(self.words(key), text) for key, text in given if text]

    def table(self, rows: Sequence[QuoteRow]) -> str:
        cut = any(row.discount for row in rows)
        names = ("item", "quantity", "unit_price", *(("discount",) if cut else ()), "amount")
        alike = len({row.tax_included for row in rows}) == 1  # then the heading says it for all of them
        heads = {name: self.words(name) for name in names}
        if alike:
            heads["unit_price"] += self.tax_words(rows[0])
        head = "".join(
            f'<th scope="col"{"" if name == "item" else _NUMBER}>{escape(text)}</th>' for name, text in heads.items()
        )
        body = "".join(f"<tr>{''.join(self._cells(row, cut=cut, alike=alike))}</tr>" for row in rows)
        label = escape(self.words("item"))
        return (
            f'<div class="wide" tabindex="0" role="region" aria-label="{label}"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )

    def _cells(self, row: QuoteRow, *, cut: bool, alike: bool) -> Iterator[str]:
        yield f"<td>{escape(self.title(row))}</td>"
        yield f"<td{_NUMBER}>{escape(self.units(row))}</td>"
        yield f"<td{_NUMBER}>{escape(self.money(row.unit_price) if alike else self.price(row))}</td>"
        if cut:
            yield f"<td{_NUMBER}>{escape(self.money(-row.discount)) if row.discount else ''}</td>"
        yield f"<td{_NUMBER}>{escape(self.money(row.amount))}</td>"


_NUMBER: Final = ' class="n"'
