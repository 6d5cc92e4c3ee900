"""What to propose, and what never: the only place where a score meets a rule.

The face of the room::

    build_state(parts, products, relations, *, snapshot_id, sequence) -> State           offers.state
        parts: name → Fitted, as `open_snapshot(...).parts` gives them; products, relations: frames of facts
    State.with_products(changed_products, *, sequence) -> State
    load_policy(text, *, name="policy") -> Policy      ready_policy("standard") -> Policy  offers.policy.load
    decide(request, state, customer, policy, *, now, seed) -> Decision                   offers.decide
    Decision.to_json() / Decision.from_json(text)                                        offers.decision
    trace(decision, state, policy) -> Trace; reasons_told(offer, language, state)        offers.explain
    replay(decision, state, policy) -> Decision                                          offers.decide

`seed` is 64 bits of entropy drawn by the interface; the decision's id is made of `now` and `seed`.
"""
