"""Where the cache server of a rehearsal comes from: Valkey, standing in for Dragonfly.

Says which binary to run and with what; starting it is its caller's part. A password reaches the server by
its standard input, never by its arguments or its environment.
"""
