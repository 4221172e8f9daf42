"""What Schemathesis asks with, and what it holds each answer of the server to.

Scalars are values as the schema says and values that are not quite; ids of what is there are named by whoever runs it.
"""

from datetime import date

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

ODD = st.sampled_from(["", " ", "0", "-1", "00", "1e400", "\u0000", "９", "𠮷", "'; --", "1234@nowhere", "2022-02-30"])


def scalar(name, proper):
    schemathesis.graphql.scalar(name, st.one_of(proper, proper, proper, ODD).map(nodes.String))


# Most days are of the year in which things are there.
YEAR = st.dates(date(2022, 1, 1), date(2022, 12, 31)).map(str)
scalar("Date", st.one_of(YEAR, YEAR, st.dates().map(str)))
scalar("DateTime", st.one_of(YEAR.map("{}T12:00:00+08:00".format), st.datetimes().map("{0:%Y}-{0:%m}-{0:%d}T00:00:00Z".format)))
scalar("Decimal", st.decimals(allow_nan=False, allow_infinity=False).map(str))
# Most positions are of the log as it is.
scalar("Position", st.one_of(*[st.integers(0, 60).map(str)] * 4, st.integers(0, 2**65).map(str)))


@schemathesis.check
def is_answered_as_promised(ctx, response, case):
    """An answer of GraphQL over HTTP: data where it was executed, none where not, and no accident in either."""
    assert response.status_code in (200, 400), f"status {response.status_code}"
    body = response.json()
    assert ("data" in body) == (response.status_code == 200), "data where it was executed, and nowhere else"
    for error in body.get("errors", []):
        said = error["extensions"]
        assert said["code"] != "internal", f"an accident: {error}"
        assert "." in said["code"] or said["code"] == "unauthenticated", f"no code: {error}"
        assert error["message"] and said["messageZh"], f"nothing is said: {error}"
