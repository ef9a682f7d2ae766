"""Every command with where it is and its short help, so that ``fairbook --help`` need not import any."""

from __future__ import annotations

#: Name → (module that holds it as ``command``, first sentence of its help); a test holds the two helps together.
COMMANDS: dict[str, tuple[str, str]] = {
    "advise": (
        "commands.advise",
        "Try other weights, tolerances and budgets on past periods, and bring potential and workload up to date.",
    ),
    "apply-feedback": (
        "commands.apply_feedback",
        "Turn the Feedback sheet of a run's workbook into an override of the plan.",
    ),
    "check": (
        "commands.check",
        "Read a plan and its data, list every problem, and show who could go where.",
    ),
    "compare": (
        "commands.compare",
        "Compare runs side by side: score, terms, balance, retention, capacity, moves, who gains and loses.",
    ),
    "evaluate": (
        "commands.evaluate",
        "Hold a period's plan against what happened: attainment, forecast, balance, hand-overs, feedback, trend.",
    ),
    "explain": (
        "commands.explain",
        "Say why a customer has its rep, and what each other rep would cost.",
    ),
    "export": (
        "commands.export",
        "Write a run's assignment.csv, unassigned.csv, books.csv and result.json to DIR.",
    ),
    "frontier": (
        "commands.frontier",
        "Show what more of one term costs of another: a proven trade-off curve.",
    ),
    "horizon": (
        "commands.horizon",
        "Plan several periods together, and compare with planning one after another.",
    ),
    "init": (
        "commands.init",
        "Write a plan to start from into FOLDER, with --example also its data.",
    ),
    "learn": (
        "commands.learn",
        "Learn from history who suits whom, and say whether it earns its place.",
    ),
    "repair": (
        "commands.repair",
        "Plan what is left of a period anew after a change, moving as few customers as pays.",
    ),
    "report": (
        "commands.report",
        "Write a run's reports: page, workbook, deck (also as PDF), charts, hand-over packs, owner changes for a CRM.",
    ),
    "roll": (
        "commands.roll",
        "Plan the next period from a run: its books are the current ones.",
    ),
    "runs": (
        "commands.runs",
        "List, show, compare and remove runs.",
    ),
    "schema": (
        "commands.schema",
        "Print the JSON schema of the plan file, for editors that complete and check YAML.",
    ),
    "solve": (
        "commands.solve",
        "Find the best plan, audit it and keep it as a run.",
    ),
    "stress": (
        "commands.stress",
        "Draw uncertain amounts anew and show each rep's chance to stay within capacity and balance band.",
    ),
    "swaps": (
        "commands.swaps",
        "List accounts that can change hands within a stated loss, every rule kept.",
    ),
    "sweep": (
        "commands.sweep",
        "Solve all scenarios of a plan, or a grid over any of its keys, side by side.",
    ),
    "watch": (
        "commands.watch",
        "Say what changed since a plan was made, and whether re-planning is worth its disruption.",
    ),
    "worth": (
        "commands.worth",
        "Rank what one more rep, unit of capacity, skill or point of move budget is worth.",
    ),
}
