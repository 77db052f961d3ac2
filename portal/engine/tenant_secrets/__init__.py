"""The secrets of one tenant: what stands where, whether both sides agree, what changed when, and one shown.

Only comparing, pushing and revealing read values; each is written down in the audit trail before it does.
Nothing here tells a value's length, or a digest that outlives the run.
"""

from portal.engine.tenant_secrets.agreement import compare
from portal.engine.tenant_secrets.listing import Drift, Held, history, overview
from portal.engine.tenant_secrets.pushing import Pushed, push
from portal.engine.tenant_secrets.revealing import Revealed, reveal

__all__ = ["Drift", "Held", "Pushed", "Revealed", "compare", "history", "overview", "push", "reveal"]
