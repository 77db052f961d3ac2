"""Parameter Store and object storage: moto in a child process of the world.

`moto.running` gives the address of the child. Rules of Parameter Store that moto does not enforce belong in
an ASGI layer of this package, between the gateway and that address; nobody else speaks to the child.
"""
