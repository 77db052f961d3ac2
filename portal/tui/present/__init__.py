"""View-models of the screens: pure functions from verdicts to the words, signs and tones drawn.

No I/O, no clock, no Textual. Text from outside is made harmless here, once, for every widget; whether a
cell may be green is decided here too.
"""
