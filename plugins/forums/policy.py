"""What a tenant has configured about its forum."""

from parlour import current, posts


def read(settings):
    """Read a tenant's settings of one version."""
    return posts.rules(settings.features["forums"].settings)


def policy():
    """Give what the tenant at hand has configured."""
    return current().settings.once(read)
