"""The line at the top that says where one is."""

from textual.widgets import Static


class Banner(Static):
    """In a rehearsal it is unmistakable, in words and not only in colour."""

    def __init__(self, text: str) -> None:
        super().__init__(text, markup=False)
        self.set_class(text.startswith("REHEARSAL"), "rehearsal")
