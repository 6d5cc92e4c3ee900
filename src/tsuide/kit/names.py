"""Names of companies and people, folded so that the variants of one name compare equal."""

import re
from typing import Final

from tsuide.kit.text import fold

_FORMS_JA: Final = (
    *("株式会社", "有限会社", "合同会社", "合資会社", "合名会社", "医療法人", "学校法人", "社会福祉法人", "npo法人"),
    *("一般社団法人", "一般財団法人", "特定非営利活動法人"),
    *("(株)", "(有)", "(合)", "(同)", "(社)", "(財)", "(医)"),
)
_FORMS: Final = re.compile(
    r"\b(?:incorporated|inc|corporation|corp|company|co|limited|ltd|llc|llp|plc|gmbh|ag|kk|k\.k|sa|s\.a|bv|b\.v|pty)\b\.?"
)
_ELSE: Final = re.compile(r"[\W_]+")


def company_key(name: str) -> str:
    """What stays of a company's name without its legal form, width, case, spaces and punctuation.

    A name that is nothing but a legal form stays as it is.

    >>> company_key("ＧＴＸ　Pro 株式会社"), company_key("㈱GTXPro"), company_key("GTX-Pro Co., Ltd.")
    ('gtxpro', 'gtxpro', 'gtxpro')
    >>> company_key("青葉商事（株）"), company_key("株式会社青葉商事"), company_key("Company")
    ('青葉商事', '青葉商事', 'company')
    """
    folded = fold(name)
    bare = folded
    for form in _FORMS_JA:
        bare = bare.replace(form, " ")
    bare = _FORMS.sub(" ", bare)
    return _ELSE.sub("", bare) or _ELSE.sub("", folded)


def person_key(name: str) -> str:
    """A person's name without width, case, spaces, titles and punctuation.

    >>> person_key("山田　花子 様"), person_key("ヤマダ・ハナコ"), person_key("Mr. John Smith")
    ('山田花子', 'ヤマダハナコ', 'johnsmith')
    """
    folded = re.sub(r"\b(?:mr|mrs|ms|dr|prof)\b\.?", " ", fold(name))
    return _ELSE.sub("", re.sub(r"(?:様|さん|サン|殿|御中)$", "", folded.strip()))
