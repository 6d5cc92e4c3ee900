"""What another policy would have earned, from what this one recorded; or a refusal where the log cannot tell."""
