"""From a plan to a journal: scheduling, limits, retries, resuming."""

from evalspec.runner.execution import Outcome, execute
from evalspec.runner.ports import Captured, Progress, ProgressSink, SpanCapture
from evalspec.runner.stopping import StopSignal

__all__ = ["Captured", "Outcome", "Progress", "ProgressSink", "SpanCapture", "StopSignal", "execute"]
