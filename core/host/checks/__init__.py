"""The rules of the host for plugins: one code each, checked by reading the plugin and by using it."""
