"""AWS: Parameter Store and its permissions, in front of moto or LocalStack.

`moto.running` and `localstack.running` give the address of the server behind; `parameters` puts AWS's rules
in front of it, `access` says who may do what. Nobody else speaks to the server behind.
"""
