"""What stands in braces in the matrix of one plugin: a file per plugin, with MAKERS and NOBODYS as in support/contract.py."""
