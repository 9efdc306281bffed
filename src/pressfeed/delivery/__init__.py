"""The wire: how a finished message leaves the house, and the sender that keeps the ledger true."""
