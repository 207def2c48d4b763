"""Has mutmut write the mutants of [mutmut] in setup.cfg to `mutants`, in the folder where it is started.

That much of `mutmut run`, which would go on to run all tests by the clock.
"""

from __future__ import annotations

from pathlib import Path

from mutmut.__main__ import create_mutants
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir

if __name__ == "__main__":
    Path("mutants").mkdir()
    copy_src_dir()
    copy_also_copy_files()
    create_mutants(2)
