"""What goes on in a shop beside its server: journeys, mail that is due, segments, scheduled reports."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from tsuide.app.hooks import deliver_hooks
from tsuide.app.journey_running import Working, working
from tsuide.app.mail_answers import MailAnswers
from tsuide.app.privacy.retention import forget_old_once_a_day
from tsuide.app.scheduling import run_due
from tsuide.app.segment_keeping import keep_segments
from tsuide.app.wiring import Shop
from tsuide.errors import BadSetting, TsuideError
from tsuide.kit.clock import Clock
from tsuide.kit.ids import Entropy

_REST_S: Final = 0.5
_OTHERS_S: Final = 10.0  # how often for reports, and for what was newly learned
_log = structlog.get_logger("tsuide.worker")


def keep_going(
    shop: Shop,
    clock: Clock,
    entropy: Entropy,
    ended: threading.Event,
    seconds: Callable[[], float],
    *,
    once: bool = False,
) -> dict[str, int]:
    """Work until told to end, or, `once`, until nothing is due; how much of what was done.

    Args:
        shop: whose.
        clock: this moment, UTC.
        entropy: 64 random bits.
        ended: set by whoever wants it to end.
        seconds: a clock that never goes back.
        once: whether to end when nothing is due.
    """
    done = {
        "heard": 0,
        "begun": 0,
        "walked": 0,
        "ended": 0,
        "failed": 0,
        "sent": 0,
        "told": 0,
        "reports": 0,
        "moved": 0,
        "forgotten": 0,
    }
    looked = -_OTHERS_S
    with working(shop, clock, entropy) as at_work:
        while not ended.is_set():
            try:
                anything = _turn(shop, clock, at_work, done)
                if seconds() - looked >= _OTHERS_S:
                    looked = seconds()
                    at_work.decider.refresh()
                    if shop.take_up_settings():
                        at_work.outreach.close()
                    done["reports"] += len(run_due(shop, clock()))
                    done["forgotten"] += sum(forget_old_once_a_day(shop, clock()).values())
                    _read_what_came_back(shop, clock, at_work)
            except TsuideError as error:  # the store is away for a moment
                _log.warning("a turn failed", error=str(error))
                anything = False
                if once:
                    raise
            if once and not anything:
                break
            if not anything:
                ended.wait(_REST_S)
    return done


def _turn(shop: Shop, clock: Clock, at_work: Working, done: dict[str, int]) -> bool:
    kept = keep_segments(shop, clock())
    done["moved"] += kept.entered + kept.left
    counts = at_work.worker.turn()
    for name in ("heard", "begun", "walked", "ended", "failed", "sent"):
        done[name] += getattr(counts, name)
    sent = _deliver(at_work)
    done["sent"] += sent
    told = deliver_hooks(shop, clock())
    done["told"] += told
    return bool(counts.anything or sent or told or kept.more)


def _read_what_came_back(shop: Shop, clock: Clock, at_work: Working) -> None:
    """Bounces and complaints, where a folder of them is named."""
    if shop.settings.bounces:
        answers = MailAnswers(shop, at_work.outreach.sender.links)
        answers.take_folder(Path(shop.settings.bounces), clock())


def _deliver(at_work: Working) -> int:
    """Messages that others asked for, and those that had to wait; nothing where no mail server is named."""
    try:
        return int(at_work.outreach.sender.deliver_due().get("sent", 0))
    except BadSetting:
        return 0
