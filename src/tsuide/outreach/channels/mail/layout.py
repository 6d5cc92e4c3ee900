"""What stands around a template's body: the shop's name above it, and below it what the law asks of advertising."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

import css_inline
import mjml

from tsuide.errors import BadValue
from tsuide.kit.phrases import Phrases
from tsuide.offers.policy.policy import Sender
from tsuide.outreach.gate import OptIn

PRELUDE: Final = (resources.files(__package__) / "prelude.jinja").read_text(encoding="utf-8")
_HREF: Final = re.compile(r"""(\b(?:href|src|background|background-url)\s*=\s*)(?:"([^"]*)"|'([^']*)')""")
_ALLOWED: Final = ("https://", "http://", "mailto:", "tel:", "#", "cid:")
_FORBIDDEN: Final = re.compile(
    r"<\s*/?\s*(script|iframe|object|embed|form|mj-include|mj-html-attributes|meta|base)\b", re.IGNORECASE
)
_FONTS: Final = "'Hiragino Sans','Yu Gothic',Meiryo,'Noto Sans JP','Noto Sans CJK JP',Helvetica,Arial,sans-serif"
_TOKYO: Final = ZoneInfo("Asia/Tokyo")
FOOT: Final = Phrases(
    {
        "opt_in": {
            "ja": "このメールは、{day}に「{source}」でお知らせの受け取りに同意された方へお送りしています。",
            "en": "You receive this mail because you agreed to news from us on {day} ({source}).",
        },
        "transactional": {
            "ja": "このメールは、ご注文・お手続きに関する大切なお知らせです。",
            "en": "This mail is about your order or your account.",
        },
        "unsubscribe": {"ja": "配信を停止する", "en": "Unsubscribe"},
        "preferences": {"ja": "配信の種類と頻度を変更する", "en": "Choose what you receive and how often"},
        "opt_out": {"ja": "配信停止の方法：{way}", "en": "How to opt out: {way}"},
        "sender": {"ja": "送信者：{name}", "en": "Sent by {name}"},
        "address": {"ja": "住所：{address}", "en": "Address: {address}"},
        "contact": {"ja": "お問い合わせ：{contact}", "en": "Questions: {contact}"},
        "test": {"ja": "【テスト送信】", "en": "[Test] "},
    }
)


@dataclass(frozen=True, slots=True)
class Foot:
    """What stands below a mail.

    Args:
        shop: the shop's name, as it stands above the mail.
        sender: of the policy; None only where nothing is advertised.
        contact: where questions go.
        unsubscribe, preferences: addresses of the pages; None where nothing is advertised.
        opt_in: the record of the customer's yes.
        where: whose clock the day of the yes is read by.
    """

    shop: str
    sender: Sender | None
    contact: str
    unsubscribe: str | None = None
    preferences: str | None = None
    opt_in: OptIn | None = None
    where: ZoneInfo = _TOKYO

    def lines(self, language: str) -> list[str]:
        """The sentences, without links."""
        found = []
        if self.unsubscribe is None:
            found.append(FOOT.text("transactional", language))
        elif self.opt_in is not None:
            found.append(
                FOOT.text(
                    "opt_in", language, day=day_of(self.opt_in.at, language, self.where), source=self.opt_in.source
                )
            )
        if self.sender is not None:
            if self.unsubscribe is not None:
                found.append(FOOT.text("opt_out", language, way=self.sender.opt_out))
            found.append(FOOT.text("sender", language, name=self.sender.name))
            found.append(FOOT.text("address", language, address=self.sender.address))
        else:
            found.append(FOOT.text("sender", language, name=self.shop))
        return [*found, FOOT.text("contact", language, contact=self.contact)]

    def links(self, language: str) -> list[tuple[str, str]]:
        """(words, address)."""
        pairs = (("unsubscribe", self.unsubscribe), ("preferences", self.preferences))
        return [(FOOT.text(name, language), address) for name, address in pairs if address is not None]


def day_of(at: datetime, language: str, where: ZoneInfo) -> str:
    """A day in the reader's words.

    >>> from datetime import UTC
    >>> moment = datetime(2026, 1, 5, 20, tzinfo=UTC)
    >>> day_of(moment, "ja", ZoneInfo("Asia/Tokyo")), day_of(moment, "en", ZoneInfo("Asia/Tokyo"))
    ('2026年1月6日', '6 January 2026')
    """
    local = at.astimezone(where)
    months = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
              "November", "December")  # fmt: skip
    if language == "ja":
        return f"{local.year}年{local.month}月{local.day}日"
    return f"{local.day} {months[local.month - 1]} {local.year}"


def whole(
    subject: str,
    preheader: str,
    body: str,
    foot: Foot,
    language: str,
    *,
    pixel: str | None = None,
    style: str = "",
) -> str:
    """The HTML of a mail.

    Args:
        subject: also the page's title.
        preheader: what lists of mails show behind the subject.
        body: MJML sections; rendered, so its values are escaped.
        foot: what stands below.
        language: ja or en.
        style: the template's own CSS; it is written into the elements, since many readers know no style sheets.
        pixel: address of the image that tells that the mail was opened; None = nobody is told.

    Raises:
        BadValue: the body is not MJML, or holds what no mail may: scripts, forms, other than web addresses.
    """
    refuse(body)
    source = _HEAD.format(
        language=language, subject=escape(subject), preheader=escape(preheader), fonts=_FONTS, shop=escape(foot.shop)
    )
    source += body + _below(foot, language)
    if pixel is not None:
        source += f'<mj-raw><img src="{escape(pixel)}" width="1" height="1" alt="" /></mj-raw>'
    try:
        made: str = mjml.mjml2html(source + "</mj-body></mjml>", disable_comments=True)
    except (ValueError, OSError) as error:
        raise BadValue(
            f"not MJML: {str(error)[:200]}", key="body", way_out="sections with columns: docs/outreach.md"
        ) from error
    return str(_inliner(style).inline(made)) if style else made


@lru_cache(maxsize=64)
def _inliner(style: str) -> css_inline.CSSInliner:
    return css_inline.CSSInliner(extra_css=style, keep_style_tags=True, load_remote_stylesheets=False)


def refuse(body: str) -> None:
    """Refuse what no mail may hold.

    Raises:
        BadValue: a script, a form, an included file, or an address that is not one of the web.
    """
    found = _FORBIDDEN.search(body)
    if found is not None:
        raise BadValue("must not stand in a mail", key="body", value=found.group(0))
    for match in _HREF.finditer(body):
        address = (match[2] if match[2] is not None else match[3]).strip()
        if address and not address.lower().startswith(_ALLOWED):
            raise BadValue("not an address of the web", key="body", value=address, way_out="https://…")


def _below(foot: Foot, language: str) -> str:
    links = "　".join(
        f'<a class="quiet" style="color:#4b5a54" href="{escape(address)}">{escape(words)}</a>'
        for words, address in foot.links(language)
    )
    lines = "<br />".join(escape(line) for line in foot.lines(language))
    text = f'<mj-text css-class="quiet" font-size="13px" line-height="1.7" color="#4b5a54">{lines}</mj-text>'
    told = f'<mj-text css-class="quiet" font-size="13px">{links}</mj-text>' if links else ""
    rule = '<mj-divider css-class="rule" border-width="1px" border-color="#c8d1cc" padding="16px 24px 8px" />'
    return f'<mj-section css-class="foot"><mj-column>{rule}{told}{text}</mj-column></mj-section>'


_HEAD: Final = """<mjml lang="{language}"><mj-head>
<mj-title>{subject}</mj-title><mj-preview>{preheader}</mj-preview>
<mj-raw><meta name="color-scheme" content="light dark" /><meta name="supported-color-schemes" content="light dark" />
</mj-raw>
<mj-attributes><mj-all font-family="{fonts}" />
<mj-section background-color="#ffffff" padding="4px 0" />
<mj-text font-size="16px" line-height="1.75" color="#1c2a25" padding="8px 24px" />
<mj-button background-color="#1d5d4c" color="#ffffff" font-size="16px" font-weight="bold" border-radius="6px"
inner-padding="12px 22px" /></mj-attributes>
<mj-style>
@media (prefers-color-scheme: dark) {{
body, .mail {{ background-color: #141a18 !important; }}
.mail > div, .mail > div > table {{ background: #1d2522 !important; background-color: #1d2522 !important; }}
.mail div, .mail a {{ color: #e6ece9 !important; }}
.mail .quiet div, .mail a.quiet {{ color: #b3c0ba !important; }}
.mail .act a, .mail .act td {{ color: #0c1512 !important; background: #7fd0b5 !important; }}
}}
</mj-style></mj-head><mj-body css-class="mail" width="600px" background-color="#eef2f0">
<mj-section padding="20px 0 4px"><mj-column>
<mj-text font-size="18px" font-weight="bold">{shop}</mj-text></mj-column></mj-section>
"""
