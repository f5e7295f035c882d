# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the documentation, and the runner that would tell if one did not work."""

from __future__ import annotations

import ast
import re
import typing as t

import pytest
import yaml
from ansible.playbook.task import Task
from docutils import nodes
from docutils.core import publish_doctree

from .blocks import Block, PageError, read_blocks
from .checks import problems_of
from .examples import plugin_examples
from .reader import CHECKOUT, REPOSITORY, Publication
from .run import GUIDES, check_page, pages, run_page

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAYBOOK = "- hosts: localhost\n  tasks:\n    - ansible.builtin.ping:\n"
FILE = f"<!-- file: site.yml -->\n```yaml\n{PLAYBOOK}```\n\n"
EXCUSE = "<!-- not run: a reason -->\n"
# A page with one mistake, and what is said about it.
MISTAKES = {
    "a block of nothing": ("```\nls\n```\n", "a nameless block that is neither run"),
    "an indented block": ("Text\n\n    ls\n", "a nameless block that is neither run"),
    "values of nowhere": ("```yaml\na: 1\n```\n", "a yaml block that is neither run"),
    "a playbook that nobody runs": (FILE, "no command below it uses site.yml"),
    "a playbook in a command that is not run": (
        f"{FILE}{EXCUSE}```shell\nansible-playbook site.yml\n```\n",
        "no command below it uses site.yml",
    ),
    "no shell": (f"{EXCUSE}```shell\nif true\n```\n", "not valid shell"),
    "no YAML": (f"{EXCUSE}```yaml\na: [\n```\n", "not valid yaml"),
    "no JSON": (f"{EXCUSE}```json\n{{,}}\n```\n", "not valid json"),
    "no Python": (f"{EXCUSE}```python\na =\n```\n", "not valid python"),
    "no playbook": (
        f"{EXCUSE}```yaml\n{PLAYBOOK.replace('tasks', 'task')}```\n",
        "'task' is not a valid attribute",
    ),
}


@pytest.fixture(scope="session")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    """The collection, published and installed."""
    return Publication(tmp_path_factory.mktemp("publication"))


def blocks_of(path: Path, text: str) -> list[Block]:
    """Return the blocks of a page made of the text."""
    path.write_text(text, encoding="utf-8")
    return read_blocks(path, path.name)


def test_readme(publication: Publication) -> None:
    """Every command and playbook of the README works, in its order, in one folder."""
    run_page(check_page("README.md", publication), publication)


def test_plugins(publication: Publication) -> None:
    """Every example in the documentation of a plugin works where what it speaks of is there."""
    run_page(plugin_examples(), publication)


def test_full_names() -> None:
    """The examples of the plugins name each module in full."""
    playbooks = [yaml.safe_load(block.text) for block in plugin_examples() if block.file]
    tasks = [task for [play] in playbooks for task in play["tasks"]]

    modules = {word for task in tasks for word in task if word not in Task.fattributes}

    assert modules
    assert [module for module in modules if module.count(".") != 2] == []


@pytest.mark.parametrize("page", pages())
def test_page(page: str, publication: Publication) -> None:
    """Every block of a page is run, is a file that is used, or says why not and can be read."""
    assert check_page(page, publication) is not None


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake(mistake: str, tmp_path: Path, publication: Publication) -> None:
    """A block that nobody would notice if it did not work is reported with its place."""
    text, expected = MISTAKES[mistake]
    blocks = blocks_of(tmp_path / "page.md", text)

    [problem] = problems_of(blocks, publication.environment(tmp_path))

    assert problem.startswith("page.md:")
    assert expected in problem


def test_failing_command(tmp_path: Path, publication: Publication) -> None:
    """A command that fails ends its page, and its place and output are told."""
    text = "```shell\necho before\n```\n\n```shell\necho why | false\nls nothing\n```\n"
    blocks = blocks_of(tmp_path / "page.md", text)

    with pytest.raises(PageError) as caught:
        run_page(blocks, publication)

    assert str(caught.value) == "page.md:5\n\nended with status 1"


def test_shell_goes_on(tmp_path: Path, publication: Publication) -> None:
    """What one block exports, and the file that another one is, are there in the next."""
    text = (
        "<!-- file: ~/notes/list.txt -->\n```text\n$HOME\n```\n\n"
        "```shell\nexport COLOUR=blue\n```\n\n"
        "```shell\ntest $COLOUR = blue\ntest \"$(cat ~/notes/list.txt)\" = '$HOME'\n```\n"
    )

    run_page(blocks_of(tmp_path / "page.md", text), publication)


def test_hidden_block(tmp_path: Path) -> None:
    """A block where the parser does not see it is no block that is passed over."""
    text = ".. hidden::\n\n   .. code-block:: shell\n\n      ls\n"

    with pytest.raises(PageError, match="can't see it"):
        blocks_of(tmp_path / "page.rst", text)


def test_make() -> None:
    """The pages name all commands of the Makefile that are for people, and no others."""
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    text = "\n".join((CHECKOUT / page).read_text(encoding="utf-8") for page in pages())

    known = re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)
    named = re.findall(r"(?:`|=1 |^ *)make ([a-z ]+?)(?:`| ARGS|$)", text, re.MULTILINE)

    assert set(" ".join(named).split()) == set(known)


def test_messages() -> None:
    """Each message that a guide quotes is one that a plugin can give."""
    guides = [(CHECKOUT / page).read_text(encoding="utf-8") for page in pages() if ".rst" in page]

    quoted = [quote for guide in guides for quote in quotes_of(guide)]
    known = "\n".join(messages())
    unknown = [quote for quote in quoted if not pattern_of(quote).search(known)]

    assert len(quoted) > 60
    assert unknown == []


def test_links() -> None:
    """The README's links work where it is shown without its neighbours, as on Galaxy."""
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    here = f"{REPOSITORY}/blob/main/"

    links = [link for link in re.findall(r"\]\((.+?)\)", text) if not link.startswith("#")]

    assert len(links) > 10
    assert [link for link in links if not link.startswith("https://")] == []
    files = [CHECKOUT / link.removeprefix(here) for link in links if link.startswith(here)]
    assert [file for file in files if not file.exists()] == []


def test_requirements() -> None:
    """What the pages let a reader install is what the collection requires."""
    text = "\n".join((CHECKOUT / page).read_text(encoding="utf-8") for page in pages())
    required = (CHECKOUT / "requirements.txt").read_text(encoding="utf-8").splitlines()

    named = re.findall(r"'(alibabacloud-.+?)'", text)

    assert set(named) == {line for line in required if line.startswith("alibabacloud-")}


def test_variables() -> None:
    """The guide describes each environment variable that tells a task who signs, and where."""
    guide = (CHECKOUT / GUIDES / "environment_guide.rst").read_text(encoding="utf-8")
    paths = (CHECKOUT / "plugins").glob("**/_cloud/*.py")
    code = [path.read_text(encoding="utf-8") for path in paths]

    described = set(re.findall(r"^(?:\.\. envvar::| {10}) +(\w+)$", guide, re.MULTILINE))
    read = set(re.findall(r"\"((?:ALIBABA_CLOUD|ALICLOUD)_\w+)\"", "\n".join(code)))

    assert len(read) > 15
    assert read - described == set()


def quotes_of(guide: str) -> Iterator[str]:
    """Yield the messages that a guide quotes: literals that leave out what differs."""
    settings = {"report_level": 5, "halt_level": 5}
    page = publish_doctree(guide, settings_overrides=settings)
    for literal in page.findall(nodes.literal):
        words = literal.astext().split()
        if len(words) > 1 and any("..." in word for word in words):
            yield " ".join(words)


def messages() -> Iterator[str]:
    """Yield the texts in the code of the plugins, with "..." for what is filled in."""
    for path in sorted((CHECKOUT / "plugins").glob("*_utils/**/*.py")):
        yield from texts_of(path)
    for action in ("ram_keyring", "ram_rotation"):
        yield from texts_of(CHECKOUT / "plugins" / "action" / f"{action}.py")


def texts_of(path: Path) -> Iterator[str]:
    """Yield the texts in one file of code."""
    code = ast.parse(path.read_text(encoding="utf-8"))
    with_docstring = (ast.Module, ast.ClassDef, ast.FunctionDef)
    documented = [node for node in ast.walk(code) if isinstance(node, with_docstring)]
    docstrings = {ast.get_docstring(node, clean=False) for node in documented}
    for node in ast.walk(code):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "..." for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield "" if node.value in docstrings else node.value


def pattern_of(message: str) -> re.Pattern[str]:
    """Return what finds a message of the guide, whose "..." may stand for anything on its line."""
    return re.compile(".*".join(re.escape(part.strip()) for part in message.split("...")))
