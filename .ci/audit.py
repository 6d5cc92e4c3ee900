"""What `pip-audit --format json` (standard input) found, judged: known weaknesses of installed packages end with 1.

An index that tells nothing of a package, or no index at all, is not a finding: it is said, with how many were asked in
vain, so that nobody takes silence for a clean bill.
"""

import json
import sys
from typing import Any


def judged(text: str) -> tuple[int, list[str]]:
    """Exit code, and what to print."""
    try:
        packages: list[dict[str, Any]] = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return 0, ["NOT AUDITED: no source of advisories could be asked (see above); ask again where there is one."]
    asked = [each for each in packages if "skip_reason" not in each]
    lines = [
        f"{each['name']} {each['version']}: {weakness['id']}"
        f" ({', '.join(weakness.get('aliases') or []) or 'no other name'}),"
        f" mended in {', '.join(weakness.get('fix_versions') or []) or 'no version yet'}"
        for each in asked
        for weakness in each["vulns"]
    ]
    found = len(lines)
    lines.append(f"{len(asked)} of {len(packages)} packages audited, {found} known weaknesses.")
    if not asked:
        lines.append("NOT AUDITED: the package index tells of no advisories; ask again where one does.")
    return int(found > 0), lines


if __name__ == "__main__":
    code, told = judged(sys.stdin.read())
    print("\n".join(told))
    sys.exit(code)
