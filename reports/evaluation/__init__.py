"""A plan held against what happened, as page, slides, workbook and charts: what they say is in `said`, once."""
