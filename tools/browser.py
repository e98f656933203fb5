"""Find the Chromium that the tests of the inspector drive; install Debian's where it is missing and that may be done.

python -m tools.browser    print where it is; without one, install it as root by apt-get, or say what to do
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MISSING = "there is no Chromium: install it (Debian: apt-get install chromium); the tests of the inspector are left out"


def found() -> str | None:
    """Return the path of a Chromium of the system, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> int:
    """Find or install it; a machine without one still builds."""
    if found() is None and shutil.which("apt-get") and os.geteuid() == 0:
        for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", "--quiet", "--quiet", *arguments], check=False, stdout=subprocess.DEVNULL)
    print(found() or MISSING)
    return 0


if __name__ == "__main__":
    sys.exit(main())
