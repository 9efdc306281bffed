"""The command line: thin commands over ``pressfeed.publish``.

Every module here imports only click and ``cli.base`` at its top; what a command needs is imported when it
runs, so that ``pressfeed --help`` answers at once.
"""

from __future__ import annotations

from pressfeed.cli import bulletins, deliveries, dkim, newsroom, releases, subscribers
from pressfeed.cli.base import entry_point, root

for _module in (newsroom, releases, subscribers, bulletins, deliveries, dkim):
    _module.register(root)

main = entry_point(root)
