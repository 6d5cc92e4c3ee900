"""What a policy may not say at once: each refusal has the line of one side and names the other.

docs/policy.md lists them. Two sentences contradict each other where one of them could never come true; what is only
strict (a high floor, few contacts) is left to `tsuide policy what-if`, which counts what it would have refused.
"""

from tsuide.errors import BadPolicy
from tsuide.kit.money import RATE_UNIT
from tsuide.offers import codes
from tsuide.offers.offer import KINDS, PLACEMENTS
from tsuide.offers.policy.policy import Policy
from tsuide.offers.policy.reading import Place


def check(policy: Policy, top: Place) -> None:
    """Refuse a policy that cannot mean what it says.

    Raises:
        BadPolicy: with the line of one side and the name of the other.
    """
    _ranges(policy, top)
    _hours(policy, top)
    _filler(policy, top)
    _page(policy, top)
    _margins(policy, top)
    _priors(policy, top)
    _weights(policy, top)
    _mandatory(policy, top)
    _silence(policy, top)
    _contacts(policy, top)
    _later(policy, top)


def _ranges(policy: Policy, top: Place) -> None:
    for rule in ("upgrade_reach", "down_sell_reach", "alternative_reach"):
        if not policy.value(rule, "on"):
            continue
        low, high = policy.value(rule, "least"), policy.value(rule, "most")
        place = _at(top, "rules", rule)
        if low > high:
            place.refuse(f"least {low / 100:g}% is above most {high / 100:g}%: nothing could pass")
        if rule == "upgrade_reach" and high <= RATE_UNIT:
            place.refuse(f"most {high / 100:g}%: an upgrade costs more than what it is better than")
        if rule == "down_sell_reach" and low >= RATE_UNIT:
            place.refuse(f"least {low / 100:g}%: a down-sell costs less than what it stands for")
        if rule == "alternative_reach" and not low <= RATE_UNIT <= high:
            place.refuse(f"{low / 100:g}% … {high / 100:g}%: an alternative at the same price could not pass")


def _hours(policy: Policy, top: Place) -> None:
    start, end = policy.value("quiet_hours", "start"), policy.value("quiet_hours", "end")
    if policy.value("quiet_hours", "on") and start == end:
        _at(top, "rules", "quiet_hours").refuse(
            f"start and end are both {start // 60}:{start % 60:02}: that is no time at all, or the whole day",
            "quiet_hours: off, or nothing in the placements email and line",
        )


def _filler(policy: Policy, top: Place) -> None:
    allowed = bool((policy.kinds_of_placement >> KINDS.index("filler") & 1).any())
    if policy.value("filler_gap", "on") and policy.value("filler_gap", "overshoot") == 0 and allowed:
        _at(top, "rules", "filler_gap").refuse(
            "overshoot 0% leaves only what costs the gap to the last unit, but placements allow filler",
            "a larger overshoot, or no filler in placements",
        )


def _page(policy: Policy, top: Place) -> None:
    offers, most = _written(top, "page", "offers"), _written(top, "rules", "offers_per_page", "most")
    if offers is not None and not policy.value("offers_per_page", "on"):
        offers.refuse("rules.offers_per_page is off: no number holds")
    if offers is not None and most is not None and most.whole(1, 1 << 30) != policy.page_most:
        offers.refuse(f"rules.offers_per_page.most says {most.raw}")
    if policy.per_need > policy.page_most:
        _at(top, "page", "per_need").refuse(f"more offers for one need than offers on the page, {policy.page_most}")


def _priors(policy: Policy, top: Place) -> None:
    least = policy.value("unlikely", "least") if policy.value("unlikely", "on") else 0
    for kind, prior in zip(KINDS, policy.priors, strict=True):
        place = _written(top, "priors", kind)
        if place is not None and prior < least:
            place.refuse(
                f"below rules.unlikely.least of {least / 100:g}%: without anything mined none could be offered"
            )


def _weights(policy: Policy, top: Place) -> None:
    for key, weights in (("levers", policy.levers), ("contexts", policy.contexts)):
        for place, weight in enumerate(weights):
            kinds = [int(each) for code, each in enumerate(policy.kinds_of_placement) if weight.placements >> code & 1]
            if not any(each & weight.kinds for each in kinds):
                _at(top, key, place).refuse("placements allow none of its kinds where it holds: it weighs nothing")


def _margins(policy: Policy, top: Place) -> None:
    floor = policy.value("margin_floor", "rate") if policy.value("margin_floor", "on") else 0
    for category, rate in policy.margin_rates.items():
        if rate < floor:
            _at(top, "margin_rates", category).refuse(
                f"below rules.margin_floor.rate of {floor / 100:g}%: no product of it could be offered"
            )


def _mandatory(policy: Policy, top: Place) -> None:
    for place, wanted in enumerate(policy.mandatory):
        allowed = [
            bool(int(kinds) >> wanted.kind & 1)
            for code, kinds in enumerate(policy.kinds_of_placement)
            if wanted.placements >> code & 1
        ]
        if not any(allowed):
            _at(top, "mandatory", place).refuse(f"no placement of it allows {KINDS[wanted.kind]} (see placements)")
        pages = [code for code, name in enumerate(PLACEMENTS) if name not in codes.OUTBOUND]
        if policy.sender is None and not any(wanted.placements >> code & 1 for code in pages):
            _at(top, "mandatory", place).refuse("only for mail, but no sender is named: no advertising mail goes out")


def _silence(policy: Policy, top: Place) -> None:
    if not policy.kinds_of_placement.any():
        _at(top, "placements").refuse(f"no kind is allowed anywhere: {', '.join(PLACEMENTS)}")
    if policy.exploration.temperature > 0 and policy.exploration.guard == 0:
        _at(top, "exploration").refuse("explores (temperature > 0) but may give up nothing (guard 0)")


def _contacts(policy: Policy, top: Place) -> None:
    for rule, key in (("contact_limit", "contact_limits"), ("suppressed", "suppression")):
        rows = _written(top, key)
        if rows is not None and rows.items() and not policy.value(rule, "on"):
            rows.refuse(f"rules.{rule} is off: none of these holds")
    said: dict[tuple[int, int], int] = {}
    for place, limit in enumerate(policy.limits):
        channel, most, window = (int(limit[name]) for name in ("channel", "most", "window"))
        at = _at(top, "contact_limits", place)
        if channel < 0 and most == 0:
            at.refuse("allows no contact on any channel: nothing could pass")
        if said.setdefault((channel, window), most) != most:
            at.refuse(f"another row says {said[channel, window]} for the same channel and days")
    closed = {int(limit["channel"]) for limit in policy.limits if limit["most"] == 0}
    for placement, name in codes.CHANNEL_OF_PLACEMENT.items():
        written = _written(top, "placements", placement)
        kinds = int(policy.kinds_of_placement[PLACEMENTS.index(placement)])
        if kinds and written is not None and codes.CHANNEL_CODE[name] in closed:
            written.refuse(f"allows offers, but contact_limits allow no {name}")


def _later(policy: Policy, top: Place) -> None:
    start, target = policy.influence.start, policy.influence.target
    if start > target:
        _at(top, "influence").refuse(
            f'start {start / 100:g}% is above target {target / 100:g}%: "maybe later" lowers first and raises then'
        )


def _written(top: Place, *path: str) -> Place | None:
    """The place of a key; None where the file does not name it."""
    place = top
    for key in path:
        try:
            place = place.mapping()[key]
        except (BadPolicy, KeyError):
            return None
    return place


def _at(top: Place, *path: str | int) -> Place:
    place = top
    for key in path:
        try:
            place = place.items()[key] if isinstance(key, int) else place.mapping()[key]
        except (BadPolicy, KeyError, IndexError):
            break
    return place
