"""Reports: figures as plain frozen records, rendered into one page that needs nothing but a browser."""
