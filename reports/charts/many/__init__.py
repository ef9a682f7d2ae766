"""Charts of several runs side by side, one file each, with ``TITLE``, ``frame``, ``draw`` and ``describe``."""
