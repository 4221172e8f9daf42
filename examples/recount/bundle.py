"""The form of a published bundle: JSON in UTF-8, decimals as strings, counts as whole numbers, ids as they are.

A shape reads a value or refuses it with its place: `RULES`, `PERSON` and `BUNDLE` below are the form, written down.
`read_bundle` then checks what a shape cannot say. Nothing is guessed: a rule that is not there is no default.

Invariant: what comes out holds only text, bools, whole numbers and exact fractions.
Not here: any arithmetic of a round.
"""
import json
import re
from collections import Counter
from decimal import Decimal
from fractions import Fraction

LARGEST_COUNT, LONGEST_NUMBER = 10**12, 200  # far above any round; keeps a hostile bundle from stalling us


class Malformed(Exception):
    """The bundle does not have the published form; the text says where."""


def kind(wanted):
    def read(value, where):
        if type(value) is not wanted:
            raise Malformed(f"{where}: expected {wanted.__name__}, found {type(value).__name__}")
        return value
    return read


text, flag = kind(str), kind(bool)


def whole(least, most=LARGEST_COUNT):
    def read(value, where):
        if not least <= kind(int)(value, where) <= most:
            raise Malformed(f"{where}: {value} is not within {least} and {most}")
        return value
    return read


def exact(pattern, least=None, most=None):
    def read(value, where):
        if len(text(value, where)) > LONGEST_NUMBER or not re.fullmatch(pattern, value):
            raise Malformed(f"{where}: {value[:40]!r} is not an exact number in the form asked for")
        number = Fraction(value)
        if least is not None and number < least or most is not None and number > most:
            raise Malformed(f"{where}: {value} is out of range")
        return number
    return read


def one_of(*allowed):
    def read(value, where):
        if text(value, where) not in allowed:
            raise Malformed(f"{where}: {value!r} is none of {', '.join(allowed)}")
        return value
    return read


def or_null(shape):
    return lambda value, where: None if value is None else read(value, shape, where)


def each(shape):
    """An object whose keys are ids or codes."""
    return lambda value, where: {key: read(item, shape, f"{where}.{key}")
                                 for key, item in kind(dict)(value, where).items()}


def read(value, shape, where):
    """An object by its keys ("?" may be absent; others are ignored), a list by its one element, else by the shape."""
    if isinstance(shape, list):
        return [read(item, shape[0], f"{where}[{place}]") for place, item in enumerate(kind(list)(value, where))]
    if not isinstance(shape, dict):
        return shape(value, where)
    kind(dict)(value, where)
    if lacking := [key for key in shape if not key.endswith("?") and key not in value]:
        raise Malformed(f"{where}: no {', '.join(lacking)}")
    return {key.rstrip("?"): read(value[key.rstrip("?")], inner, f"{where}.{key.rstrip('?')}")
            for key, inner in shape.items() if key.rstrip("?") in value}


PLAIN = r"-?[0-9]+(\.[0-9]+)?"
decimal, weight, mark = exact(PLAIN), exact(PLAIN, 0), exact(PLAIN, 0, 100)
completion = exact(PLAIN + r"|-?[0-9]+/0*[1-9][0-9]*")
count, group_name = whole(0), one_of("leader", "peer", "public")
RULES = {
    "groups": [{"group": group_name, "weight_percent": weight, "dimensions": [{"code": text, "weight": weight}]}],
    "scale": [{"grade": text, "points": decimal}],
    "bands": [{"grade": text, "from": decimal}],
    "turnout": {"numerator": count, "denominator": whole(1), "or_equal": flag},
    "gap": one_of("incomplete", "renormalise"),
    "trim_from": or_null(whole(3)),
    "ties": [one_of("leader_score", "performance")],
    "threshold": whole(1),
    "cap?": or_null({"grade": text, "numerator": count, "denominator": whole(1)}),
    "year?": {"reviews_percent": weight, "comparisons_percent": weight, "least_quarters": count},
}
PERSON = {
    "member": text, "branch": text, "graded": flag,
    "marks?": each(each(mark)),
    "counts?": each(each({"grades": each(count), "unknown?": count, "invalid?": count})),
    "quarters?": [{"quarter": text, "score": decimal, "days": count}],
    "comparisons?": [{"metric": text, "weight": weight, "completion": completion}],
    "stated?": {"score?": or_null(decimal), "grade?": or_null(text), "rank?": or_null(kind(int))},
}
BALLOTS = {"eligible?": count, "issued?": count, "returned?": count, "took_part?": count}
BUNDLE = {"rules": RULES, "yearly": flag, "groups": [{"group": group_name, **BALLOTS}], "people": [PERSON]}


def load(raw):
    """JSON in UTF-8. A key that stands twice is refused: two readers could each take another one."""
    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError(f"a key stands twice among {', '.join(key for key, _ in pairs)}")
        return dict(pairs)
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=once, parse_float=Decimal, parse_constant=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as cause:
        raise Malformed(f"not JSON in UTF-8: {cause}") from cause


def named(items, key, where):
    """A list of named things as an object in the same order."""
    if twice := [name for name, times in Counter(item[key] for item in items).items() if times > 1]:
        raise Malformed(f"{where}: {', '.join(twice)} stands twice")
    return {item[key]: item for item in items}


def demand(holds, where):
    if not holds:
        raise Malformed(where)


def read_bundle(raw):
    """What the shapes cannot say: names are known and stand once, weights weigh something, bands go down to 0."""
    bundle = read(load(raw), BUNDLE, "bundle")
    rules, yearly = bundle["rules"], bundle["yearly"]
    rules["groups"] = named(rules["groups"], "group", "rules.groups")
    rules["points"] = {name: item["points"] for name, item in named(rules["scale"], "grade", "rules.scale").items()}
    rules["bands"] = [(name, item["from"]) for name, item in named(rules["bands"], "grade", "rules.bands").items()]
    starts = [start for _, start in rules["bands"]]
    demand(starts and starts[-1] == 0 and all(a > b for a, b in zip(starts, starts[1:])), "rules.bands: not down to 0")
    for name, group in rules["groups"].items():
        group["dimensions"] = {code: item["weight"] for code, item in
                               named(group["dimensions"], "code", f"rules.groups.{name}").items()}
        demand(sum(group["dimensions"].values()), f"rules.groups.{name}: its dimensions weigh nothing")
    demand(not yearly or "cap" in rules and "year" in rules, "rules: no cap or no year in a yearly round")
    rules["cap"] = rules.get("cap") if yearly else None
    demand(not rules["cap"] or rules["cap"]["grade"] in [name for name, _ in rules["bands"][:-1]],
           "rules.cap: no band of that grade with another below it")
    bundle["groups"] = named(bundle["groups"], "group", "groups")
    for name, ballots in bundle["groups"].items():
        demand(name in rules["groups"], f"groups: {name} is not in the rules")
        demand(name == "leader" or all(key.rstrip("?") in ballots for key in BALLOTS), f"groups: {name} lacks a count")
    for member, person in named(bundle["people"], "member", "people").items():
        check_person(person, rules, f"person {member}")
    return bundle


def quarters_of(person):
    quarters = {}
    for entry in person["quarters"]:
        quarters.setdefault(entry["quarter"], []).append((entry["days"], entry["score"]))
    return quarters


def check_person(person, rules, where):
    for key, empty in (("marks", {}), ("counts", {}), ("quarters", []), ("comparisons", []), ("stated", {})):
        person.setdefault(key, empty)
    dimensions = {name: group["dimensions"] for name, group in rules["groups"].items()}
    demand("leader" not in person["counts"], f"{where}: leaders mark, they are not counted")
    answered = [("leader", marks) for marks in person["marks"].values()] + list(person["counts"].items())
    for name, answers in answered:
        demand(name in dimensions, f"{where}: answers of {name}, a group that is not in the rules")
        if unknown := [code for code in answers if code not in dimensions[name]]:
            raise Malformed(f"{where}: {name} has no dimension {', '.join(unknown)}")
    for counted in (counted for group in person["counts"].values() for counted in group.values()):
        demand(all(grade in rules["points"] for grade in counted["grades"]), f"{where}: counts of an unknown grade")
    for quarter, entries in quarters_of(person).items():
        demand(sum(days for days, _ in entries), f"{where}: {quarter} has no days")
    metrics = person["comparisons"]
    demand(not metrics or sum(metric["weight"] for metric in metrics), f"{where}: the comparisons weigh nothing")
