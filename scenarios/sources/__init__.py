"""Data in: CSV, XLSX, Parquet and SQL become checked tables; `spec` is what a plan may say, `load.load` reads it."""
