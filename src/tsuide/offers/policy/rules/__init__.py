"""One rule per file: a face (`RULE`) and a pure predicate (`refuses`). `chain` holds their order."""
