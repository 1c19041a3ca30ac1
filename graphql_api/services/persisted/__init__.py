"""Documents that clients name instead of sending.

An id stands for one text for ever: what a client of last year's release asks for is what its
authors wrote. *Trusted* documents come with a manifest, by an operator's hand; *automatic* ones
with a request, under the SHA-256 of their text and nothing else.
"""
