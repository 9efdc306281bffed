"""pressfeed's tests."""
