"""What the command line prints can be copied."""

import pytest

from tsuide.interfaces.cli.terminal import emit


def test_an_address_stands_on_one_line_however_narrow_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    address = "https://shop.example.com/m/survey/nps/" + "x" * 200
    emit({}, lambda: address, as_json=False)
    assert capsys.readouterr().out == address + "\n"
