# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: attack the keyring for a while, and tell what came of it."""

from __future__ import annotations

import argparse
import itertools
import json
import secrets
import shlex
import sys
import tempfile
import threading
import time
import typing as t
from dataclasses import asdict
from pathlib import Path

from .lanes import play_all
from .plan import Plan, Wanted, labels_for
from .report import scenario_rows, step_rows, table
from .rotation import play as rotation
from .sabotage import SABOTAGES, play_sabotages
from .scripts import LAYOUTS, SHORT, read_label
from .site import COLLECTION, make_tree
from .tally import Tally

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from .rounds import Outcome

FULL = Wanted(kills=700, faults=2000, rivals=20, scenes=10)
NOTHING = Wanted(kills=0, faults=0, rivals=0, scenes=0)
MINUTE = 60
PROGRESS_EVERY = 20


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the options of the command line, checked."""
    parser = argparse.ArgumentParser(
        prog="chaos", description="Kill, break and race runs of the keyring; see that all is well."
    )
    parser.add_argument("--seed", type=int, default=None, help="chance; random without it")
    parser.add_argument("--short", action="store_true", help="a taste of everything, and no more")
    parser.add_argument("--kills", type=int, help="at least so many, at steps and at random")
    parser.add_argument("--faults", type=int, help="at least so many requests that go wrong")
    parser.add_argument("--rivals", type=int, help="so many rounds of several runs at a time")
    parser.add_argument("--scenes", type=int, help="so many rounds of each other scenario")
    parser.add_argument("--layout", choices=LAYOUTS, help="only this one")
    parser.add_argument("--lanes", type=int, default=2, help="rounds side by side")
    parser.add_argument("--minutes", type=float, default=30, help="no round begins after that")
    parser.add_argument("--scenario", metavar="LABEL", help="play this round and no other")
    parser.add_argument("--times", type=int, default=1, help="how often to play --scenario")
    parser.add_argument(
        "--collection", type=Path, default=COLLECTION, help="attack this copy of the collection"
    )
    parser.add_argument(
        "--sabotage",
        nargs="?",
        const="",
        metavar="WORDS",
        help="take out one rule after the other, or those with these words; is the damage found?",
    )
    parser.add_argument("--json", type=Path, help="write the outcome there, too")
    parser.add_argument("--keep", type=Path, help="leave the folders of failed rounds there")
    parser.add_argument(
        "--rotation", action="store_true", help="play a year of rotation instead; see --short"
    )
    options = parser.parse_args(arguments)
    if options.scenario:
        try:
            read_label(options.scenario)
        except ValueError as error:
            parser.error(str(error))
    if options.seed is None:
        options.seed = secrets.randbelow(10**6)
    return options


def wanted_by(options: argparse.Namespace) -> Wanted:
    """Return how much of everything the options ask for."""
    if options.scenario or options.short:
        return NOTHING
    return Wanted(
        kills=FULL.kills if options.kills is None else options.kills,
        faults=FULL.faults if options.faults is None else options.faults,
        rivals=FULL.rivals if options.rivals is None else options.rivals,
        scenes=FULL.scenes if options.scenes is None else options.scenes,
    )


def say(*lines: str) -> None:
    """Print lines at once."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


class Chronicle:
    """Tells of rounds as they end."""

    def __init__(self, tally: Tally, options: argparse.Namespace) -> None:
        self._tally = tally
        self._options = options
        self._lock = threading.Lock()

    def tell(self, outcome: Outcome) -> None:
        """Take in a round; say what is wrong with it, and now and then how far things are."""
        with self._lock:
            self._tally.outcomes.append(outcome)
            if outcome.problems:
                seed, label = self._options.seed, shlex.quote(outcome.label)
                say(f"FAILED: --seed {seed} --scenario {label}")
                say(*(f"  {problem.kind}: {problem.text}" for problem in outcome.problems))
            rounds = len(self._tally.outcomes)
            if rounds % PROGRESS_EVERY == 0:
                kills, faults = self._tally.kills.total(), self._tally.faults
                say(f"{rounds} rounds: {kills} kills, {faults} faults")


def labels_of(options: argparse.Namespace, wanted: Wanted, tally: Tally) -> Iterator[str]:
    """Return what to play, one after the other."""
    if options.scenario:
        return itertools.repeat(options.scenario, options.times)
    if options.short:
        return iter(SHORT)
    layouts = [options.layout] if options.layout else LAYOUTS
    return labels_for(wanted, tally, layouts, options.seed)


def attack(options: argparse.Namespace, wanted: Wanted, tally: Tally, scratch: Path) -> None:
    """Play the rounds that are wanted."""
    play_all(
        Plan(labels_of(options, wanted, tally), options.minutes * MINUTE),
        lanes=options.lanes,
        seed=options.seed,
        folder=options.keep or scratch,
        tree=make_tree(scratch / "tree", options.collection.resolve()),
        tell=Chronicle(tally, options).tell,
    )


def report(options: argparse.Namespace, tally: Tally, missing: list[str], seconds: int) -> None:
    """Tell what came of all rounds."""
    rows = {"scenarios": scenario_rows(tally.outcomes), "steps": step_rows(tally)}
    say("", *table(rows["scenarios"]), "", *table(rows["steps"]), "")
    say(f"{seconds} s with {options.lanes} lanes, seed {options.seed}")
    say(*(f"Too little: {text}" for text in missing))
    if options.json:
        outcome = {
            "seed": options.seed,
            "seconds": seconds,
            **rows,
            "missing": missing,
            "failures": [asdict(failure) for failure in tally.failures],
        }
        options.json.write_text(f"{json.dumps(outcome, indent=2)}\n", encoding="utf-8")


def sabotage(words: str, seed: int) -> None:
    """Attack copies that each lack a rule, report, and fail if one of them seems to be well."""
    names = [name for name in SABOTAGES if words in name]
    say(f"Seed {seed}")
    with tempfile.TemporaryDirectory(prefix="keysmith-chaos-") as scratch:
        rows = play_sabotages(names, Path(scratch), seed)
    say("", *table(rows))
    if not rows or not all(row["is found"] for row in rows):
        sys.exit("Some rules can be broken without being noticed")


def rotate(seed: int, *, is_short: bool) -> None:
    """Play a year of rotation and years without a rule; fail unless only the latter go wrong."""
    say(f"Seed {seed}")
    with tempfile.TemporaryDirectory(prefix="keysmith-chaos-") as scratch:
        year = rotation.play(seed, rotation.SHORT if is_short else rotation.FULL, Path(scratch))
        say("", *table(rotation.rows_of(year)), *year.problems)
        broken = {
            rule: rotation.problems_without(rule, seed, rotation.SHORT, Path(scratch))
            for rule in rotation.SABOTAGES
        }
    say("", *table([{"without": name, "problems": found} for name, found in broken.items()]))
    if year.problems or not all(broken.values()):
        sys.exit("A year went wrong, or a rule can be broken without being noticed")


def main() -> None:
    """Attack, report, and fail if anything is wrong or too little was done."""
    options = parse_arguments()
    if options.rotation:
        rotate(options.seed, is_short=options.short)
        return
    if options.sabotage is not None:
        sabotage(options.sabotage, options.seed)
        return
    wanted, tally, start = wanted_by(options), Tally(), time.monotonic()
    say(f"Seed {options.seed}")
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="keysmith-chaos-") as scratch:
            attack(options, wanted, tally, Path(scratch))
    finally:
        missing = wanted.missing_in(tally)
        report(options, tally, missing, round(time.monotonic() - start))
    if tally.failures or missing:
        sys.exit(f"{len(tally.failures)} of {len(tally.outcomes)} rounds failed")


if __name__ == "__main__":
    main()
