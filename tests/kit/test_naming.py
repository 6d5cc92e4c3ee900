"""Whether a document names somebody: a short id counts only where a customer's id stands."""

import json

from hypothesis import given
from hypothesis import strategies as some

from tsuide.kit.naming import names_person

LEAVES = some.none() | some.booleans() | some.integers(-9, 9) | some.text(max_size=6)
DOCUMENTS = some.recursive(
    LEAVES, lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=6), inner, max_size=4)
)


@given(DOCUMENTS)
def test_where_it_stands_does_not_matter(document: object) -> None:
    assert names_person(json.dumps([document, {"deep": {"customer_id": "77777"}}]), "77777")
    assert names_person(json.dumps({"a": document, "b": ["A@X.example"]}), "77777", ["a@x.example"])


@given(DOCUMENTS)
def test_a_document_without_the_id_names_nobody(document: object) -> None:
    assert not names_person(json.dumps(document), "77777", ["a@x.example"])


def test_what_is_no_json_names_whom_it_quotes() -> None:
    assert names_person('{"customer": "c7"', "c7")
    assert not names_person('{"customer": "c77"', "c7")
    assert not names_person(None, "c7")
