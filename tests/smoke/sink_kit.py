# SPDX-License-Identifier: BSD-3-Clause
"""What tests of sinks share: a gateway beside the built-in profile, how each thing ends, and the time of a row."""
import re
from datetime import datetime, timezone

from smoke_kit import asked, wait_for

ENDS = ("acked", "already", "conflated", "dropped", "dead", "kept", "left", "waiting")
GATEWAY = """[lcore gateway0]
stage = gateway
idle = sleep
[link bars_gateway]
from = ingest0
to = gateway0
[link fires_gateway]
from = signal0
to = gateway0
"""


def health_says(run, path, why):
    """Whether health had a text that matches why while it ran, and what it said last."""
    said = []
    wait_for(lambda: said.append(str(asked(path, "/wirebar/health"))) or run.poll() is not None or re.search(why, said[-1]))
    return run.poll() is None, (why, said[-3:])


def ns(iso):
    """The CSV's time of a row."""
    whole, _, part = iso.rstrip("Z").partition(".")
    return int(datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp()) * 10**9 + int(part.ljust(9, "0") or 0)
