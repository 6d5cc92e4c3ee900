"""Benches: each measures one budget of docs/benchmarks.md beside a named peer."""
