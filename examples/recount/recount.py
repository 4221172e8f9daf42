#!/usr/bin/env python3
"""Recount a published round without trusting whoever published it.

    python3 recount.py bundle.json                  a table, and which stated figures differ
    python3 recount.py bundle.json --explain m1     the arithmetic of one person, step by step
    python3 recount.py bundle.json --json           the same as JSON; differences on stderr
    python3 recount.py --lines < bundles.jsonl      one bundle a line in, one JSON answer a line out

Exit code: 0 every stated figure agrees, 1 some differ, 2 a bundle is malformed (--lines: the worst of all lines).
Invariant: every number is a whole number or an exact fraction; nothing is rounded but a finished score.
Not here: names, signatures, hashes, and whether the counts are those of the ballots. Only the arithmetic.
"""
import argparse
import json
import sys
from collections import Counter, namedtuple
from dataclasses import dataclass, field
from fractions import Fraction

from bundle import Malformed, quarters_of, read_bundle

# ------------------------------------------------------------ the rules, in words and in code

GroupScore = namedtuple("GroupScore", "name weight answers score gap")  # gap: why there is no score


@dataclass
class Result:
    person: dict
    groups: list = field(default_factory=list)
    comparisons: Fraction | None = None
    exact: Fraction | None = None
    score: Fraction | None = None
    grade: str | None = None
    border_tie: bool = False
    rank: int | None = None


def rounded(value):
    """The one rounding: to two places, a half away from zero. 89.645 is 89.65, -0.005 is -0.01."""
    hundredths = (abs(value) * 200 + 1) // 2
    return Fraction(hundredths if value >= 0 else -hundredths, 100)


def mean(pairs):
    """Of (weight, value); the weights together make the whole."""
    return Fraction(sum(share * value for share, value in pairs)) / sum(share for share, _ in pairs)


def valid_answers(person, name, rules):
    """By dimension, how often each value was given. A grade is worth its points; blank, "don't know" and invalid
    answers are no values. None: the group was never counted for this person."""
    codes = rules["groups"][name]["dimensions"]
    if name == "leader":
        return {code: Counter(marks[code] for marks in person["marks"].values() if code in marks) for code in codes}
    if name not in person["counts"]:
        return None
    answers = {code: Counter() for code in codes}
    for code, counted in person["counts"][name].items():
        for grade, times in counted["grades"].items():
            answers[code] += Counter({rules["points"][grade]: times})
    return answers


def trimmed(answers, trim_from):
    """From `trim_from` valid answers in a dimension on, one highest and one lowest are left out."""
    if trim_from is None or answers.total() < trim_from:
        return answers
    return answers - Counter([max(answers), min(answers)])


def dimension_pairs(answers, rules):
    """(times, value) of what trimming leaves: the dimension score is their mean."""
    return [(times, value) for value, times in trimmed(answers, rules["trim_from"]).items()]


def group_pairs(group, rules):
    """(weight, dimension score): the group score is their mean."""
    return [(share, mean(dimension_pairs(group.answers[code], rules)))
            for code, share in rules["groups"][group.name]["dimensions"].items()]


def void_cause(ballots, turnout):
    """More ballots returned than issued: void. Else the part of the eligible that took part must exceed the share
    (or reach it, where the rules say so), and somebody must have taken part; if not: void."""
    if ballots["returned"] > ballots["issued"]:
        return "surplus"
    took_part = ballots["took_part"] * turnout["denominator"]
    asked = ballots["eligible"] * turnout["numerator"]
    return None if took_part > asked or took_part == asked and took_part and turnout["or_equal"] else "turnout"


def gap_of(name, answers, ballots, rules):
    """Why a group is missing for a person: it is void, for everybody; or it was never counted, or no leader marked
    some dimension; or some dimension of a secret group has fewer than k valid answers: all or nothing."""
    if name != "leader" and (cause := void_cause(ballots, rules["turnout"])):
        return cause
    fewest = min(given.total() for given in answers.values()) if answers else 0
    if not answers or name == "leader":
        return None if fewest else "no_answer"
    return None if fewest >= rules["threshold"] else "below_threshold"


def score_group(name, person, bundle):
    rules = bundle["rules"]
    answers = valid_answers(person, name, rules)
    gap = gap_of(name, answers, bundle["groups"][name], rules)
    group = GroupScore(name, rules["groups"][name]["weight_percent"], answers, None, gap)
    return group if gap else group._replace(score=mean(group_pairs(group, rules)))


def round_pairs(groups, rules):
    """(weight, group score): the score of the round is their mean. A group left out at opening is not among them, so
    the others make the whole. A group that is missing leaves the score incomplete, never 0: no pairs; or, under
    "renormalise", those that are there make the whole."""
    there = [(group.weight, group.score) for group in groups if not group.gap]
    incomplete = rules["gap"] == "incomplete" and len(there) < len(groups)
    return [] if incomplete or not sum(share for share, _ in there) else there


def quarter_pairs(person, least):
    """A quarter spent in two branches is one value, weighted by days; then each quarter counts once. Too few: none."""
    quarters = quarters_of(person).values()
    return [(1, mean(entries)) for entries in quarters] if len(quarters) >= least else []


def comparison_pairs(person):
    """(weight, completion, at most 100): the comparisons score is their mean. No metric: none, never 0."""
    return [(metric["weight"], min(metric["completion"], Fraction(100))) for metric in person["comparisons"]]


def year_pairs(person, year):
    """(percent, part): the yearly score is their sum in hundredths. Without either part: none."""
    quarters, comparisons = quarter_pairs(person, year["least_quarters"]), comparison_pairs(person)
    if not quarters or not comparisons:
        return []
    return [(year["reviews_percent"], mean(quarters)), (year["comparisons_percent"], mean(comparisons))]


def band(score, bands):
    """The first band that begins at or below the rounded score; the last takes what is below all of them."""
    return next((grade for grade, start in bands if start <= score), bands[-1][0])


def count_person(person, bundle):
    """All about a person that needs nobody else. On probation: no result."""
    rules, result = bundle["rules"], Result(person)
    if not person["graded"]:
        return result
    result.groups = [score_group(name, person, bundle) for name in rules["groups"] if name in bundle["groups"]]
    result.comparisons = mean(comparison_pairs(person)) if person["comparisons"] else None
    if bundle["yearly"]:
        pairs = year_pairs(person, rules["year"])
        result.exact = sum(share * part for share, part in pairs) / 100 if pairs else None
    else:
        pairs = round_pairs(result.groups, rules)
        result.exact = mean(pairs) if pairs else None
    if pairs:
        result.score = rounded(result.exact)
        result.grade = band(result.score, rules["bands"])
    return result


def places(results, branch, cap):
    """The cap in a branch: a share of its formal members (those on probation are not), rounded down."""
    formal = sum(result.person["graded"] for result in results if result.person["branch"] == branch)
    return formal * cap["numerator"] // cap["denominator"]


def apply_cap(results, rules):
    """In each branch the best keep the capped grade as far as there are places; the others get the next one.
    Equal scores that do not fit together get none: that is for the committee. No place at all: no border, no tie."""
    cap, names = rules["cap"], [name for name, _ in rules["bands"]]
    lower = names[names.index(cap["grade"]) + 1]
    reached = [result for result in results if result.grade == cap["grade"]]
    for branch in {result.person["branch"] for result in reached}:
        best_first = sorted((result for result in reached if result.person["branch"] == branch), key=lambda r: -r.score)
        free = places(results, branch, cap)
        for result in best_first[free:]:
            result.grade = lower
        if 0 < free < len(best_first) and best_first[free - 1].score == best_first[free].score:
            for result in (result for result in best_first if result.score == best_first[free].score):
                result.grade, result.border_tie = None, True


def standing(result, ties):
    """What a rank goes by: the rounded score, then the parts that the rules name, in order; missing is lowest."""
    leader = next((group.score for group in result.groups if group.name == "leader"), None)
    parts = {"leader_score": leader, "performance": result.comparisons}
    return result.score, *((parts[tie] is not None, rounded(parts[tie] or Fraction(0))) for tie in ties)


def apply_ranks(results, rules):
    """Competition ranking over the whole bundle: 1, 2, 2, 4. Without a score: no rank."""
    ranked = [(standing(result, rules["ties"]), result) for result in results if result.score is not None]
    ranked.sort(key=lambda entry: entry[0], reverse=True)
    first = {}
    for place, (key, result) in enumerate(ranked, 1):
        result.rank = first.setdefault(key, place)


def recount(bundle):
    results = [count_person(person, bundle) for person in bundle["people"]]
    if bundle["rules"]["cap"]:
        apply_cap(results, bundle["rules"])
    apply_ranks(results, bundle["rules"])
    return results


# ------------------------------------------------------------ telling it

CAUSES = {
    "surplus": "void, more ballots were returned than issued",
    "turnout": "void, too few of the eligible took part",
    "below_threshold": "to some question fewer valid answers than the threshold",
    "no_answer": "never counted, or a question that nobody answered",
}


def pointed(number, decimals):
    digits = str(abs(number)).zfill(decimals + 1)
    cut = len(digits) - decimals
    return ("-" if number < 0 else "") + digits[:cut] + ("." + digits[cut:] if decimals else "")


def shown(value):
    """Exactly: as a decimal where that is short, else as a fraction."""
    ends = (decimals for decimals in range(7) if (value * 10**decimals).denominator == 1)
    decimals = next(ends, None)
    return str(value) if decimals is None else pointed(int(value * 10**decimals), decimals)


def stored(score):
    return None if score is None else pointed(int(score * 100), 2)


def told(pairs):
    terms = " + ".join(f"{shown(share)} × {shown(value)}" for share, value in pairs)
    return f"({terms}) / {shown(sum(share for share, _ in pairs))} = {shown(mean(pairs))}"


def explain_group(group, bundle):
    rules, ballots = bundle["rules"], bundle["groups"][group.name]
    yield f"{group.name}, weight {shown(group.weight)}"
    if group.name != "leader":
        asked = "at least" if rules["turnout"]["or_equal"] else "more than"
        share = "{numerator}/{denominator}".format(**rules["turnout"])
        yield "  issued {issued}, returned {returned}; {took_part} of {eligible} took part".format(**ballots) + \
            f", asked is {asked} {share}"
    if group.gap:
        yield f"  missing: {CAUSES[group.gap]}"  # and not in pieces
        return
    for code, answers in group.answers.items():
        left_out = answers - trimmed(answers, rules["trim_from"])
        note = f", left out {' and '.join(shown(value) for value in left_out.elements())}" if left_out else ""
        yield f"  {code}: {told(dimension_pairs(answers, rules))}{note}"
    yield f"  together: {told(group_pairs(group, rules))}"


def explain_year(person, year):
    for quarter, entries in quarters_of(person).items():
        yield f"{quarter}: {told(entries)}"
    quarters = quarter_pairs(person, year["least_quarters"])
    yield f"quarters: {told(quarters) if quarters else 'fewer than ' + str(year['least_quarters'])}"
    for metric in person["comparisons"]:
        yield f"{metric['metric']}: completion {shown(metric['completion'])}, counts at most 100"
    yield f"comparisons: {told(comparison_pairs(person)) if person['comparisons'] else 'none'}"


def explain_score(result, bundle):
    rules, person = bundle["rules"], result.person
    if bundle["yearly"]:
        yield from explain_year(person, rules["year"])
        pairs, divisor = year_pairs(person, rules["year"]), 100
    else:
        for group in result.groups:
            yield from explain_group(group, bundle)
        pairs = round_pairs(result.groups, rules)
        divisor = sum(share for share, _ in pairs)
    if not pairs:
        yield "score: incomplete, which is not 0"
        return
    terms = " + ".join(f"{shown(share)} × {shown(value)}" for share, value in pairs)
    yield f"score: ({terms}) / {shown(divisor)} = {shown(result.exact)}, rounded {stored(result.score)}"


def explain(result, results, bundle):
    """The arithmetic of one person, step by step."""
    person, rules = result.person, bundle["rules"]
    yield f"{person['member']} of branch {person['branch']}"
    if not person["graded"]:
        yield "on probation: takes part, gets no result"
        return
    yield from explain_score(result, bundle)
    if result.score is None:
        return
    reached = band(result.score, rules["bands"])
    yield f"band: {reached}, from {shown(dict(rules['bands'])[reached])}"
    if rules["cap"] and reached == rules["cap"]["grade"]:
        free = places(results, person["branch"], rules["cap"])
        yield f"cap: the branch has {free} places for {reached}"
    yield f"grade proposed: {'none, a tie across the border of the cap' if result.border_tie else result.grade}"
    yield f"rank: {result.rank} of {sum(other.score is not None for other in results)}"


def table(results):
    rows = [("member", "score", "grade proposed", "rank", "notes")]
    for result in results:
        notes = [f"{group.name}: {group.gap}" for group in result.groups if group.gap]
        notes += ["border tie"] * result.border_tie + ["on probation"] * (not result.person["graded"])
        rows.append((result.person["member"], stored(result.score) or "-", result.grade or "-",
                     str(result.rank or "-"), ", ".join(notes)))
    widths = [max(len(cell) for cell in column) for column in zip(*rows)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def differences(results):
    """Every figure that the publication states and the recount does not find."""
    for result in results:
        for figure, stated in result.person["stated"].items():
            recounted = getattr(result, figure)
            if stated != recounted:
                stated = shown(stated) if isinstance(stated, Fraction) else stated
                recounted = stored(recounted) if figure == "score" else recounted
                yield {"member": result.person["member"], "figure": figure, "stated": stated, "recounted": recounted}


def answer(results):
    people = [{"member": result.person["member"], "score": stored(result.score), "grade": result.grade,
               "border_tie": result.border_tie, "rank": result.rank,
               "groups": [{"group": group.name, "score": None if group.gap else str(group.score), "gap": group.gap}
                          for group in result.groups]} for result in results]
    differ = list(differences(results))
    return {"people": people, **({"differences": differ} if differ else {})}


def answer_lines(lines):
    """One answer for each line, at once; a malformed bundle is answered with its error and does not stop the rest."""
    worst = 0
    for line in lines:
        try:
            reply = answer(recount(read_bundle(line)))
        except Malformed as error:
            reply = {"error": str(error)}
        worst = max(worst, 2 if "error" in reply else 1 if "differences" in reply else 0)
        print(json.dumps(reply), flush=True)
    return worst


def printable(line):
    """A stranger's ids may hold anything; what a terminal would obey is shown instead."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in line)


def tell(asked, results, bundle):
    """Print what was asked for; the exit code says whether every stated figure agrees."""
    differ = list(differences(results))
    named = ["DIFFERS  {member}: {figure} stated {stated}, recounted {recounted}".format(**found) for found in differ]
    if asked.json:
        print(json.dumps(answer(results)))
        print(*map(printable, named), sep="\n", end="\n" * bool(named), file=sys.stderr)
        return 1 if differ else 0
    lines = table(results)
    if asked.explain is not None:
        result = next((result for result in results if result.person["member"] == asked.explain), None)
        if result is None:
            raise Malformed(f"nobody in the bundle is {asked.explain}")
        lines = explain(result, results, bundle)
    stated = sum(len(result.person["stated"]) for result in results)
    print(*map(printable, [*lines, *named, f"{stated} stated figures, {len(differ)} differ"]), sep="\n")
    return 1 if differ else 0


def main(arguments):
    parser = argparse.ArgumentParser(description="Recount a published round.")
    parser.add_argument("bundle", nargs="?", help="the published bundle, a JSON file")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--explain", metavar="MEMBER", help="the arithmetic of one person, step by step")
    how.add_argument("--json", action="store_true", help="machine output")
    how.add_argument("--lines", action="store_true", help="bundles from stdin, one a line; one JSON answer a line")
    asked = parser.parse_args(arguments)
    if asked.lines != (asked.bundle is None):
        parser.error("name a bundle, or give --lines and bundles on stdin")
    if asked.lines:
        return answer_lines(sys.stdin.buffer)
    try:
        with open(asked.bundle, "rb") as file:
            bundle = read_bundle(file.read())
        return tell(asked, recount(bundle), bundle)
    except (Malformed, OSError) as error:
        print(f"recount: {printable(str(error))}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
