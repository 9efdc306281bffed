"""How hard a transport may press: connections, rate, rotation, patience. Plain data, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait in each phase. The defaults are the minima of RFC 5321 §4.5.3.2 where it names one."""

    connect: float = 30.0  # TCP, and again the TLS handshake
    greeting: float = 300.0  # §4.5.3.2.1 initial 220
    command: float = 300.0  # §4.5.3.2.2–3 MAIL, RCPT; also EHLO, STARTTLS, AUTH, RSET
    data: float = 120.0  # §4.5.3.2.4 DATA until its 354
    content: float = 180.0  # §4.5.3.2.5 the network takes none of the content
    reply: float = 600.0  # §4.5.3.2.6 the reply after the final dot
    quit: float = 2.0  # courtesy only: the connection is closed anyway

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise ValueError(f"the {name} timeout must be more than 0 seconds")


@dataclass(frozen=True, slots=True)
class Limits:
    """What the other side is asked to bear. Times in seconds."""

    connections: int = 10
    rate: float = 0.0  # messages per second over all connections; 0 = as fast as it goes
    messages_per_connection: int = 500  # then QUIT and dial again; 0 = no limit
    connection_age: float = 300.0  # then QUIT and dial again; 0 = no limit
    breaker_first: float = 1.0  # pause after the first failed connection …
    breaker_longest: float = 300.0  # … doubling up to this one
    timeouts: Timeouts = field(default_factory=Timeouts)

    def __post_init__(self) -> None:
        if self.connections < 1:
            raise ValueError("at least one connection is needed")
        if self.rate < 0 or self.messages_per_connection < 0 or self.connection_age < 0:
            raise ValueError("rate, messages per connection and connection age cannot be negative")
        if not 0 < self.breaker_first <= self.breaker_longest:
            raise ValueError("the breaker's first pause must be more than 0 and at most its longest")
