"""Tools for shopping and sales agents over the Model Context Protocol; needs the extra ``tsuide[mcp]``.

The same `decide`, policy and ledger as every other door, with the placement ``agent``.
"""
