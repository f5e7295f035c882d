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


def drop_contents(_app: Sphinx, page: nodes.document) -> None:
    """Remove the list of a page's sections: furo shows one beside the page, and dislikes two."""
    for topic in list(page.findall(nodes.topic)):
        if "contents" in topic["classes"]:
            topic.parent.remove(topic)


def put_changelog_last(_app: Sphinx, page: nodes.document) -> None:
    """Begin the index, and with it the navigation, with the guides."""
    for section in list(page.findall(nodes.section)):
        if "changelog" in section["ids"]:
            siblings = t.cast("nodes.Element", section.parent)
            siblings.remove(section)
            siblings.append(section)


def name_page(_app: Sphinx, page: nodes.document) -> None:
    """Let the title begin with the name that tells one page from the other."""
    for title in list(page.findall(nodes.title))[:1]:
        for text in list(title.findall(nodes.Text)):
            named = text.removeprefix(f"{project}.").replace(project.title(), project)
            title.replace(text, nodes.Text(named))


def shorten_navigation(app: Sphinx, _page: nodes.document) -> None:
    """List a plugin by its name alone; what it is for stands in its own title and on the index."""
    for entry in list(app.env.tocs[app.env.docname].findall(nodes.reference))[:1]:
        name, dash, _purpose = entry.astext().partition(" \N{EN DASH} ")
        if dash:
            entry.children = [nodes.Text(name)]


def setup(app: Sphinx) -> None:
    """Register what is done to the pages; Sphinx collects their titles at priority 500."""
    app.connect("missing-reference", link_to_ansible)
    app.connect("doctree-read", drop_contents, 400)
    app.connect("doctree-read", put_changelog_last, 400)
    app.connect("doctree-read", name_page, 400)
    app.connect("doctree-read", shorten_navigation, 600)
