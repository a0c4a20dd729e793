"""The maths: small pure torch functions with shapes; specs of losses, activations, datasets, networks that can be called.

May import ``core``. No Qt, no files but data sets, no global state: device, dtype and generator come from the arguments.
"""
