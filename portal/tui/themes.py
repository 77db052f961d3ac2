"""The themes: how each tone looks on which ground. What a colour says is said by a sign or a word too."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.style import Style
from rich.theme import Theme as Styles
from textual.theme import Theme

from portal.tui.present.pieces import Tone
from portal.tui.widgets.paint import style_of


@dataclass(frozen=True, slots=True)
class Look:
    """Grounds and frames for Textual, tones for the pieces of text."""

    theme: Theme
    tones: Mapping[Tone, str]

    @property
    def styles(self) -> Styles:
        """The tones under the names that painted text carries."""
        return Styles({style_of(tone): Style.parse(look) for tone, look in self.tones.items()})


def _tones(good: str, busy: str, warn: str, bad: str, faint: str = "dim") -> Mapping[Tone, str]:
    return {
        Tone.GOOD: good,
        Tone.BUSY: busy,
        Tone.WARN: warn,
        Tone.BAD: f"bold {bad}",
        Tone.FAINT: faint,
        Tone.STRONG: "bold",
        Tone.TEXT: "",
    }


_DARK = Theme(
    "dark",
    primary="#4f9dde",
    secondary="#2c5f8a",
    accent="#ffa62b",
    warning="#ffb454",
    error="#ff6b6b",
    success="#8fd64a",
    foreground="#dfe3e8",
    background="#12161c",
    surface="#1a2028",
    panel="#242c37",
)
_LIGHT = Theme(
    "light",
    primary="#1f5fa8",
    secondary="#7a9cc4",
    accent="#9a4d00",
    warning="#e0a030",
    error="#b3261e",
    success="#2f7d12",
    foreground="#1c2126",
    background="#fbfbf8",
    surface="#f0f0ea",
    panel="#e2e3da",
    dark=False,
)
_CONTRAST = Theme(
    "high-contrast",
    primary="#00d7ff",
    secondary="#ffffff",
    accent="#ffff00",
    warning="#ffff00",
    error="#ff5f5f",
    success="#00ff5f",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    text_alpha=1.0,
)
_SAFE = Theme(
    "colour-blind",
    primary="#56b4e9",
    secondary="#0072b2",
    accent="#f0e442",
    warning="#e69f00",
    error="#d55e00",
    success="#56b4e9",
    foreground="#e6e6e6",
    background="#14161a",
    surface="#1d2026",
    panel="#292d35",
)
# The colour-blind theme takes its hues from Okabe and Ito's palette, which all common forms tell apart.
LOOKS: Mapping[str, Look] = {
    look.theme.name: look
    for look in (
        Look(_DARK, _tones("#8fd64a", "#58c7e8", "#ffc04d", "#ff6b6b")),
        Look(_LIGHT, _tones("#2f7d12", "#0b6a8f", "#8a5a00", "#b3261e", "#5f6670")),
        Look(_CONTRAST, _tones("#00ff5f", "#00d7ff", "#ffff00", "#ff5f5f", "#d0d0d0")),
        Look(_SAFE, _tones("#56b4e9", "#cc9ad0", "#f0e442", "#ff8a3c")),
    )
}
FIRST = _DARK.name
