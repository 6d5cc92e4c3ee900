"""Mail: templates, the two parts of a message, its signature, SMTP, and what comes back."""
