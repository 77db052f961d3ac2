"""The Textual front end.

Widgets place what `present` computed; screens reach the outside only by injection.
"""

import os

# Textual draws on a beat: what a key does waits half as long for it as with its usual 60 a second. Views come
# ten times a second at most, so that nothing is drawn more often.
os.environ.setdefault("TEXTUAL_FPS", "120")
