"""What a policy may not say at once: each refusal names both sides."""

from tsuide.errors import BadPolicy
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
    _margins(policy, top)
    _mandatory(policy, top)
    _silence(policy, top)


def _ranges(policy: Policy, top: Place) -> None:
    for rule in ("upgrade_reach", "down_sell_reach", "alternative_reach"):
        low, high = policy.value(rule, "least"), policy.value(rule, "most")
        if policy.value(rule, "on") and low > high:
            _at(top, "rules", rule).refuse(f"least {low / 100:g}% is above most {high / 100:g}%: nothing could pass")


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


def _silence(policy: Policy, top: Place) -> None:
    if not policy.kinds_of_placement.any():
        _at(top, "placements").refuse(f"no kind is allowed anywhere: {', '.join(PLACEMENTS)}")
    for place, limit in enumerate(policy.limits):
        if limit["channel"] < 0 and limit["most"] == 0:
            _at(top, "contact_limits", place).refuse("allows no contact on any channel: nothing could pass")
    if policy.exploration.temperature > 0 and policy.exploration.guard == 0:
        _at(top, "exploration").refuse("explores (temperature > 0) but may give up nothing (guard 0)")
    for channel in codes.OUTBOUND:
        kinds = int(policy.kinds_of_placement[PLACEMENTS.index(channel)])
        limits = [int(limit["most"]) for limit in policy.limits if limit["channel"] == codes.CHANNEL_CODE[channel]]
        if limits and max(limits) == 0 and kinds and _names(top, channel):
            _at(top, "placements", channel).refuse(f"allows offers, but contact_limits allow no {channel}")


def _names(top: Place, placement: str) -> bool:
    return placement in _at(top, "placements").mapping() if "placements" in top.mapping() else False


def _at(top: Place, *path: str | int) -> Place:
    place = top
    for key in path:
        try:
            place = place.items()[key] if isinstance(key, int) else place.mapping()[key]
        except (BadPolicy, KeyError, IndexError):
            break
    return place
