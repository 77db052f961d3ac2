"""One module a command: `configure(parser)` declares its arguments, `run(call)` does it."""
