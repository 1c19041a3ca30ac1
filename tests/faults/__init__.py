"""What happens when something fails: campaigns against the real server, each with its figures.

`python -m tests.faults` runs them in full; the tests beside them run each in a short form.
"""
