"""Duplicates over HTTP and from the command line: found, made one, made two again."""

import json
from typing import Any

from typer.testing import CliRunner

from tsuide.interfaces.cli import command_line


def call(served: Any, method: str, path: str, status: int = 200, **body: Any) -> Any:
    more = {"json": body} if method == "POST" else {}
    answer = served.client.request(method, path, headers={"X-Api-Key": served.admin}, **more)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_two_of_one_name_are_found_made_one_and_made_two_again(served: Any) -> None:
    people = [{"id": "c21", "kind": "company", "name": "ＧＴＸ Pro 株式会社"}]
    people.append({"id": "c22", "kind": "company", "name": "㈱GTXPro", "email": "x@gtx.example"})
    call(served, "POST", "/v1/customers", customers=people)
    (pair,) = call(served, "GET", "/v1/duplicates?customer=c21")["duplicates"]
    assert ([each["id"] for each in pair["customers"]], pair["reasons"]) == (["c21", "c22"], ["name"])
    assert [each["orders"] for each in pair["customers"]] == [10, 10]
    done = call(served, "POST", "/v1/merges", kept="c21", merged="c22", who="ann")
    assert done["moved"]["orders"] == 10
    whole = call(served, "GET", "/v1/customers/c21/whole")
    assert (whole["sums"][0]["orders"], whole["customer"]["email"]) == (20, "x@gtx.example")
    assert call(served, "GET", "/v1/customers/c22/whole")["customer"]["id"] == "c21"  # the merged id leads there
    assert call(served, "POST", f"/v1/merges/{done['id']}/undo")["undone_at"]
    assert call(served, "GET", "/v1/customers/c22/whole")["sums"][0]["orders"] == 10
    call(served, "POST", f"/v1/merges/{done['id']}/undo", 409)
    call(served, "POST", "/v1/merges", 400, kept="c21", merged="c21")


def test_the_command_line_does_the_same_in_the_readers_language(served: Any) -> None:
    def said(*words: str, language: str = "en") -> str:
        result = CliRunner().invoke(
            command_line("customer"),
            ["customer", *words, "--home", str(served.settings.home)],
            env={"COLUMNS": "200", "TSUIDE_LANGUAGE": language},
        )
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    people = [{"id": each, "kind": "company", "name": "Twin Inc."} for each in ("c31", "c32")]
    call(served, "POST", "/v1/customers", customers=people)
    assert "the same name" in said("duplicates", "c31")
    assert "同じ名前" in said("duplicates", "c31", language="ja")
    done = json.loads(said("merge", "c31", "c32", "--by", "ann", "--json"))
    assert done["id"] in said("merges")
    assert "c32 is there again" in said("undo", done["id"])
    assert "Nobody seems to be there twice." in said("duplicates", "c05")
