"""The process that hands one message to apprise. Its exit code is its answer.

What it prints is read by nobody, since apprise may print addresses.
"""

import json
import sys

NOT_TAKEN = 3
UNKNOWN_ADDRESS = 4


def main() -> int:
    """Send what standard input says."""
    import apprise

    asked = json.load(sys.stdin)
    service = apprise.Apprise(asset=apprise.AppriseAsset(app_id="Runmeter", async_mode=False))
    if not service.add(asked.pop("url")):
        return UNKNOWN_ADDRESS
    return 0 if service.notify(body_format="text", **asked) else NOT_TAKEN


if __name__ == "__main__":
    sys.exit(main())
