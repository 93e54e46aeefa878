"""The codes that run exported models, driven side by side along one programme of strain increments."""

from microtann.hosts.host_comparison import HostComparison, compare_hosts

__all__ = ["HostComparison", "compare_hosts"]
