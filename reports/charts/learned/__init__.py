"""Charts of a learned model, one file each, with ``TITLE``, ``frame``, ``draw`` and ``describe``."""
