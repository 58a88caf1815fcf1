# The toy, trained as MMagic's networks are.
_base_ = '../../configs/mixed/rrdbnet_x4.py'

custom_imports = dict(imports=['toy_family.family'])
model = dict(generator=dict(_delete_=True, type='ToyNet', width=8))
