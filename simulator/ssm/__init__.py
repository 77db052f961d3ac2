"""Parameter Store and object storage: moto in a child process of the world, or LocalStack in a container.

`moto.running` and `localstack.running` give an address. What the two do otherwise than AWS belongs in an ASGI
layer of this package, between the gateway and that address; nobody else speaks to them.
"""
