"""How it looks and reads: language, addresses, theme, named templates for one person."""
