"""Each test is a rule, then a few lines. Run: python3 -m unittest, in this folder."""
import contextlib
import copy
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest
from fractions import Fraction

import recount

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recount.py")
RULES = {
    "groups": [
        {"group": "leader", "weight_percent": "40", "dimensions": [
            {"code": "duty", "title": "履职", "weight": "1"}, {"code": "contests", "title": "竞赛", "weight": "1"}]},
        {"group": "peer", "weight_percent": "30", "dimensions": [
            {"code": "politics", "title": "", "weight": "1"}, {"code": "discipline", "title": "", "weight": "1"},
            {"code": "part", "title": "", "weight": "1"}]},
        {"group": "public", "weight_percent": "30", "dimensions": [{"code": "service", "title": "", "weight": "1"}]}],
    "scale": [{"grade": "excellent", "title": "优秀", "points": "100"},
              {"grade": "qualified", "title": "合格", "points": "85"},
              {"grade": "basically", "title": "基本合格", "points": "70"},
              {"grade": "not", "title": "不合格", "points": "50"}],
    "bands": [{"grade": "excellent", "from": "90"}, {"grade": "qualified", "from": "70"},
              {"grade": "basically", "from": "60"}, {"grade": "not", "from": "0"}],
    "turnout": {"numerator": 1, "denominator": 2, "or_equal": False}, "blank_takes_part": True,
    "gap": "incomplete", "trim_from": None, "ties": [], "cap": None, "threshold": 5,
    "year": {"reviews_percent": "40", "comparisons_percent": "60", "least_quarters": 2},
}
THIRD = {"grade": "excellent", "numerator": 1, "denominator": 3}


def counted(unknown=0, invalid=0, **grades):
    return {"grades": grades, "unknown": unknown, "invalid": invalid}


def ballots(group, eligible=8, issued=8, returned=8, took_part=8):
    return {"group": group, "eligible": eligible, "issued": issued, "returned": returned, "took_part": took_part}


def plain_person(member="m1", **more):
    return {"member": member, "branch": "b1", "graded": True,
            "marks": {"l1": {"duty": "90", "contests": "80"}, "l2": {"duty": "85", "contests": "95"}},
            "counts": {"peer": {"politics": counted(excellent=4, qualified=2),
                                "discipline": counted(excellent=3, qualified=2, unknown=1),
                                "part": counted(excellent=2, qualified=3, basically=1)},
                       "public": {"service": counted(excellent=5, qualified=2, **{"not": 1})}}, **more}


def plain(*people, **rules):
    """The plain example of the domain: a quarter with all three groups."""
    return {"rules": {**copy.deepcopy(RULES), **rules}, "yearly": False,
            "groups": [{"group": "leader"}, ballots("peer", 6, 6, 6, 6), ballots("public")],
            "people": list(people) or [plain_person()]}


def marked(*scores, branch="b1", **rules):
    """A quarter with the leaders only: each score is one mark."""
    bundle = plain(*({"member": f"m{place}", "branch": branch, "graded": True, "marks": {"l1": {"duty": score}}}
                     for place, score in enumerate(scores, 1)), **rules)
    bundle["rules"]["groups"][0]["dimensions"] = [{"code": "duty", "title": "", "weight": "1"}]
    bundle["groups"] = [{"group": "leader"}]
    return bundle


def quarter(name, score, days=90):
    return {"quarter": name, "score": score, "days": days}


def metric(completion, share="1"):
    return {"metric": "premium", "weight": share, "completion": completion}


def year_person(member="m1", quarters=(("q1", "90"), ("q2", "80")), completions=("100",), **more):
    return {"member": member, "branch": "b1", "graded": True, "quarters": [quarter(*entry) for entry in quarters],
            "comparisons": [metric(completion) for completion in completions], **more}


def year(*people, **rules):
    return {"rules": {**copy.deepcopy(RULES), **rules}, "yearly": True, "groups": [], "people": list(people)}


def scoring(score, member, **more):
    """Somebody whose yearly score is this one."""
    return year_person(member, quarters=(("q1", score), ("q2", score)), completions=(score,), **more)


def counted_again(bundle):
    return recount.answer(recount.recount(recount.read_bundle(json.dumps(bundle).encode())))["people"]


def first(bundle):
    return counted_again(bundle)[0]


def column(bundle, key):
    return [person[key] for person in counted_again(bundle)]


def groups_of(bundle):
    return {group["group"]: (group["score"], group["gap"]) for group in first(bundle)["groups"]}


class TheWorkedExamples(unittest.TestCase):
    def test_plain(self):
        person = first(plain())
        self.assertEqual((person["score"], person["grade"], person["rank"]), ("89.65", "qualified", 1))
        self.assertEqual(person["groups"], [{"group": "leader", "score": "175/2", "gap": None},
                                            {"group": "peer", "score": "553/6", "gap": None},
                                            {"group": "public", "score": "90", "gap": None}])

    def test_plain_dimensions(self):
        bundle = recount.read_bundle(json.dumps(plain()).encode())
        [result] = recount.recount(bundle)
        found = {group.name: [value for _, value in recount.group_pairs(group, bundle["rules"])]
                 for group in result.groups}
        self.assertEqual(found["leader"], [Fraction("87.5"), Fraction("87.5")])
        self.assertEqual(found["peer"], [95, 94, Fraction("87.5")])
        self.assertEqual(found["public"], [90])
        self.assertEqual(result.exact, Fraction("89.65"))

    def failing(self, **rules):
        bundle = plain(**rules)
        bundle["groups"][1] = ballots("peer", eligible=6, issued=6, returned=3, took_part=3)
        return bundle

    def test_a_group_fails_and_the_score_is_incomplete(self):
        person = first(self.failing())
        self.assertEqual((person["score"], person["grade"], person["rank"]), (None, None, None))
        self.assertEqual(groups_of(self.failing())["peer"], (None, "turnout"))

    def test_a_group_fails_under_renormalise(self):
        self.assertEqual(first(self.failing(gap="renormalise"))["score"], "88.57")

    def test_edges_of_rounding(self):
        self.assertEqual(column(marked("89.645", "89.6449"), "score"), ["89.65", "89.64"])

    def test_edges_of_ranking(self):
        self.assertEqual(column(marked("95", "90", "90", "85"), "rank"), [1, 2, 2, 4])

    def test_fourteen_formal_members_have_four_places(self):
        top = ["99", "98", "97", "96", "95"] + ["80"] * 9
        bundle = year(*(scoring(score, f"m{place}") for place, score in enumerate(top)), cap=THIRD)
        self.assertEqual(column(bundle, "grade"), ["excellent"] * 4 + ["qualified"] * 10)

    def test_a_tie_for_the_fourth_place_is_for_the_committee(self):
        top = ["99", "98", "97", "96", "96"] + ["80"] * 9
        bundle = year(*(scoring(score, f"m{place}") for place, score in enumerate(top)), cap=THIRD)
        self.assertEqual(column(bundle, "grade"), ["excellent"] * 3 + [None] * 2 + ["qualified"] * 9)
        self.assertEqual(column(bundle, "border_tie"), [False] * 3 + [True] * 2 + [False] * 9)
        self.assertEqual(column(bundle, "rank"), [1, 2, 3, 4, 4] + [6] * 9)


class Rounding(unittest.TestCase):
    def test_a_half_goes_away_from_zero(self):
        cases = {"0.005": "0.01", "0.0049": "0.00", "0.015": "0.02", "0.025": "0.03", "-0.005": "-0.01",
                 "-0.0049": "0.00", "-1.235": "-1.24", "99.995": "100.00", "99.9949": "99.99", "7": "7.00"}
        for value, expected in cases.items():
            self.assertEqual(recount.stored(recount.rounded(Fraction(value))), expected, value)

    def test_an_exact_third_is_not_a_half(self):
        self.assertEqual(recount.rounded(Fraction(1, 3)), Fraction("0.33"))
        self.assertEqual(recount.rounded(Fraction(2, 3)), Fraction("0.67"))

    def test_only_the_end_is_rounded(self):
        bundle = plain(plain_person(marks={"l1": {"duty": "0.01", "contests": "0"}, "l2": {"duty": "0"}}))
        bundle["groups"] = [{"group": "leader"}]
        self.assertEqual(groups_of(bundle)["leader"], ("1/400", None))
        self.assertEqual(first(bundle)["score"], "0.00")  # 0.005 rounded on the way would make it 0.01

    def test_the_band_goes_by_the_rounded_score(self):
        bundle = marked("89.995", "89.9949", "90", "70", "69.99", "60", "59.994", "0")
        self.assertEqual(column(bundle, "grade"),
                         ["excellent", "qualified", "excellent", "qualified", "basically", "basically", "not", "not"])

    def test_the_rank_goes_by_the_rounded_score(self):
        self.assertEqual(column(marked("89.645", "89.654", "89.6549", "89.655"), "rank"), [2, 2, 2, 1])


class Turnout(unittest.TestCase):
    def peer(self, turnout=(1, 2, False), **counts):
        bundle = plain(turnout=dict(zip(("numerator", "denominator", "or_equal"), turnout)))
        bundle["groups"][1] = ballots("peer", **counts)
        return groups_of(bundle)["peer"][1]

    def test_more_than_half_is_more_than_half(self):
        self.assertEqual(self.peer(eligible=6, took_part=3), "turnout")
        self.assertIsNone(self.peer(eligible=6, took_part=4))
        self.assertEqual(self.peer(eligible=7, took_part=3), "turnout")
        self.assertIsNone(self.peer(eligible=7, took_part=4))

    def test_a_share_may_be_reached_where_the_rules_say_so(self):
        self.assertIsNone(self.peer((2, 3, True), eligible=9, took_part=6))
        self.assertEqual(self.peer((2, 3, False), eligible=9, took_part=6), "turnout")
        self.assertEqual(self.peer((4, 5, True), eligible=9, took_part=7), "turnout")
        self.assertIsNone(self.peer((4, 5, True), eligible=10, took_part=8))

    def test_somebody_must_take_part(self):
        self.assertEqual(self.peer((0, 1, True), eligible=6, took_part=0), "turnout")
        self.assertEqual(self.peer((1, 2, True), eligible=0, took_part=0), "turnout")

    def test_more_returned_than_issued_is_void(self):
        self.assertEqual(self.peer(issued=6, returned=7), "surplus")
        self.assertIsNone(self.peer(issued=7, returned=7))

    def test_a_surplus_comes_before_the_turnout(self):
        self.assertEqual(self.peer(issued=1, returned=2, took_part=0), "surplus")

    def test_a_void_group_is_missing_for_everybody(self):
        bundle = plain(plain_person("m1"), plain_person("m2"))
        bundle["groups"][2] = ballots("public", issued=7, returned=8)
        self.assertEqual(column(bundle, "score"), [None, None])

    def test_void_comes_before_never_counted(self):
        bundle = plain(plain_person(counts={}))
        bundle["groups"][1] = ballots("peer", took_part=0)
        self.assertEqual([gap for _, gap in groups_of(bundle).values()], [None, "turnout", "no_answer"])


class TheThreshold(unittest.TestCase):
    def public(self, threshold=5, **answers):
        person = plain_person()
        person["counts"]["public"] = {"service": counted(**answers)}
        return groups_of(plain(person, threshold=threshold))["public"]

    def test_k_valid_answers_are_enough(self):
        self.assertEqual(self.public(excellent=5), ("100", None))
        self.assertEqual(self.public(excellent=4), (None, "below_threshold"))
        self.assertEqual(self.public(threshold=6, excellent=5), (None, "below_threshold"))

    def test_unknown_and_invalid_are_not_valid(self):
        self.assertEqual(self.public(excellent=4, unknown=3, invalid=3), (None, "below_threshold"))
        self.assertEqual(self.public(excellent=3, qualified=2, unknown=3, invalid=3), ("94", None))

    def test_one_question_below_k_withholds_the_whole_group(self):
        person = plain_person()
        person["counts"]["peer"]["part"] = counted(excellent=4)
        self.assertEqual(groups_of(plain(person))["peer"], (None, "below_threshold"))

    def test_a_question_that_is_not_named_was_left_blank(self):
        person = plain_person()
        del person["counts"]["peer"]["part"]
        self.assertEqual(groups_of(plain(person))["peer"], (None, "below_threshold"))

    def test_a_group_never_counted_has_no_answer(self):
        person = plain_person()
        del person["counts"]["peer"]
        self.assertEqual(groups_of(plain(person))["peer"], (None, "no_answer"))

    def test_trimming_does_not_lower_the_number_of_valid_answers(self):
        person = plain_person()
        person["counts"]["public"] = {"service": counted(excellent=4, qualified=1)}
        self.assertEqual(groups_of(plain(person, trim_from=5))["public"], ("100", None))


class MissingGroups(unittest.TestCase):
    def test_a_leader_need_not_mark_every_dimension(self):
        person = plain_person(marks={"l1": {"duty": "90"}, "l2": {"contests": "80"}, "l3": {}})
        self.assertEqual(groups_of(plain(person))["leader"], ("85", None))

    def test_a_dimension_that_no_leader_marked_withholds_the_group(self):
        for marks in ({}, {"l1": {"duty": "90"}}):
            bundle = plain(plain_person(marks=marks))
            self.assertEqual(groups_of(bundle)["leader"], (None, "no_answer"))
            self.assertIsNone(first(bundle)["score"])

    def test_a_mark_of_zero_is_a_mark(self):
        person = plain_person(marks={"l1": {"duty": "0", "contests": "0"}})
        self.assertEqual(groups_of(plain(person))["leader"], ("0", None))

    def test_renormalised_weights_are_those_of_the_groups_that_are_there(self):
        only_public = plain_person(marks={})
        del only_public["counts"]["peer"]
        self.assertEqual(column(plain(only_public, plain_person("m2"), gap="renormalise"), "score"), ["90.00", "89.65"])

    def test_without_any_group_there_is_no_score(self):
        self.assertIsNone(first(plain(plain_person(marks={}, counts={}), gap="renormalise"))["score"])
        bundle = plain()
        bundle["groups"] = []
        self.assertEqual((first(bundle)["score"], first(bundle)["groups"]), (None, []))

    def test_a_group_left_out_at_opening_is_not_missing(self):
        bundle = plain()
        del bundle["groups"][1]
        self.assertEqual(first(bundle)["score"], "88.57")
        self.assertNotIn("peer", groups_of(bundle))

    def test_the_incomplete_are_not_ranked_and_the_others_are(self):
        bundle = marked("80", "90", "70")
        bundle["people"][1]["marks"] = {}
        self.assertEqual(column(bundle, "rank"), [1, None, 2])

    def test_on_probation_there_is_no_result(self):
        bundle = marked("99", "90")
        bundle["people"][0]["graded"] = False
        nothing = {"score": None, "grade": None, "border_tie": False, "rank": None, "groups": []}
        self.assertEqual(first(bundle), {"member": "m1", **nothing})
        self.assertEqual(column(bundle, "rank"), [None, 1])


class Weights(unittest.TestCase):
    def test_dimensions_weigh_what_the_rules_say(self):
        bundle = plain()
        bundle["rules"]["groups"][0]["dimensions"][0]["weight"] = "3"
        bundle["people"][0]["marks"] = {"l1": {"duty": "90", "contests": "80"}}
        self.assertEqual(groups_of(bundle)["leader"], ("175/2", None))

    def test_groups_weigh_by_their_share_of_the_sum(self):
        bundle = plain()
        for group, share in zip(bundle["rules"]["groups"], ("4", "3", "3")):
            group["weight_percent"] = share
        self.assertEqual(first(bundle)["score"], "89.65")


class Trimming(unittest.TestCase):
    def leader(self, marks, trim_from=7):
        bundle = marked("0", trim_from=trim_from)
        bundle["people"][0]["marks"] = {f"l{place}": {"duty": mark} for place, mark in enumerate(marks)}
        return groups_of(bundle)["leader"][0]

    def test_from_seven_one_highest_and_one_lowest_are_left_out(self):
        self.assertEqual(self.leader(["0", "60", "70", "80", "90", "100", "100"]), "80")
        self.assertEqual(self.leader(["0", "60", "70", "80", "90", "100"]), "200/3")

    def test_trimming_off(self):
        self.assertEqual(self.leader(["0", "60", "70", "80", "90", "100", "100"], None), "500/7")

    def test_equal_marks_lose_two_and_keep_their_mean(self):
        self.assertEqual(self.leader(["80"] * 7), "80")

    def test_grades_are_trimmed_by_their_points(self):
        person = plain_person()
        person["counts"]["public"] = {"service": counted(excellent=0, qualified=6, basically=0, **{"not": 1})}
        self.assertEqual(groups_of(plain(person, trim_from=7))["public"], ("85", None))

    def test_trimming_goes_by_dimension(self):
        person = plain_person()
        person["counts"]["peer"] = {"politics": counted(excellent=6, **{"not": 1}), "discipline": counted(excellent=6),
                                    "part": counted(excellent=5, **{"not": 1})}
        self.assertEqual(groups_of(plain(person, trim_from=7))["peer"], ("875/9", None))


class Ties(unittest.TestCase):
    def people(self):
        """Equal scores of 85 with different scores of the leaders: 85, 100 and none."""
        def public(points):
            return {"public": {"service": counted(**points)}}
        bundle = plain({"member": "even", "branch": "b1", "graded": True, "marks": {"l1": {"duty": "85"}},
                        "counts": public({"qualified": 6})},
                       {"member": "led", "branch": "b1", "graded": True, "marks": {"l1": {"duty": "100"}},
                        "counts": public({"basically": 6})},
                       {"member": "alone", "branch": "b1", "graded": True, "counts": public({"qualified": 6})},
                       gap="renormalise")
        bundle["rules"]["groups"] = [
            {"group": group, "weight_percent": "50", "dimensions": [{"code": code, "title": "", "weight": "1"}]}
            for group, code in (("leader", "duty"), ("public", "service"))]
        bundle["groups"] = [{"group": "leader"}, ballots("public")]
        return bundle

    def test_equal_scores_share_a_rank(self):
        self.assertEqual(column(self.people(), "score"), ["85.00"] * 3)
        self.assertEqual(column(self.people(), "rank"), [1, 1, 1])

    def test_the_leaders_score_parts_them_and_missing_is_lowest(self):
        bundle = self.people()
        bundle["rules"]["ties"] = ["leader_score"]
        self.assertEqual(column(bundle, "rank"), [2, 1, 3])

    def test_what_the_chain_cannot_part_shares_a_rank(self):
        bundle = self.people()
        bundle["people"].append({**bundle["people"][0], "member": "twin"})
        bundle["rules"]["ties"] = ["leader_score", "performance"]
        self.assertEqual(column(bundle, "rank"), [2, 1, 4, 2])

    def test_performance_parts_a_year(self):
        bundle = year(year_person("m1", (("q1", "70"), ("q2", "70")), ("80",)),
                      year_person("m2", (("q1", "55"), ("q2", "55")), ("90",)), ties=["leader_score", "performance"])
        self.assertEqual(column(bundle, "score"), ["76.00", "76.00"])
        self.assertEqual(column(bundle, "rank"), [2, 1])

    def test_the_parts_of_the_chain_are_compared_rounded(self):
        bundle = year(year_person("m1", (("q1", "70"), ("q2", "70")), ("80.001",)),
                      year_person("m2", (("q1", "70"), ("q2", "70")), ("80.004",)), ties=["performance"])
        self.assertEqual(column(bundle, "rank"), [1, 1])

    def test_missing_is_lower_than_zero_and_than_less_than_zero(self):
        keys = [recount.standing(recount.Result({}, comparisons=value, score=Fraction(80)), ["performance"])
                for value in (None, Fraction(-1), Fraction(0))]
        self.assertEqual(keys, sorted(keys))
        self.assertEqual(len(set(keys)), 3)

    def test_the_score_comes_before_the_chain(self):
        bundle = self.people()
        bundle["people"][1]["marks"]["l1"]["duty"] = "99.98"
        bundle["rules"]["ties"] = ["leader_score"]
        self.assertEqual(column(bundle, "rank"), [1, 3, 2])


class TheCap(unittest.TestCase):
    def grades(self, *scores, cap=THIRD, formal=None):
        people = [scoring(score, f"m{place}") for place, score in enumerate(scores)]
        people += [scoring("80", f"f{place}") for place in range((formal or len(scores)) - len(scores))]
        return column(year(*people, cap=cap), "grade")[:len(scores)]

    def test_tied_who_fit_together_keep_it(self):
        self.assertEqual(self.grades("95", "95", "94", formal=6), ["excellent", "excellent", "qualified"])

    def test_fewer_than_the_places_all_keep_it(self):
        self.assertEqual(self.grades("95", "94", formal=9), ["excellent"] * 2)

    def test_a_tie_leaves_those_below_the_next_grade(self):
        self.assertEqual(self.grades("99", "95", "95", "94", formal=6), ["excellent", None, None, "qualified"])

    def test_a_tie_of_all_is_all_for_the_committee(self):
        self.assertEqual(self.grades("95", "95", "95"), [None] * 3)

    def test_without_a_place_nobody_keeps_it_and_nothing_is_tied(self):
        bundle = year(scoring("95", "m1"), scoring("95", "m2"), cap=THIRD)
        self.assertEqual((column(bundle, "grade"), column(bundle, "border_tie")), (["qualified"] * 2, [False] * 2))

    def test_each_branch_has_its_own_places(self):
        people = [scoring("95", f"a{place}", branch="a") for place in range(3)]
        people += [scoring(score, f"b{place}", branch="b") for place, score in enumerate(("99", "98", "97"))]
        self.assertEqual(column(year(*people, cap=THIRD), "grade"), [None] * 3 + ["excellent"] + ["qualified"] * 2)

    def test_those_on_probation_give_no_place(self):
        people = [scoring("95", "m1"), scoring("80", "m2"), scoring("99", "m3", graded=False)]
        self.assertEqual(column(year(*people, cap=THIRD), "grade"), ["qualified", "qualified", None])

    def test_the_incomplete_give_a_place(self):
        people = [scoring("95", "m1"), scoring("80", "m2"), year_person("m3", completions=())]
        self.assertEqual(column(year(*people, cap=THIRD), "grade"), ["excellent", "qualified", None])

    def test_the_tie_rule_does_not_part_a_tie_at_the_border(self):
        people = [year_person("m1", (("q1", "95"), ("q2", "95")), ("95",)),
                  year_person("m2", (("q1", "90.5"), ("q2", "90.5")), ("98",)), scoring("80", "m3")]
        bundle = year(*people, cap=THIRD, ties=["performance"])
        self.assertEqual((column(bundle, "grade"), column(bundle, "rank")), ([None, None, "qualified"], [2, 1, 3]))

    def test_a_quarter_has_no_cap(self):
        self.assertEqual(column(marked("95", "94", cap=THIRD), "grade"), ["excellent"] * 2)

    def test_the_cap_keeps_its_words_whatever_the_scores(self):
        chance = random.Random(6)
        for _ in range(200):
            scores = [str(chance.randint(88, 94)) for _ in range(chance.randint(1, 12))]
            free = len(scores) // 3
            for score, grade in zip(scores, self.grades(*scores)):
                above = sum(int(other) > int(score) for other in scores)
                with_it = sum(int(other) >= int(score) for other in scores)
                expected = "qualified" if int(score) < 90 or above >= free else "excellent" if with_it <= free else None
                self.assertEqual(grade, expected, (scores, score))


class TheYear(unittest.TestCase):
    def test_forty_percent_reviews_and_sixty_percent_comparisons(self):
        person = first(year(year_person(quarters=(("q1", "89.65"), ("q2", "88.57")), completions=("92.5",))))
        self.assertEqual((person["score"], person["grade"]), ("91.14", "excellent"))  # 35.644 + 55.5

    def test_preset_twenty_and_eighty(self):
        bundle = year(year_person(), year={"reviews_percent": "20", "comparisons_percent": "80", "least_quarters": 2})
        self.assertEqual(first(bundle)["score"], "97.00")

    def test_a_completion_counts_at_most_100_each(self):
        self.assertEqual(first(year(year_person(completions=("108.92", "80"))))["score"], "88.00")

    def test_a_completion_below_zero_counts_as_it_is(self):
        person = first(year(year_person(completions=("-100",))))
        self.assertEqual((person["score"], person["grade"]), ("-26.00", "not"))

    def test_a_completion_may_be_a_fraction(self):
        self.assertEqual(first(year(year_person(completions=("200/3",))))["score"], "74.00")

    def test_metrics_are_weighted(self):
        person = year_person()
        person["comparisons"] = [metric("90", "3"), metric("50", "1")]
        self.assertEqual(first(year(person))["score"], "82.00")

    def test_a_quarter_in_two_branches_is_weighted_by_days_and_counts_once(self):
        person = year_person(completions=("0",))
        person["quarters"] = [quarter("q1", "90", 30), quarter("q1", "60", 60), quarter("q2", "80", 1)]
        self.assertEqual(first(year(person))["score"], "30.00")  # (70 + 80) / 2 × 40 %

    def test_two_entries_of_one_quarter_are_one_quarter(self):
        self.assertIsNone(first(year(year_person(quarters=(("q1", "90", 30), ("q1", "60", 60)))))["score"])

    def test_the_mean_of_a_transfer_is_not_rounded(self):
        person = year_person(completions=("0",))
        person["quarters"] = [quarter("q1", "0.05", 1), quarter("q1", "0", 2), quarter("q2", "0")]
        self.assertEqual(first(year(person, year={"reviews_percent": "60", "comparisons_percent": "40",
                                                  "least_quarters": 2}))["score"], "0.01")  # 0.005 exactly

    def test_too_few_quarters_or_no_metric_is_incomplete(self):
        for person in (year_person(quarters=(("q1", "90"),)), year_person(completions=()), year_person(quarters=())):
            self.assertEqual([first(year(person))[key] for key in ("score", "grade", "rank")], [None] * 3)


class TheCommandLine(unittest.TestCase):
    def run_on(self, bundle, *arguments):
        raw = bundle if isinstance(bundle, bytes) else json.dumps(bundle).encode()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "bundle.json")
            with open(path, "wb") as file:
                file.write(raw)
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = recount.main([path, *arguments])
        return code, out.getvalue(), err.getvalue()

    def test_agreeing_figures_are_0(self):
        bundle = plain(plain_person(stated={"score": "89.65", "grade": "qualified", "rank": 1}))
        code, out, _ = self.run_on(bundle)
        self.assertEqual(code, 0)
        self.assertIn("m1      89.65  qualified       1", out)
        self.assertIn("3 stated figures, 0 differ", out)

    def test_differing_figures_are_1_and_named(self):
        bundle = plain(plain_person(stated={"score": "89.64", "grade": None, "rank": 1}))
        code, out, _ = self.run_on(bundle)
        self.assertEqual(code, 1)
        self.assertIn("DIFFERS  m1: score stated 89.64, recounted 89.65", out)
        self.assertIn("DIFFERS  m1: grade stated None, recounted qualified", out)
        code, out, err = self.run_on(bundle, "--json")
        self.assertEqual((code, len(json.loads(out)["differences"]), err.count("DIFFERS")), (1, 2, 2))

    def test_a_malformed_bundle_is_2_with_one_line(self):
        for raw in (b"", b"{", b"\xff", b"[]", b"{}", b"[" * 100000, b'{"rules": 1e99999999999999999999}'):
            code, out, err = self.run_on(raw)
            self.assertEqual((code, out, err.count("\n")), (2, "", 1), err)

    def test_an_explanation_shows_the_arithmetic(self):
        code, out, _ = self.run_on(plain(), "--explain", "m1")
        self.assertEqual(code, 0)
        for line in ("  politics: (4 × 100 + 2 × 85) / 6 = 95", "  together: (1 × 95 + 1 × 94 + 1 × 87.5) / 3 = 553/6",
                     "score: (40 × 87.5 + 30 × 553/6 + 30 × 90) / 100 = 89.65, rounded 89.65", "rank: 1 of 1"):
            self.assertIn(line + "\n", out)

    def test_an_explanation_of_a_withheld_group_shows_no_pieces(self):
        person = plain_person()
        person["counts"]["peer"]["part"] = counted(excellent=4)
        _, out, _ = self.run_on(plain(person), "--explain", "m1")
        self.assertNotIn("politics", out)
        self.assertIn("score: incomplete", out)

    def test_every_explanation_can_be_told(self):
        people = [scoring("95", "m1"), scoring("95", "m2"), scoring("80", "m3"), year_person("m4", completions=()),
                  scoring("90", "m5", graded=False), year_person("m6", quarters=())]
        for bundle in (year(*people, cap=THIRD), plain(plain_person(marks={}), trim_from=7, gap="renormalise")):
            for person in bundle["people"]:
                self.assertEqual(self.run_on(bundle, "--explain", person["member"])[0], 0)
        self.assertEqual(self.run_on(plain(), "--explain", "nobody")[0], 2)

    def test_what_a_terminal_would_obey_is_shown(self):
        _, out, _ = self.run_on(plain(plain_person("m\u001b[2J")))
        self.assertIn("m\\x1b[2J", out)

    def test_lines_answer_each_line_and_end_with_the_worst(self):
        differing = plain(plain_person(stated={"rank": 2}))
        lines = b"\n".join([json.dumps(plain()).encode(), b"{}", json.dumps(differing).encode()])
        done = subprocess.run([sys.executable, SCRIPT, "--lines"], input=lines, capture_output=True)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([list(answer) for answer in answers], [["people"], ["error"], ["people", "differences"]])
        self.assertEqual((done.returncode, answers[0]["people"]), (2, counted_again(plain())))


if __name__ == "__main__":
    unittest.main()
