# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx renders what antsibull-docs has made of the plugins, the role and the guides.

Nothing is fetched: links into Ansible's own documentation are listed here. The guides must read
well without what is done here, as docs.ansible.com and GitHub show them too.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.addnodes import pending_xref

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

project = "keysmith.alibabacloud"
author = "the keysmith.alibabacloud authors"
copyright = f"2026, {author}"  # noqa: A001 - Sphinx reads this name

extensions = ["sphinx_antsibull_ext", "sphinx_copybutton", "sphinx_togglebutton"]
LANDING_PAGE = "docsite/start_here"
# The index shows the landing page; the list of variables knows none of those that modules read;
# a filter with an underscore is for the role alone.
exclude_patterns = [f"{LANDING_PAGE}.rst", "environment_variables.rst", "_*_filter.rst"]
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
# What is only read has no button.
copybutton_selector = "div:not(.highlight-text) > div.highlight > pre"
pygments_style = "ansible"
pygments_dark_style = "monokai"

OUR_VARIABLES = ("ALIBABA_CLOUD_", "ALICLOUD_")
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


def show_landing_page(app: Sphinx, page: str, source: list[str]) -> None:
    """Let the index be the landing page, and order the navigation beside each page."""
    if page == app.config.root_doc:
        landing_page = Path(app.srcdir, f"{LANDING_PAGE}.rst").read_text(encoding="utf-8")
        pictures = landing_page.replace(":: ../images/", ":: images/")
        source[0] = "\n".join([pictures, *navigation(Path(app.confdir, "docsite/extra-docs.yml"))])


def navigation(listing: Path) -> Iterator[str]:
    """Yield the groups of the navigation: those of the guides as listed, then the reference."""
    for section in yaml.safe_load(listing.read_text(encoding="utf-8"))["sections"]:
        pages = [f"docsite/{guide}" for guide in section["toctree"]]
        yield from group(section["title"], [page for page in pages if page != LANDING_PAGE])
    yield from group("Role, lookup and filter", ["*_role", "*_lookup", "*_filter"])
    yield from group("Modules", ["*_module"])
    yield from group("Releases", ["changelog"])


def group(title: str, pages: list[str]) -> list[str]:
    """Return one group of the navigation, whose pages may be patterns."""
    options = [f"   :caption: {title}", "   :hidden:", "   :glob:"]
    return ["", ".. toctree::", *options, "", *(f"   {page}" for page in pages), ""]


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


def link_variables(_app: Sphinx, page: nodes.document) -> None:
    """Link each variable that a plugin's page names to what the guide says about it."""
    for variable in list(page.findall(nodes.literal)):
        if "std-envvar" in variable["classes"] and variable.astext().startswith(OUR_VARIABLES):
            kind = {"refdomain": "std", "reftype": "envvar", "refexplicit": True, "refwarn": True}
            link = pending_xref("", reftarget=variable.astext(), **kind)
            variable.replace_self(link)
            link.append(variable)


def anchor_messages(app: Sphinx, page: nodes.document) -> None:
    """Give each message of the page that explains them an address of its own, and show it."""
    if app.env.docname != "docsite/troubleshooting_guide":
        return
    for message in list(page.findall(nodes.term)):
        words = nodes.make_id(message.astext())
        message["ids"] = [nodes.make_id(f"message-{words}")]
        page.note_explicit_target(message, message)
        link = nodes.reference("", "#", refid=message["ids"][0], classes=["headerlink"])
        message.append(link)


def setup(app: Sphinx) -> None:
    """Register what is done to the pages; Sphinx collects their titles at priority 500."""
    app.connect("source-read", show_landing_page)
    app.connect("missing-reference", link_to_ansible)
    app.connect("doctree-read", drop_contents, 400)
    app.connect("doctree-read", link_variables, 400)
    app.connect("doctree-read", anchor_messages, 400)
    app.connect("doctree-read", name_page, 400)
    app.connect("doctree-read", shorten_navigation, 600)
