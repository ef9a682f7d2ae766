"""What people look at: figures, charts, pages and the terminal."""
