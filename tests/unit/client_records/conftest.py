"""Properties are searched without a clock: a busy machine is no counter-example."""

from hypothesis import settings

settings.register_profile("needlepoint", deadline=None)
settings.load_profile("needlepoint")
