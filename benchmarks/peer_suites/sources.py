"""Fetches source distributions by the package registry's ordinary client, and takes the tests out of them."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

#: What the build back ends of the distributions need before pip can read what they are.
BUILD_TOOLS = ("hatchling", "hatch-fancy-pypi-readme")
#: What runs the tests, beside our own pytest.
TEST_TOOLS = ("pytest-asyncio==1.4.0", "pytest-mock==3.15.1")


def unpacked(package: str, version: str, work: Path) -> Path:
    """Return the folder of a source distribution, fetched and unpacked once.

    Args:
        package, version: The distribution.
        work: The folder to work in.
    """
    folder = work / f"{package.replace('-', '_')}-{version}"
    if not folder.exists():
        builder = work / "builder"
        if not builder.exists():
            subprocess.run([sys.executable, "-m", "venv", str(builder)], check=True)
            subprocess.run([str(builder / "bin" / "pip"), "install", "-q", *BUILD_TOOLS], check=True)
        fetch = ["download", "-q", "--no-deps", "--no-binary=:all:", "--no-build-isolation", f"{package}=={version}"]
        subprocess.run([str(builder / "bin" / "pip"), *fetch, "-d", str(work)], check=True)
        with tarfile.open(work / f"{folder.name}.tar.gz") as archive:
            archive.extractall(work, filter="data")
    return folder


def installed(requirements: Sequence[str], work: Path) -> Path:
    """Return a folder with what the tests import, installed once; our own environment is left as it is.

    Args:
        requirements: Of one suite, beside what all need.
        work: The folder to work in.
    """
    named = "-".join(sorted(one.partition("==")[0] for one in requirements)) or "plain"
    folder = work / f"tools-{named}"
    if not folder.exists():
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder)]
        subprocess.run([*command, *TEST_TOOLS, *requirements], check=True)
    return folder
