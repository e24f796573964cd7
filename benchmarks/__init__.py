"""Measurements of Runmeter beside the floors that they are held against; see `__main__`."""
