"""Mutants that no test can notice, and why: they mean the same, or only a log line's wording differs.

By function and by the line that the mutant puts there.
"""

from __future__ import annotations

from collections.abc import Mapping

EXPLAINED: Mapping[str, str] = {}
