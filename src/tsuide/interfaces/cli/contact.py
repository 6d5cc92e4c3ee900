"""`tsuide contact CUSTOMER`: on which channels, and at which hour of each weekday, a customer is best reached."""

from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from tsuide.app.best_channel import contact_told
from tsuide.app.contact_habits import KeptHabits
from tsuide.app.wiring import opened
from tsuide.config import load_settings
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.kit.phrases import Phrases

_PHRASES: Final = Phrases(
    {
        "channels": {"ja": "経路", "en": "Channels"},
        "channel": {"ja": "経路", "en": "channel"},
        "chance": {"ja": "反応する確率", "en": "chance of a reaction"},
        "interval": {"ja": "95%区間", "en": "95 % interval"},
        "own": {"ja": "本人の反応/連絡", "en": "own reactions of contacts"},
        "hours": {"ja": "曜日ごとの最良の時間（{zone}）", "en": "Best hour of each weekday ({zone})"},
        "days": {"ja": "月,火,水,木,金,土,日", "en": "Mon,Tue,Wed,Thu,Fri,Sat,Sun"},
        "segment": {"ja": "基準: {segment}", "en": "shrunk to: {segment}"},
        "everybody": {"ja": "全員", "en": "everybody"},
        "best": {"ja": "今送るなら: {channel}（{reason}）", "en": "now it would go by: {channel} ({reason})"},
        "nothing": {
            "ja": "まだ誰にも連絡していません。メッセージを送ると、反応から学びます。",
            "en": "Nobody was contacted yet: what customers react to is learned once messages went out.",
        },
    }
)


def contact(
    customer: Annotated[str, typer.Argument(help="Who; their id.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """When and how to reach a customer, from their own reactions, shrunk to their segment's."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        told = contact_told(shop, KeptHabits(shop, now), customer, now())
        emit(told, lambda: _shown(told, shop.settings.language), as_json=as_json)


def _shown(told: dict[str, Any], language: str) -> RenderableType:
    def say(name: str, **blanks: str) -> str:
        return escape(_PHRASES.text(name, language, **blanks))

    best = say("best", channel=told["best"]["channel"] or "–", reason=told["best"]["reason"] or "–")
    if not told["channels"]:
        return Group(say("nothing"), best)
    channels = Table(say("channel"), say("chance"), say("interval"), say("own"), title=say("channels"))
    for each in told["channels"]:
        own = f"{each['reactions']}/{each['contacts']}"
        channels.add_row(each["channel"], f"{each['probability']:.0%}", _interval(each), own)
    hours = Table(say("channel"), *say("days").split(","), title=say("hours", zone=told["time_zone"]))
    for each in told["channels"]:
        hours.add_row(each["channel"], *(_hour(found) for found in each["hours"]))
    return Group(channels, hours, say("segment", segment=told["segment"] or say("everybody")), best)


def _interval(each: dict[str, Any]) -> str:
    return f"{each['low']:.0%} – {each['high']:.0%}"


def _hour(found: dict[str, Any]) -> str:
    return f"{found['hour']}:00\n{found['probability']:.0%}\n{_interval(found)}"
