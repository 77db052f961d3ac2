"""`python -m tests.bench.shown.empty`: an application that shows one word, the floor of every other."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Empty(App[None]):
    """Nothing but Textual."""

    def compose(self) -> ComposeResult:
        yield Static("READY")


if __name__ == "__main__":
    Empty().run()
