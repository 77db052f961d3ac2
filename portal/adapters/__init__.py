"""One home per outside system, translating its SDK and its errors into ports and `portal.errors`.

Adapters do not know each other and draw nothing. SDKs are imported inside the functions that first need them.
"""
