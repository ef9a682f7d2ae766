"""The sheets of the workbook, one a file; `reports.workbook` puts them together."""
