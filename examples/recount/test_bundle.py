"""What a bundle may not be. Run: python3 -m unittest, in this folder."""
import unittest

import recount
from test_recount import RULES, THIRD, counted, counted_again, first, plain, year, year_person


class TheForm(unittest.TestCase):
    def refused(self, change, base=plain):
        bundle = base()
        change(bundle)
        with self.assertRaises(recount.Malformed) as caught:
            counted_again(bundle)
        self.assertNotIn("\n", str(caught.exception))

    def test_numbers_are_exact(self):
        for wrong in (40, 40.5, None, "", "4e1", " 40", "40.", ".5", "４０", "NaN", "40\n", "-1", "1/3"):
            self.refused(lambda b: b["rules"]["groups"][0].update(weight_percent=wrong))
        for wrong in ("6", 6.0, True, -1, None):
            self.refused(lambda b: b["groups"][1].update(returned=wrong))

    def test_a_rule_that_is_not_there_is_no_default(self):
        for key in ("groups", "scale", "bands", "turnout", "gap", "trim_from", "ties", "threshold"):
            self.refused(lambda b: b["rules"].pop(key))
        for key in ("cap", "year"):
            self.refused(lambda b: b["rules"].pop(key), lambda: year(year_person()))

    def test_rules_that_cannot_be(self):
        for key, value in (("gap", "zero"), ("trim_from", 2), ("ties", ["time"]), ("threshold", 0), ("bands", []),
                           ("bands", RULES["bands"][:3]), ("bands", RULES["bands"][::-1])):
            self.refused(lambda b: b["rules"].update({key: value}))
        self.refused(lambda b: b["rules"].update(cap={**THIRD, "grade": "not"}), lambda: year(year_person()))
        self.refused(lambda b: b["rules"]["groups"][2]["dimensions"][0].update(weight="0"))

    def test_nothing_stands_twice(self):
        self.refused(lambda b: b["people"].append(b["people"][0]))
        self.refused(lambda b: b["groups"].append({"group": "leader"}))
        self.refused(lambda b: b["rules"]["scale"].append(b["rules"]["scale"][0]))
        with self.assertRaises(recount.Malformed):
            recount.read_bundle(b'{"rules": {}, "rules": {}}')

    def test_people_use_known_names_and_marks_within_0_to_100(self):
        self.refused(lambda b: b["people"][0]["marks"]["l1"].update(charm="90"))
        self.refused(lambda b: b["people"][0]["marks"]["l1"].update(duty="100.01"))
        self.refused(lambda b: b["people"][0]["counts"]["peer"].update(charm=counted()))
        self.refused(lambda b: b["people"][0]["counts"]["peer"]["part"]["grades"].update(superb=1))
        self.refused(lambda b: b["people"][0]["counts"].update(leader={}))

    def test_a_year_divides_by_nothing(self):
        self.refused(lambda b: b["people"][0]["quarters"][0].update(days=0), lambda: year(year_person()))
        for wrong in ({"weight": "0"}, {"completion": "1/0"}, {"completion": "1/-2"}, {"completion": 1}):
            self.refused(lambda b: b["people"][0]["comparisons"][0].update(wrong), lambda: year(year_person()))

    def test_other_keys_are_ignored(self):
        bundle = plain()
        bundle["rules"]["publicity_days"] = bundle["note"] = 5.5
        self.assertEqual(first(bundle)["score"], "89.65")


if __name__ == "__main__":
    unittest.main()
