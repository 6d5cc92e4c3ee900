"""Intervals for shares."""

from typing import Final

import numpy as np
from scipy.special import ndtri

Z95: Final = float(ndtri(0.975))


def wilson(share: float, n: float) -> tuple[float, float]:
    """95 % interval of a share seen in n trials (Wilson 1927); n may be an effective number.

    >>> [round(bound, 4) for bound in wilson(0.5, 100)]
    [0.4038, 0.5962]
    """
    centre = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    reach = Z95 * float(np.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))) / (1 + Z95**2 / n)
    return max(0.0, centre - reach), min(1.0, centre + reach)
