"""Work that falls into parts, done on threads here or on other machines."""
