"""What people answered in the workbook, read back."""
