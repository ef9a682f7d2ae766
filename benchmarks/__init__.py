"""Measurements that anyone can repeat: ``make bench``, or one module at a time."""
