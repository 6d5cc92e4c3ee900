"""What a server says of itself when it starts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tsuide.app.users import set_up, setup_token
from tsuide.app.wiring import opened
from tsuide.config import Settings
from tsuide.interfaces.cli.serve import address, announce, listen

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def test_a_server_says_where_the_console_is_and_until_somebody_is_set_up_the_whole_link(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(home=tmp_path / ("a-long-folder-" * 4), language="en", more_shops=f"second={tmp_path}/second")
    with listen("127.0.0.1", 0) as listener, opened(settings) as shop:
        base = address(listener)
        announce(settings, listener)
        told = capsys.readouterr().err.splitlines()
        token = setup_token(shop, NOW)
        assert token is not None
        assert f"  console     {base}/console/" in told
        assert f"  {'  set it up':<11} {base}/console/setup?token={token}" in told
        assert f"  its console {base}/second/console/" in told
        assert f"  API docs    {base}/docs" in told
        set_up(shop, token, {"name": "Hana", "email": "h@example.com", "password": "a few words that do"}, NOW, 1)
        announce(settings, listener)
        assert token not in capsys.readouterr().err
