"""A made-up Chinese shop whose truth is known: persons, purchase rates, drop-out, planted effects.

Belongs here: everything that invents data. Does not belong here: anything that reads or judges data, and any
rule that the warehouse applies. The only entry is `simulator.shop.simulate`.
"""
