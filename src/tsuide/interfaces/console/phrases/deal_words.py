"""Words of deals that several pages say."""

from collections.abc import Mapping
from typing import Final

STAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "stage_lead": {"ja": "見込み", "en": "lead"},
    "stage_qualified": {"ja": "課題確認", "en": "qualified"},
    "stage_quoted": {"ja": "見積提出", "en": "quoted"},
    "stage_negotiation": {"ja": "交渉中", "en": "negotiation"},
    "stage_won": {"ja": "受注", "en": "won"},
    "stage_lost": {"ja": "失注", "en": "lost"},
}
