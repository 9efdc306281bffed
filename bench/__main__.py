"""``python -m bench [NAME …]``: run the benchmarks and print a table."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.measure import Row


def main(wanted: list[str]) -> int:
    names = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    known = [name for name in names if name not in ("__main__", "measure")]
    unknown = set(wanted) - set(known)
    if unknown:
        print(
            f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(known)}", file=sys.stderr
        )
        return 2
    console = Console(width=None if sys.stdout.isatty() else 150)
    for name in wanted or known:
        module = importlib.import_module(f"bench.{name}")
        table = Table(title=f"{name}: {(module.__doc__ or '').strip().splitlines()[0]}", title_justify="left")
        for column in ("What", "Figure", "Ratio", "Aim", ""):
            table.add_column(column)
        rows: list[Row] = module.run()
        for row in rows:
            mark = {True: "reached", False: "missed", None: ""}[row.good]
            table.add_row(row.what, row.figure, row.ratio, row.aim, mark)
        console.print(table)
    return 0


sys.exit(main(sys.argv[1:]))
