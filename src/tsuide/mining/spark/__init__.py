"""The same relations from the same definitions on Apache Spark, for orders beyond one machine: see docs/scale.md.

Spark counts; scores, tests, priors and curves are those of the local models, called on the counts.
"""
