"""The command line: parses, calls the engine through bootstrap, prints. One writer per stream."""
