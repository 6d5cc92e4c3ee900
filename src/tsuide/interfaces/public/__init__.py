"""Pages that a mail's links lead to: leave, choose, and the counters of those who agreed to be measured."""

from tsuide.interfaces.public.pages import PAGES

__all__ = ["PAGES"]
