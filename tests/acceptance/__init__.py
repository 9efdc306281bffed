"""Tests against real sockets, servers and tools."""
