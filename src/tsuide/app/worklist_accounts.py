"""What is known of a rep's accounts: what each bought within a year, what reached it, and the room to grow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from tsuide.app.models import ROOM_DAYS
from tsuide.app.wiring import Shop
from tsuide.kit.clock import MICROS_PER_DAY, to_micros
from tsuide.mining.rooms import AccountRoom, FittedRooms
from tsuide.store.rows import Found

LINES: Final = 3
"""Of an account's white space so many are told."""


@dataclass(frozen=True, slots=True)
class Known:
    """One account with what happened in it within a year.

    Args:
        currency: of `results`: the one in which it bought most often; "" = it never bought.
        results: minor units.
        orders: in that currency; `all_orders` in any.
        silent: days since the last order.
        others: currency → minor units; never added.
        room: None where learning did not know the account.
        same_as: an account of the same rep that shares a contact and stands before this one.
        people: id and name of those who stand right below it.
    """

    row: Found
    currency: str = ""
    results: int = 0
    orders: int = 0
    all_orders: int = 0
    silent: int | None = None
    others: Mapping[str, int] = field(default_factory=dict)
    touches: int = 0
    reactions: int = 0
    room: AccountRoom | None = None
    elsewhere: tuple[str, ...] = ()
    same_as: str | None = None
    people: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        """The account's id."""
        return str(self.row["id"])

    @property
    def name(self) -> str:
        """As the shop has it; its id where it has none."""
        return str(self.row["name"] or self.row["id"])

    @property
    def own_room(self) -> AccountRoom | None:
        """The room in the currency in which the account buys; of another one nothing is known."""
        room = self.room
        return room if room is not None and self.currency in {"", room.currency} else None


def known_accounts(shop: Shop, rooms: FittedRooms | None, rep: str, now: datetime) -> list[Known]:
    """Every account of a rep; the people in it count for it."""
    port, since = shop.store.worklist, now - timedelta(days=ROOM_DAYS)
    rows = port.accounts(rep)
    ids = [str(row["id"]) for row in rows]
    people = port.people(ids)
    of = {each: each for each in ids} | {str(row["id"]): str(row["parent_id"]) for row in people}
    below: dict[str, list[tuple[str, str]]] = {}
    for row in people:
        below.setdefault(str(row["parent_id"]), []).append((str(row["id"]), str(row["name"] or row["id"])))
    bought: dict[str, dict[str, Found]] = {}
    for row in port.bought([*of], since):
        mine = bought.setdefault(of[row["customer_id"]], {})
        before = mine.get(row["currency"], {"amount": 0, "orders": 0, "last_at": 0})
        mine[row["currency"]] = {
            "amount": before["amount"] + int(row["amount"]),
            "orders": before["orders"] + row["orders"],
            "last_at": max(before["last_at"], row["last_at"]),
        }
    touched: dict[str, tuple[int, int]] = {}
    for who, (touches, reactions) in port.touched([*of], since).items():
        had = touched.get(of[who], (0, 0))
        touched[of[who]] = (had[0] + touches, had[1] + reactions)
    elsewhere = _elsewhere(port.answers(ids))
    shared = shared_contacts(rows, people)
    found = []
    for row in rows:
        who = str(row["id"])
        mine = bought.get(who, {})
        home = max(mine, key=lambda each: (mine[each]["orders"], each), default="")
        orders = sum(each["orders"] for each in mine.values())
        touches, reactions = touched.get(who, (0, 0))
        lines = elsewhere.get(who, ())
        last = max((each["last_at"] for each in mine.values()), default=0)
        found.append(
            Known(
                row=row,
                currency=home,
                results=mine[home]["amount"] if home else 0,
                orders=mine[home]["orders"] if home else 0,
                all_orders=orders,
                silent=(to_micros(now) - last) // MICROS_PER_DAY if mine else None,
                others={name: each["amount"] for name, each in sorted(mine.items()) if name != home},
                touches=touches + orders,
                reactions=reactions + orders,
                room=None if rooms is None else rooms.of(who, lines, LINES),
                elsewhere=lines,
                same_as=shared.get(who),
                people=tuple(below.get(who, ())),
            )
        )
    return found


def shared_contacts(accounts: Sequence[Found], people: Sequence[Found]) -> dict[str, str]:
    """Account → an earlier account of which somebody has the same address or telephone number.

    >>> shared_contacts([{"id": "a", "email": None}, {"id": "b", "email": "Mori@x.example"}],
    ...                 [{"id": "p", "parent_id": "a", "email": "mori@x.example", "phone": None}])
    {'b': 'a'}
    """
    first: dict[str, str] = {}
    found: dict[str, str] = {}
    for owner, row in [(row["id"], row) for row in accounts] + [(row["parent_id"], row) for row in people]:
        for name in ("email", "phone"):
            mark = str(row.get(name) or "").strip().casefold()
            other = first.setdefault(mark, owner) if mark else owner
            if other != owner:
                low, high = sorted((other, owner))
                found.setdefault(high, low)
    return found


def _elsewhere(answers: Sequence[Found]) -> dict[str, tuple[str, ...]]:
    """Account → lines that it has already, as its rep was told."""
    found: dict[str, tuple[str, ...]] = {}
    for row in answers:
        if row["state"] == "dismissed" and row["reason"] == "have_it" and row["line"]:
            found[row["customer_id"]] = tuple(dict.fromkeys((*found.get(row["customer_id"], ()), row["line"])))
    return found
