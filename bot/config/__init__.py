"""The config: config.yaml and the environment become one frozen value, or a list of everything that is wrong."""

from bot.config.load import environment, load
from bot.config.problems import ConfigError, Problem
from bot.config.values import Config, Settings, SlackConfig, SourceConfig, WorkbenchConfig

__all__ = [
    "Config",
    "ConfigError",
    "Problem",
    "Settings",
    "SlackConfig",
    "SourceConfig",
    "WorkbenchConfig",
    "environment",
    "load",
]
