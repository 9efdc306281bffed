"""The one SQLite file that holds a newsroom: one method, one named query.

``Store`` opens the file (and brings it to the current schema), and groups the methods by noun.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from pressfeed.store.absences import AbsenceStore
from pressfeed.store.accreditations import AccreditationStore
from pressfeed.store.agenda import AgendaStore
from pressfeed.store.audit import AuditStore
from pressfeed.store.connection import Connection
from pressfeed.store.deliveries import DeliveryStore
from pressfeed.store.documents import DocumentStore
from pressfeed.store.editions import EditionStore
from pressfeed.store.incidents import IncidentStore
from pressfeed.store.incoming import IncomingStore
from pressfeed.store.ledger import LedgerStore
from pressfeed.store.letters import LetterStore
from pressfeed.store.notices import NoticeStore
from pressfeed.store.outputs import OutputStore
from pressfeed.store.privacy import PrivacyStore
from pressfeed.store.releases import ReleaseStore
from pressfeed.store.revisions import RevisionStore
from pressfeed.store.search import SearchStore
from pressfeed.store.signups import SignUpStore
from pressfeed.store.subscribers import SubscriberStore
from pressfeed.store.websub import WebSubStore


class Store:
    """A newsroom's store. Bound to the thread that opened it, or, with ``any_thread``, used by one at a time;
    several processes may have it open.

    Raises StoreError where the file is missing (unless ``create``), locked, damaged or of a newer pressfeed.
    """

    def __init__(self, path: Path, *, create: bool = False, any_thread: bool = False) -> None:
        self._connection = Connection(path, create=create, any_thread=any_thread)
        self.newsroom: str = self._connection.value("setting", {"name": "newsroom"})
        self.secret = bytes.fromhex(self._connection.value("setting", {"name": "secret"}))
        self.audit = AuditStore(self._connection)
        self.search = SearchStore(self._connection)
        self.releases = ReleaseStore(self._connection, self.audit, self.search)
        self.documents = DocumentStore(self._connection)
        self.subscribers = SubscriberStore(self._connection, self.secret)
        self.signups = SignUpStore(self._connection, self.secret)
        self.letters = LetterStore(self._connection)
        self.accreditations = AccreditationStore(self._connection, self.audit)
        self.editions = EditionStore(self._connection, self.audit)
        self.notices = NoticeStore(self._connection, self.audit)
        self.absences = AbsenceStore(self._connection, self.editions)
        self.revisions = RevisionStore(self._connection, self.editions, self.audit)
        self.deliveries = DeliveryStore(self._connection)
        self.ledger = LedgerStore(self._connection)
        self.agenda = AgendaStore(self._connection)
        self.incidents = IncidentStore(self._connection)
        self.incoming = IncomingStore(self._connection, self.secret)
        self.privacy = PrivacyStore(self._connection)
        self.websub = WebSubStore(self._connection)
        self.outputs = OutputStore(self._connection, self.releases, self.audit)
        self.search.catch_up()

    def transaction(
        self, *, durable: bool = False, rehearsal: bool = False, patient: bool = True
    ) -> AbstractContextManager[None]:
        """All or nothing; see ``Connection.transaction``."""
        return self._connection.transaction(durable=durable, rehearsal=rehearsal, patient=patient)

    def snapshot(self) -> AbstractContextManager[None]:
        """What is read inside is of one moment; see ``Connection.snapshot``."""
        return self._connection.snapshot()

    def savepoint(self) -> AbstractContextManager[None]:
        """A part of a transaction; see ``Connection.savepoint``."""
        return self._connection.savepoint()

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
