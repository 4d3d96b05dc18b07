"""What stands in braces in the matrix of one plugin: a file for each, with its MAKERS and NOBODYS."""
