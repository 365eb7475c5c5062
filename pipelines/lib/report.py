"""What the scripts print about a run."""
import sys


def print_facts(title, records, rate, files):
    """title: of the input; rate: frames/s; files: paths that were written."""
    facts = [("input", title), ("frames", f"{len(records)}")]
    others = [f"{records.statuses.count(s)} {s}" for s in ("reused", "skipped", "failed") if s in records.statuses]
    if others:
        facts.append(("", ", ".join(others)))
    facts.append(("frames/s", f"{rate:.1f}"))
    if records.threshold is None:
        facts.append(("anomalous", "unknown: these prompts have no threshold; give --threshold"))
    else:
        facts.append(("anomalous", f"{records.anomalous} ({100 * records.anomalous / len(records):.1f} %), "
                                   f"threshold {records.thresholds_text(4)}"))
    facts.append(("latency", f"p50 {records.latency(50):.1f} ms, p95 {records.latency(95):.1f} ms"))
    facts += [("files" if index == 0 else "", path) for index, path in enumerate(files)]
    for label, value in facts:
        print(f"{label:<11}{value}")
    sys.stdout.flush()


def listed(names, limit=20):
    """One name a line, as many as one reads."""
    shown = [f"  {name}" for name in names[:limit]]
    return "\n".join(shown + ([f"  and {len(names) - limit} more"] if len(names) > limit else []))
