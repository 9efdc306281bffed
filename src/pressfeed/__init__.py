"""pressfeed: press releases in one store; regional feeds and e-mail bulletins out."""

__version__ = "0.1.0"
