"""Speed and memory, as ratios against a reference that is measured in the same run.

``make bench`` runs every module here that has a ``run()``; ``make bench ARGS="start intake"`` only those.
Nothing here is a test: this machine's figures do not travel, the ratios do.
"""
