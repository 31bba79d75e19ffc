"""The one place where the plugin's version stands; it is the service's version too."""

__version__ = "0.1.0"
