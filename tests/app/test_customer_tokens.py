"""Tokens by which the server's own demo shop names a customer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tsuide.app.customer_tokens import CustomerTokens
from tsuide.app.wiring import opened
from tsuide.config import Settings
from tsuide.errors import Refused

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_the_first_token_that_a_server_signs_is_believed_at_once(tmp_path: Path) -> None:
    with opened(Settings(home=tmp_path)) as shop:
        tokens = CustomerTokens(shop, lambda: 5.0)  # not a moment passes
        with pytest.raises(Refused, match="no secret"):
            tokens.customer("1.somebody.mark", NOW)
        assert tokens.customer(tokens.sign("U0001", NOW, timedelta(hours=1)), NOW) == "U0001"
