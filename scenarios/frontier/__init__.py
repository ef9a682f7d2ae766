"""The trade-off between two terms or figures, as a proven curve."""
