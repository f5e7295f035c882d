# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the RETURN texts that several plugins share into each of them, between two comments.

Fragments of RETURN exist from ansible-core 2.20 on only. A plugin takes a text by the lines
`# shared: NAME` and `# end of shared: NAME`; what is between them comes from returns/NAME.yml.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXTS = Path(__file__).with_name("returns")
SHARED = re.compile(r"^# shared: (\w+)\n(.*?)^# end of shared: \1\n", re.DOTALL | re.MULTILINE)


def text_of(name: str) -> str:
    """Return a shared text without the licence."""
    _licence, text = (TEXTS / f"{name}.yml").read_text(encoding="utf-8").split("\n---\n", 1)
    return text


def with_shared_texts(source: str) -> str:
    """Return the source of a plugin with the shared texts as they are now."""
    return SHARED.sub(
        lambda found: f"# shared: {found[1]}\n{text_of(found[1])}# end of shared: {found[1]}\n",
        source,
    )


def plugins() -> list[Path]:
    """Return the files that may take shared texts."""
    return sorted((ROOT / "plugins" / "modules").glob("*.py"))


def main() -> None:
    """Bring every plugin up to date, and name those that changed."""
    for file in plugins():
        source = file.read_text(encoding="utf-8")
        wanted = with_shared_texts(source)
        if wanted != source:
            file.write_text(wanted, encoding="utf-8")
            print(f"Updated {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
