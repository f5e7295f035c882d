# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential report: asked for, waited for, and read in pages."""

from __future__ import annotations

import base64
import typing as t

from ...cloud.clock import format_time
from ...errors import invalid_parameter, limit_exceeded
from ..rules import found, next_page
from ..service import IMS

if t.TYPE_CHECKING:
    from ..call import Call, Result

# For more users no report can be made. A page can hold them all, and the account itself.
MAX_USERS = 3500
PAGE_SIZES = range(1, MAX_USERS + 2)


@IMS.action("GenerateCredentialReport", on=("*",))
def generate_credential_report(call: Call) -> Result:
    """Begin a report unless one is recent; to call it again is how to wait for it."""
    if len(call.account.users) > MAX_USERS:
        # The code is unconfirmed.
        raise limit_exceeded("CredentialReport.User", MAX_USERS)
    return {"State": call.account.reports.request()}


@IMS.action("GetCredentialReport", optional="NextToken MaxItems", on=("*",))
def get_credential_report(call: Call) -> Result:
    """Return one page of the report that was asked for last."""
    # The code is unconfirmed, before the first report and while one is being made.
    report = found(call.account.reports.finished(), "CredentialReport")
    header, *rows = report.lines
    size = call.number("MaxItems", PAGE_SIZES, default=PAGE_SIZES[-1])
    page, token = next_page(call, "CredentialReport", rows, min(size, call.account.page_size))
    if not page:
        raise invalid_parameter("NextToken", "NextToken belongs to another report.")
    # Unconfirmed: whether each page has the header. Here those have it that begin with an odd
    # line, the first one among them, so that clients meet both.
    lines = [header, *page] if report.lines.index(page[0]) % 2 else page
    result = {
        "Content": base64.b64encode("".join(lines).encode()).decode(),
        "GeneratedTime": format_time(report.generated),
        # A text, unlike elsewhere.
        "IsTruncated": str(bool(token)).lower(),
    }
    return {**result, "NextToken": token} if token else result
