"""The cache of a rehearsal: Valkey, standing in for Dragonfly, and the front that clients of it meet.

Says which binary to run and with what; starting it is its caller's part. A password reaches the server by
its standard input, never by its arguments or its environment. Everything is in memory and ends with it.
"""
