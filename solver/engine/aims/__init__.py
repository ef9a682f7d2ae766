"""Aims one after another, and floors that a plan has to keep."""
