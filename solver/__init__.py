"""One instance in, one proven plan out; knows no files and no scenarios."""
