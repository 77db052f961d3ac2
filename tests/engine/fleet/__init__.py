"""The fleet's use cases against plain ports and a clock that stands still."""
