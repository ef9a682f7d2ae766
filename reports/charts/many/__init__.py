"""Charts of several runs, or of what was asked of one; one file each: ``TITLE``, ``frame``, ``draw``, ``describe``."""
