"""What one request may ask for: the size of its document, its cost, and the rate of its client.

`price` is what a field says of its cost where it is declared; `measure` walks through a document
once, before it is validated; `bounds` says how much is allowed; `formula` is what the walk leaves
of the cost, for the variables of each request; `meter` counts what clients spend; `account` brings
these together for one operation, and `admission` is where the schema asks it.
"""
