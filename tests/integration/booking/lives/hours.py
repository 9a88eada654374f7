"""Hours of weeks and of single dates: minutes as they are drawn, words as they are typed."""

from hypothesis import strategies as st

ROUND_THE_CLOCK = [(day, 0, 1440) for day in range(1, 8)]
stretches = st.tuples(st.integers(0, 30), st.integers(8, 18)).map(
    lambda day: (day[0] * 30, min(48, day[0] + day[1]) * 30)
)
weeks = st.one_of(
    st.just(ROUND_THE_CLOCK),
    st.just(ROUND_THE_CLOCK),
    st.lists(stretches, min_size=7, max_size=7).map(
        lambda days: [(n, opens, closes) for n, (opens, closes) in enumerate(days, start=1)]
    ),
)

# of a date: no exception any more (None), no hours, one stretch, a morning and an evening, all day
dates = st.one_of(
    st.none(),
    st.just([]),
    stretches.map(lambda one: [one]),
    st.just([(480, 720), (780, 1140)]),
    st.just([(0, 1440)]),
)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def typed(week):
    return [{"weekday": n, "opens": clock(a), "closes": clock(b)} for n, a, b in week]


def entries(hours):
    return [{"opens": clock(opens), "closes": clock(closes)} for opens, closes in hours]


def typed_entry(entry):
    week, weekday, opens, closes = entry
    return {"week": week, "weekday": weekday, "opens": clock(opens), "closes": clock(closes)}
