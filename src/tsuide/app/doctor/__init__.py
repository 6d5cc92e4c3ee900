"""Look over an installation and say what is wrong, what that means, and what to do, in ja and en."""

from tsuide.app.doctor.examining import examine
from tsuide.app.doctor.finding import Finding, Grade, Told, found_again, told

__all__ = ["Finding", "Grade", "Told", "examine", "found_again", "told"]
