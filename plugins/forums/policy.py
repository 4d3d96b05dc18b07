"""What a tenant has configured about its forum."""

from functools import lru_cache

from parlour import current, posts


@lru_cache(maxsize=512)
def read(settings):
    """Read a tenant's settings of one version."""
    return posts.rules(settings.features["forums"].settings)


def policy():
    """Give what the tenant at hand has configured."""
    return read(current().settings)
