"""A simulated sales team with accounts, where the room to grow with each is known and the seller does not see it.

Every account has an industry (seen) and a way of working (not seen; several ways share an industry). Both say which of
the product lines it needs; what it spends on a line goes by its size. Of what it needs it buys a part here and the rest
elsewhere: some of that is bound by contract or habit and cannot be won, some is open. How much of an account's wallet
is here already has little to do with how large the wallet is, as Du, Kamakura and Mela found ("Size and Share of
Customer Wallet", Journal of Marketing 71, 2007): who buys much is not therefore who could buy much more.

The months go by: open lines are won now and then (sooner where the account answers its rep), others are lost, contracts
end. Reps call those who buy most. What a seller sees are orders, attributes with gaps and errors, calls and answers.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from tsuide.kit.arrays import Float32, Float64, Int32, Int64

MONTHS: Final = 36
YEAR: Final = 12
BANDS: Final = (10, 30, 100, 300, 1000)  # employees: where bands of size end
_USUAL: Final = 300_000  # yen that an account of usual size spends on a usual line in a year


@dataclass(frozen=True, slots=True)
class AccountWorld:
    """How a team and its accounts are drawn.

    Args:
        reps, accounts, lines: how many.
        industries, ways: of accounts; each industry mixes three ways of working.
        size_spread: standard deviation of the logarithm of size.
        size_needs: how much more lines a larger account needs (per unit of the logarithm of size).
        here: mean share of the needed lines that an account buys here when it becomes known.
        here_spread: how little that share is alike among accounts: 1 = all or nothing.
        bound: share of what is bought elsewhere that cannot be won.
        wins: chance a month that an open line is won by an account that answers as most do.
        unseen: share of accounts whose industry or size is not on record; half as many stand one band off.
        silent: share of accounts that have never ordered.
    """

    reps: int = 50
    accounts: int = 20_000
    lines: int = 40
    industries: int = 12
    ways: int = 10
    size_spread: float = 0.8
    size_needs: float = 0.04
    here: float = 0.35
    here_spread: float = 0.45
    bound: float = 0.45
    wins: float = 0.015
    unseen: float = 0.15
    silent: float = 0.04


FAMILIES: Final = {
    "mixed": AccountWorld(),
    "by_size": AccountWorld(size_spread=1.4, size_needs=0.08, here_spread=0.15),
    "bound": AccountWorld(bound=0.75, wins=0.008),
    "few_lines": AccountWorld(lines=12),
}
"""Worlds of different structure: as described, one where the large are large in everything, one where little is open,
one where an account's few lines tell little of the others."""


@dataclass(frozen=True, slots=True, eq=False)
class Team:
    """What happened in three years, and what is true.

    Args:
        rep: rep of each account, int32 (accounts,).
        industry, band: on record, -1 = not known; int32 (accounts,).
        spent: yen by month, account and line; float32 (36, accounts, lines), whole numbers.
        calls, answers: touch points by month and account, and those that were answered; int64 (36, accounts).
        room: yen a year that could be won with an account on a line at the end of each year; float64
            (3, accounts, lines).
        wallet: yen a year that it needs of a line at all at the end, float64 (accounts, lines).
        foreseen: yen a year that somebody would expect to win at the end who knew each account's way of working and
            size, and not what it buys elsewhere; float64 (accounts,): more than a seller can know.
        gain: yen of that room that would be won within a year if the account is called every month, float64
            (accounts,): room × its true chance.
    """

    rep: Int32
    industry: Int32
    band: Int32
    spent: Float32
    calls: Int64
    answers: Int64
    room: Float64
    wallet: Float64
    foreseen: Float64
    gain: Float64

    def names(self) -> list[str]:
        """Ids of the accounts, in their order."""
        return [f"acct{n:05}" for n in range(len(self.rep))]

    def bought(self, first: int, end: int) -> pl.DataFrame:
        """What was bought in the months first … end - 1: customer, line, amount in yen."""
        sums = self.spent[first:end].sum(axis=0)
        row, column = np.nonzero(sums > 0)
        names, lines = np.array(self.names()), np.array([f"line{n:02}" for n in range(sums.shape[1])])
        amounts = np.rint(sums[row, column]).astype(np.int64)
        return pl.DataFrame({"customer": names[row], "line": lines[column], "amount": amounts})

    def attributes(self) -> pl.DataFrame:
        """What is on record of each account: customer, industry, size."""
        return pl.DataFrame(
            {
                "customer": self.names(),
                "industry": [f"i{n}" if n >= 0 else None for n in self.industry.tolist()],
                "size": [f"s{n}" if n >= 0 else None for n in self.band.tolist()],
            }
        )


def draw_team(world: AccountWorld, *, seed: int) -> Team:
    """Three years of a team.

    >>> team = draw_team(AccountWorld(reps=2, accounts=60, lines=6), seed=1)
    >>> team.spent.shape, team.room.shape, bool((team.room[2] <= team.wallet).all())
    ((36, 60, 6), (3, 60, 6), True)
    """
    rng = np.random.default_rng(seed)
    n = world.accounts
    industry = rng.choice(world.industries, n, p=rng.dirichlet(np.full(world.industries, 3.0))).astype(np.int32)
    size = rng.normal(0.0, world.size_spread, n)  # logarithm, 0 = usual
    chance = _need(world, industry, size, rng)
    needs = rng.random((n, world.lines)) < chance
    usual = _USUAL * rng.lognormal(0.0, 0.8, world.lines)
    wallet = needs * usual * np.exp(0.8 * size)[:, None] * rng.lognormal(0.0, 0.6, (n, world.lines))
    answering = rng.lognormal(0.0, 0.7, n)
    spent, calls, answers, room, wallet = _lived(world, wallet, answering, size, rng)
    unheld = spent[-YEAR:].sum(axis=0) == 0
    foreseen = (unheld * chance * usual * np.exp(0.8 * size)[:, None]).sum(axis=1)
    gain = room[-1].sum(axis=1) * (1 - (1 - np.minimum(world.wins * answering, 1)) ** YEAR)
    band = np.searchsorted(BANDS, 30 * np.exp(size)).astype(np.int32)
    off = rng.random(n) < world.unseen / 2
    band[off] = np.clip(band[off] + rng.choice([-1, 1], int(off.sum())), 0, len(BANDS))
    band[rng.random(n) < world.unseen] = -1
    industry[rng.random(n) < world.unseen] = -1
    rep = rng.permutation(np.arange(n) % world.reps).astype(np.int32)
    return Team(rep, industry, band, spent, calls, answers, room, wallet, foreseen, gain)


def _need(world: AccountWorld, industry: Int32, size: Float64, rng: np.random.Generator) -> Float64:
    """Chance that an account needs a line, float64 (accounts, lines)."""
    by_way = rng.beta(0.5, 1.3, (world.ways, world.lines))
    by_industry = rng.beta(1.0, 3.0, (world.industries, world.lines))
    ways = np.stack([rng.permutation(world.ways)[:3] for _ in range(world.industries)])  # (industries, 3)
    way = ways[industry, rng.choice(3, len(industry), p=[0.5, 0.3, 0.2])]
    chance = 0.75 * by_way[way] + 0.25 * by_industry[industry] + world.size_needs * size[:, None]
    return np.asarray(np.clip(chance, 0.01, 0.98))


def _lived(
    world: AccountWorld, wallet: Float64, answering: Float64, size: Float64, rng: np.random.Generator
) -> tuple[Float32, Int64, Int64, Float64, Float64]:
    """Month by month: what is ordered, won, lost and called; what could be won at the end of each year."""
    n, lines = wallet.shape
    concentration = 1 / world.here_spread - 1
    here = np.asarray(rng.beta(world.here * concentration, (1 - world.here) * concentration, n))
    here[rng.random(n) < world.silent] = 0.0
    since = np.where(rng.random(n) < 0.7, 0, rng.integers(0, MONTHS - 6, n))  # noqa: PLR2004 - most are old accounts
    held = (wallet > 0) & (rng.random((n, lines)) < here[:, None])
    bound_line = rng.beta(world.bound * 6, (1 - world.bound) * 6, lines)
    bound = rng.random((n, lines)) < bound_line
    share = rng.beta(5.0, 1.5, (n, lines))  # of a line's wallet, once it is bought here
    rate = rng.uniform(0.25, 1.5, lines) * np.exp(0.2 * size)[:, None]  # orders a month
    spent = np.zeros((MONTHS, n, lines), dtype=np.float32)
    calls = np.zeros((MONTHS, n), dtype=np.int64)
    answers = np.zeros((MONTHS, n), dtype=np.int64)
    room = np.zeros((MONTHS // YEAR, n, lines))
    silent = here == 0.0
    for month in range(MONTHS):
        buys = np.nonzero(held & (month >= since)[:, None])
        orders = rng.poisson(rate[buys])
        noise = rng.gamma(np.maximum(orders, 1e-9) * 3.0) / 3.0
        spent[month][buys] = np.where(orders > 0, np.rint((wallet * share / YEAR / rate)[buys] * noise), 0.0)
        usual = spent[max(0, month - 5) : month + 1].sum(axis=(0, 2))
        calls[month] = rng.poisson(0.15 + 0.25 * (usual > np.quantile(usual, 0.7)))
        answers[month] = rng.binomial(calls[month], np.clip(0.35 * answering, 0, 0.95))
        opened = (wallet > 0) & ~held & ~bound
        won = opened & (rng.random((n, lines)) < (world.wins * answering * ~silent)[:, None])
        lost = held & (rng.random((n, lines)) < 0.008)  # noqa: PLR2004 - one in ten within a year
        gone = lost & (rng.random((n, lines)) < 0.4)  # noqa: PLR2004 - the need itself has ended
        held = (held | won) & ~lost
        wallet = np.where(gone, 0.0, wallet)
        bound = np.where(lost, rng.random((n, lines)) < 0.5, bound & ~(rng.random((n, lines)) < 0.01))  # noqa: PLR2004
        if (month + 1) % YEAR == 0:
            room[month // YEAR] = wallet * (~held & ~bound) + 0.3 * wallet * (1 - share) * held
    return spent, calls, answers, room, wallet
