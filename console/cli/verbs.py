"""Every verb with its one-line description and where it is implemented; the only list of verbs there is.

Implementations are named, not imported: `detente --help` and the start of every verb must not pay for the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Verb:
    """`path` is what people type (`feeds check`), `target` is `module:function`."""

    path: str
    summary: str
    target: str

    @property
    def group(self) -> str:
        """The first word where the verb has two, else ""."""
        first, _, second = self.path.partition(" ")
        return first if second else ""

    @property
    def name(self) -> str:
        """The last word."""
        return self.path.rpartition(" ")[2]


VERBS: Final = (
    Verb("run", "The whole pipeline on this machine: feeds to alerts and pages.", "console.cli.run:run"),
    Verb("extract", "Signals of the given articles, as JSON Lines; touches no store.", "console.cli.extract:extract"),
    Verb(
        "classify", "Type, mode, factuality of sentences whose two actors are given.", "console.cli.classify:classify"
    ),
    Verb("evaluate", "Precision, recall, F1 of extraction against coded sentences.", "console.cli.evaluate:evaluate"),
    Verb("feeds list", "The feeds that a run would read.", "console.cli.feeds:list_feeds"),
    Verb("feeds check", "Dry run: what these feeds would give, and what is wrong.", "console.cli.feeds:check"),
    Verb("feeds page", "The article on each of these pages.", "console.cli.feeds:page"),
    Verb("feeds health", "When each feed answered last, and its failures.", "console.cli.feeds:health"),
    Verb("signals show", "One signal with its explanation.", "console.cli.signals:show"),
    Verb(
        "signals reject", "This signal is wrong: it counts nowhere from the next tick on.", "console.cli.signals:reject"
    ),
    Verb("signals restore", "Undo a rejection.", "console.cli.signals:restore"),
    Verb("signals confirm", "This signal is right.", "console.cli.signals:confirm"),
    Verb("search", "Signals by words and fields, newest first or by rank.", "console.cli.search:search"),
    Verb("relations", "State of one pair or of all 28; events; changes.", "console.cli.relations:relations"),
    Verb("alerts list", "The alert inbox.", "console.cli.alerts:list_alerts"),
    Verb("alerts show", "One alert: reasons, quotes, owners, what speaks against it.", "console.cli.alerts:show"),
    Verb("alerts ack", "I have seen it.", "console.cli.alerts:ack"),
    Verb("alerts comment", "Add a comment.", "console.cli.alerts:comment"),
    Verb("alerts rate", "useful or not; counted per rule.", "console.cli.alerts:rate"),
    Verb("alerts retract", "This alert was wrong.", "console.cli.alerts:retract"),
    Verb("alerts deliveries", "Every attempt to deliver it.", "console.cli.alerts:deliveries"),
    Verb("rules list", "The alert rules in force.", "console.cli.rules:list_rules"),
    Verb("rules check", "What is wrong with the configured rules.", "console.cli.rules:check"),
    Verb("backtest", "Change detection on daily series of other makers.", "console.cli.series:backtest"),
    Verb("segment", "Off-line change points of one series.", "console.cli.series:segment"),
    Verb("deadletters list", "What could not be processed.", "console.cli.deadletters:list_deadletters"),
    Verb("deadletters show", "One of them, whole.", "console.cli.deadletters:show"),
    Verb("doctor", "Every dependency, file and setting checked, each with its remedy.", "console.cli.doctor:doctor"),
    Verb("config show", "The settings in force.", "console.cli.config:show"),
    Verb("config explain", "Each setting with its value and where it came from.", "console.cli.config:explain"),
    Verb("config schema", "JSON Schema of the settings file.", "console.cli.config:schema"),
    Verb("schema list", "The record schemas.", "console.cli.schema:list_schemas"),
    Verb("schema show", "JSON Schema of one record.", "console.cli.schema:show"),
    Verb("schema check", "Whether JSON Lines are records that this release reads.", "console.cli.schema:check"),
    Verb("bench", "Measurements of this machine.", "console.cli.bench:bench"),
)

GROUPS: Final = {
    "feeds": "The catalogue of feeds.",
    "signals": "Signals and what people say of them.",
    "alerts": "The alert inbox.",
    "rules": "Alert rules.",
    "deadletters": "What could not be processed.",
    "config": "Settings and where they come from.",
    "schema": "Schemas of the records.",
}

GLOBAL_FLAGS: Final = (
    ("--data DIR", "data directory (default $DETENTE_DATA, else the user's data directory)"),
    ("--config FILE", "settings (default detente.toml in the data directory)"),
    ("--json", "results as JSON (JSON Lines for lists)"),
    ("--quiet", "say less on stderr"),
    ("--verbose", "say more on stderr"),
)


def overview() -> str:
    """What `detente --help` prints."""
    lines = ["Watches the news for how the states of Northeast Asia deal with one another.", ""]
    lines += ["Usage: detente VERB [ARGUMENTS] [FLAGS]      detente VERB --help says more", "", "Verbs:"]
    lines += [f"  {verb.path:<20}{verb.summary}" for verb in VERBS]
    lines += ["", "Flags of every verb, before or after it:"]
    lines += [f"  {flag:<20}{meaning}" for flag, meaning in GLOBAL_FLAGS]
    lines += [
        "",
        "Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 a service is out of reach, 4 problems found",
    ]
    return "\n".join(lines)
