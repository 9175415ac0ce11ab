"""Which version of the code a run was made with."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_ROOT = Path(__file__).parent.parent


def git_commit() -> str:
    """The commit of the checkout that this code lies in, ``+changes`` where files differ; else empty."""
    if not (_ROOT / ".git").exists() or shutil.which("git") is None:
        return ""
    commit = _git("rev-parse", "HEAD")
    changed = commit and _git("status", "--porcelain", "--untracked-files=no")
    return f"{commit}+changes" if changed else commit


def _git(*arguments: str) -> str:
    # A checkout of another user's makes git refuse; then the version is unknown.
    done = subprocess.run(["git", "-C", _ROOT, *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
