"""The process that hands one message to apprise. Its exit code is its answer.

What it prints is read by nobody, since apprise may print addresses. Files go along where the
service takes any.
"""

import base64
import json
import sys

NOT_TAKEN = 3
UNKNOWN_ADDRESS = 4


def main() -> int:
    """Send what standard input says."""
    import apprise
    from apprise.attachment.memory import AttachMemory

    asked = json.load(sys.stdin)
    service = apprise.Apprise(asset=apprise.AppriseAsset(app_id="Runmeter", async_mode=False))
    if not service.add(asked.pop("url")):
        return UNKNOWN_ADDRESS
    files = apprise.AppriseAttachment()
    for name, media_type, content in asked.pop("files"):
        found = base64.b64decode(content)
        files.add(AttachMemory(found, name, media_type))  # type: ignore[no-untyped-call]
    taken = service.notify(body_format="text", attach=files if len(files) else None, **asked)
    return 0 if taken else NOT_TAKEN


if __name__ == "__main__":
    sys.exit(main())
