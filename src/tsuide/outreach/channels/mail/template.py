"""A template of mail: a YAML file with its subject, preheader and body in Japanese and English.

The body is MJML (the sections of a mail) with Jinja in it. What the law asks of advertising (who sends it, from where,
how to end it, and when the customer said yes) is not the template's business: it stands below every mail that
advertises, and no template can leave it out.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Final, cast

import yaml

from tsuide.errors import BadValue, NotFound
from tsuide.kit.phrases import LANGUAGES
from tsuide.offers.offer import KINDS, Kind
from tsuide.outreach.message import MESSAGE_PURPOSES, MessagePurpose

READY: Final = ("offer", "lesson", "cart", "replenish", "order", "shipped", "survey")
LONGEST: Final = 100_000  # characters of a template's text
_MOST_NAME: Final = 100
_KEYS: Final = ("name", "about", "purpose", "offers", "subject", "preheader", "body", "text", "site", "style")
_OFFER_KEYS: Final = ("n", "kinds", "needed", "abandoned")
_MOST_OFFERS: Final = 6


@dataclass(frozen=True, slots=True)
class Asks:
    """What a template asks of `decide`, at the moment of sending.

    Args:
        n: how many offers at most.
        kinds: only these; empty = all that the policy allows in mail.
        needed: without an offer the mail stays unsent.
        abandoned: the message's products are a cart that was left: a sign of hesitation, so a step down is allowed.
    """

    n: int = 3
    kinds: tuple[Kind, ...] = ()
    needed: bool = True
    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class MailTemplate:
    """A template, read.

    Args:
        version: hash of its text, 16 hex digits.
        offers: None = it offers nothing.
        style: CSS of its own.
        subject, preheader, body, text: by language; `text` is empty where the plain part is made from the body.
        site: by language: what stands below the subject where a page of the shop shows it; empty = the preheader.
    """

    name: str
    version: str
    purpose: MessagePurpose
    subject: Mapping[str, str]
    preheader: Mapping[str, str]
    body: Mapping[str, str]
    text: Mapping[str, str]
    offers: Asks | None = None
    about: str = ""
    style: str = ""
    site: Mapping[str, str] = field(default_factory=dict)

    def parts_on_site(self, language: str) -> dict[str, str]:
        """Name → Jinja source of one language, as a page shows it: subject and text."""
        text = (self.site or self.preheader).get(language, "")
        return {"subject": self.subject[language], "text": text}

    def parts(self, language: str) -> dict[str, str]:
        """Name → Jinja source of one language."""
        parts = {"subject": self.subject[language], "preheader": self.preheader.get(language, "")}
        parts["body"] = self.body[language]
        return parts | ({"text": self.text[language]} if self.text else {})


ESCAPED: Final = frozenset({"body"})
"""Parts in which values are escaped as HTML."""


def read_template(text: str, name: str | None = None) -> MailTemplate:
    r"""The template that a text describes.

    Raises:
        BadValue: not YAML, an unknown key, or a language that is missing; the key is named by its path.

    >>> read_template("name: x\nsubject: {ja: あ, en: a}\nbody: {ja: <mj-text>あ</mj-text>}")
    Traceback (most recent call last):
    tsuide.errors.BadValue: must be written in ja and en: body = ['ja']...
    """
    if len(text) > LONGEST:
        raise BadValue(f"longer than {LONGEST:,} characters", key="template", value=len(text))
    top = _loaded(text)
    if not isinstance(top, dict):
        raise BadValue("must be keys with values", key="template", way_out="tsuide mail show offer")
    for key in top:
        if key not in _KEYS:
            raise BadValue("no such key", key="template", value=str(key), way_out=f"one of {', '.join(_KEYS)}")
    own = str(name or top.get("name") or "")
    if not 1 <= len(own) <= _MOST_NAME or not own.replace("-", "").replace("_", "").isalnum():
        raise BadValue("letters, digits, - and _", key="name", value=own)
    purpose = top.get("purpose", "marketing")
    if purpose not in MESSAGE_PURPOSES:
        raise BadValue("not one of the choices", key="purpose", value=purpose, way_out=", ".join(MESSAGE_PURPOSES))
    return MailTemplate(
        name=own,
        version=hashlib.blake2b(text.encode(), digest_size=8).hexdigest(),
        purpose=cast("MessagePurpose", purpose),
        subject=_both(top, "subject"),
        preheader=_both(top, "preheader") if "preheader" in top else {},
        body=_both(top, "body"),
        text=_both(top, "text") if "text" in top else {},
        offers=_asks(top["offers"]) if "offers" in top else None,
        about=str(top.get("about", "")),
        style=str(top.get("style", "")),
        site=_both(top, "site") if "site" in top else {},
    )


@cache
def ready_template(name: str) -> MailTemplate:
    """A ready-made template.

    Raises:
        NotFound: there is none of this name.
    """
    return read_template(ready_template_text(name))


def ready_template_text(name: str) -> str:
    """The YAML of a ready-made template.

    Raises:
        NotFound: there is none of this name.
    """
    if name not in READY:
        raise NotFound("no such template", key="template", value=name, way_out=f"one of {', '.join(READY)}")
    return (resources.files(__package__) / "ready" / f"{name}.yaml").read_text(encoding="utf-8")


def _loaded(text: str) -> Any:  # noqa: ANN401 - whatever YAML holds
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise BadValue("aliases are not read", key="template")  # a few of them unfold into millions
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError, TypeError) as error:
        raise BadValue(f"not YAML: {' '.join(str(error).split())[:200]}", key="template") from error


def _both(top: Mapping[str, Any], key: str) -> dict[str, str]:
    value = top.get(key)
    if not isinstance(value, dict) or set(value) != set(LANGUAGES):
        told = sorted(map(str, value)) if isinstance(value, dict) else value
        raise BadValue("must be written in ja and en", key=key, value=told, way_out=f"{key}: {{ja: …, en: …}}")
    for language, text in value.items():
        if not isinstance(text, str) or not text.strip():
            raise BadValue("must be text", key=f"{key}.{language}", value=text)
    return {str(language): str(text) for language, text in value.items()}


def _asks(value: Any) -> Asks:  # noqa: ANN401 - whatever YAML holds
    if not isinstance(value, dict) or not set(value) <= set(_OFFER_KEYS):
        raise BadValue("must be keys with values", key="offers", value=value, way_out="offers: {n: 3, needed: yes}")
    n, kinds = value.get("n", 3), value.get("kinds", [])
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= _MOST_OFFERS:
        raise BadValue(f"must be 1 … {_MOST_OFFERS}", key="offers.n", value=n)
    said = {"needed": value.get("needed", True), "abandoned": value.get("abandoned", False)}
    for key, yes in said.items():
        if not isinstance(yes, bool):
            raise BadValue("must be yes or no", key=f"offers.{key}", value=yes)
    if not isinstance(kinds, list) or any(each not in KINDS for each in kinds):
        raise BadValue("not kinds of offers", key="offers.kinds", value=kinds, way_out=", ".join(KINDS))
    return Asks(n, tuple(kinds), **said)
