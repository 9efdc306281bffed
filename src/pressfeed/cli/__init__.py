"""The command line: thin commands over ``pressfeed.publish``.

A command's module is imported when the command runs, and imports at its top only click and ``cli.base``; so
``pressfeed --help`` answers at once. ``COMMANDS`` says in which module each command stands.
"""

from __future__ import annotations

from pressfeed.cli.base import entry_point, root

COMMANDS = {
    "init": ("newsroom", "Make a newsroom."),
    "import": ("releases", "Read documents into the store."),
    "releases": ("releases", "List, complete, publish and withdraw releases."),
    "search": ("search", "Look for public releases that say something."),
    "build": ("newsroom", "Bring feeds and pages in public/ up to date."),
    "subscribers": ("subscribers", "Import, add, list and remove subscribers."),
    "bulletins": ("bulletins", "See, preview, test and send digests."),
    "run": ("run", "Keep the newsroom going."),
    "scheduler": ("run", "Only the scheduler of it."),
    "worker": ("run", "Only the sender of it."),
    "serve": ("serve", "Answer over HTTP: public/, and the links in mails."),
    "websub": ("websub", "Who is told of changed feeds."),
    "health": ("run", "Is all well? For a monitor."),
    "editions": ("editions", "See editions; approve, hold, cancel and resume them."),
    "deliver": ("deliveries", "Send everything that is due."),
    "deliveries": ("deliveries", "See deliveries; decide what is in doubt."),
    "ledger": ("deliveries", "Who was given what, when, in which version."),
    "audit": ("audit", "The life of a release, on record for good."),
    "incoming": ("incoming", "Bounces, complaints, unsubscriptions and answers."),
    "privacy": ("privacy", "Erase what is kept no longer."),
    "status": ("newsroom", "The newsroom at a glance."),
    "backup": ("backup", "Put the newsroom into one file, while it runs."),
    "restore": ("backup", "Make a newsroom again from such a file."),
    "doctor": ("newsroom", "Check transport, address, keys and templates."),
    "dkim": ("dkim", "Keys that prove that the mail is yours."),
}

root.catalogue = COMMANDS
main = entry_point(root)
