"""Texts as rows of hashed character n-grams: similar names lie close, in Japanese as in English.

Character n-grams need no word boundaries, so "ワイヤレスイヤホン" and "ワイヤレス　ｲﾔﾎﾝ"
share most of theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix, diags

from tsuide.kit.arrays import Float32
from tsuide.kit.text import fold

SHORTEST: Final = 2
LONGEST: Final = 3


@dataclass(frozen=True, slots=True)
class Grams:
    """Texts × n-grams, each row of length 1 (or 0 for an empty text), so a dot product is the cosine.

    Args:
        rows: TF–IDF weights, float32 (texts, 2 ** bits).
    """

    rows: csr_matrix

    def cosine(self, left: np.ndarray, right: np.ndarray) -> Float32:
        """Cosine of each pair of rows (left[i], right[i]); float32 (pairs,)."""
        product = self.rows[left].multiply(self.rows[right]).sum(axis=1)
        return np.asarray(product, dtype=np.float32).ravel()

    def projected(self, width: int, seed: int) -> Float32:
        """Dense rows whose dot products are the cosines up to an error of about 1/√width.

        A random projection with signs (Achlioptas 2003): float32 (texts, width), rows of length 1.
        """
        signs = np.random.default_rng(seed).integers(0, 2, (self.rows.shape[1], width), dtype=np.int8)
        dense = np.asarray(self.rows @ (2.0 * signs - 1.0).astype(np.float32), dtype=np.float32)
        length = np.linalg.norm(dense, axis=1, keepdims=True)
        unit: Float32 = np.divide(dense, length, out=np.zeros_like(dense), where=length > 0)
        return unit


def grams(texts: Sequence[str | None], *, bits: int = 16) -> Grams:
    """Character n-grams of 2 and 3 characters of the folded texts, hashed, weighted by rarity.

    Args:
        texts: any language, any width; None and "" give an empty row.
        bits: 2 ** bits columns; two n-grams share one by chance with probability 2 ** -bits.

    >>> rows = grams(["ワイヤレスイヤホン", "わいやれす　ｲﾔﾎﾝ", "椅子"])
    >>> [f"{cosine:.2f}" for cosine in rows.cosine(np.array([0, 0]), np.array([1, 2]))]
    ['0.71', '0.00']
    """
    folded = pl.Series([f" {fold(text)} " if text else "" for text in texts], dtype=pl.String)
    unique = folded.unique(maintain_order=True)
    place = folded.to_frame("text").join(
        unique.to_frame("text").with_row_index("row"), on="text", how="left", maintain_order="left"
    )["row"]
    return Grams(_weighted(unique.to_list(), bits)[place.to_numpy()])


def _weighted(texts: Sequence[str], bits: int) -> csr_matrix:
    codes, owner = _codes(texts)
    columns = (codes >> np.uint64(64 - bits)).astype(np.int32)
    shape = (len(texts), 1 << bits)
    counts = csr_matrix((np.ones(len(columns), np.float32), (owner, columns)), shape=shape)
    counts.sum_duplicates()
    counts.data = np.log1p(counts.data)
    seen = np.bincount(counts.indices, minlength=shape[1])
    counts.data *= (np.log((1 + len(texts)) / (1 + seen)) + 1).astype(np.float32)[counts.indices]
    length = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    return csr_matrix(diags(np.divide(1, length, out=np.zeros_like(length), where=length > 0)) @ counts)


def _codes(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """A 64-bit code of every n-gram and the text it stands in; uint64 (grams,), int32 (grams,)."""
    lengths = np.fromiter((len(text) for text in texts), np.int64, len(texts))
    points = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32).astype(np.uint64)
    owner = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)
    found, owners = [], []
    for width in range(SHORTEST, LONGEST + 1):
        whole = owner[: len(owner) - width + 1] == owner[width - 1 :] if len(owner) >= width else np.empty(0, bool)
        code = np.full(len(whole), width, np.uint64)
        for offset in range(width):
            code = code * np.uint64(0x9E3779B97F4A7C15) + points[offset : offset + len(whole)] + np.uint64(1)
            code ^= code >> np.uint64(29)
        found.append((code * np.uint64(0xBF58476D1CE4E5B9))[whole])
        owners.append(owner[: len(whole)][whole])
    return np.concatenate(found), np.concatenate(owners)
