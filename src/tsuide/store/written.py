"""What a write of facts did."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """Counts of one write.

    Args:
        inserted: rows whose identity was new.
        updated: rows that differed from what was there.
        unchanged: rows that were there already, as they are.
        lines: for orders: the same counts of their lines; an order whose lines changed counts as updated.
    """

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    lines: "Written | None" = None

    @property
    def changed(self) -> bool:
        """Whether anything was written.

        >>> Written(0, 0, 5).changed, Written(0, 0, 1, Written(1)).changed
        (False, True)
        """
        here = self.inserted + self.updated > 0
        return here or (self.lines is not None and self.lines.changed)
