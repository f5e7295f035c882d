# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx renders what antsibull-docs has made of the plugins, the role and the guides.

Nothing is fetched: links into Ansible's own documentation are listed here.
"""

from __future__ import annotations

import typing as t

from docutils import nodes

if t.TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx

project = "keysmith.alibabacloud"
author = "the keysmith.alibabacloud authors"
copyright = f"2026, {author}"  # noqa: A001 - Sphinx reads this name

extensions = ["sphinx_antsibull_ext"]
nitpicky = True
default_role = "any"
# The changelog is empty until the first release.
suppress_warnings = ["toc.no_title"]

html_theme = "furo"
html_title = project
html_copy_source = False
html_show_sphinx = False
html_use_index = False
html_static_path = ["static"]
html_css_files = ["site.css"]
pygments_style = "ansible"
pygments_dark_style = "monokai"

ANSIBLE_DOCS = "https://docs.ansible.com/projects/ansible/latest/"
# The labels that the pages of antsibull-docs use
ANSIBLE_PAGES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


def link_to_ansible(
    _app: Sphinx, _environment: object, reference: pending_xref, shown: nodes.TextElement
) -> nodes.reference | None:
    """Resolve a label of Ansible's own documentation; None leaves any other to be warned of."""
    page = ANSIBLE_PAGES.get(reference["reftarget"])
    if page is None:
        return None
    return nodes.reference("", "", shown, refuri=ANSIBLE_DOCS + page, internal=False)


def setup(app: Sphinx) -> None:
    """Register the links."""
    app.connect("missing-reference", link_to_ansible)
