"""One case per metric of this family: the rows given, and the year 2024 to the day AS_OF, counted by hand."""

from tests.metrics.given import AREAS, LAYER, Expected, Given, counts, linked, numbered, shares

KINDS: list[tuple[str, str]] = [("", ""), ("offense_category", "homicide"), ("offense_category", "nonfatal_shooting")]
GROUP_SHOTS = numbered(
    "shooting_id",
    # two victims of one incident, one of them dead and a member
    {"incident_id": "i1", "review_date": "2024-01-30", "group_victim_status": "confirmed", "is_fatal": True},
    {"incident_id": "i1", "review_date": "2024-01-30", "group_victim_status": "no", "occurred_date": "2024-01-22"},
    {"incident_id": "i2", "review_date": "2024-01-30", "group_victim_status": "suspected"},
    # one side ruled out, the other not known
    {"incident_id": "i3", "review_date": "2024-01-30", "group_victim_status": "no"},
    {"incident_id": "i4", "group_suspect_status": "no"},
    {"incident_id": "i5", "review_date": "2024-01-30", "group_victim_status": "no", "group_suspect_status": "no"},
    # no shooting, and nobody hit
    {"incident_id": "i6", "review_date": "2024-01-30", "group_suspect_status": "confirmed", "is_unfounded": True},
    {"incident_id": "i8", "review_date": "2024-01-30", "group_suspect_status": "confirmed", "wound_type": "none"},
    # known without a review
    {"incident_id": "i7", "group_suspect_status": "suspected"},
    occurred_date="2024-01-20",
    intent="criminal",
)

ROSTER = [
    {"membership_id": "m1", "linked_person_id": "ann", "group_id": "g1", "known_on": "2024-01-01"},
    # a second group of the same person, and a second basis in the same group
    {"membership_id": "m2", "linked_person_id": "ann", "group_id": "g2", "known_on": "2024-01-01"},
    {
        "membership_id": "m5",
        "linked_person_id": "ann",
        "group_id": "g1",
        "known_on": "2024-02-01",
        "expires_on": "2024-03-01",
    },
    {"membership_id": "m3", "linked_person_id": "bob", "group_id": "g1", "known_on": "2024-01-01"},
    # ended the day before the last
    {
        "membership_id": "m4",
        "linked_person_id": "cas",
        "group_id": "g3",
        "known_on": "2024-01-01",
        "expires_on": "2024-03-31",
    },
    # from the middle of the longest one on
    {"membership_id": "m7", "linked_person_id": "ann", "group_id": "g1", "known_on": "2024-03-15"},
    # known on the day of the first call-in
    {"membership_id": "m8", "linked_person_id": "gil", "group_id": "g4", "known_on": "2024-02-20"},
    # nobody wrote down since when
    {"membership_id": "m6", "linked_person_id": "dee", "group_id": "g2"},
]

# Who shot at whom: shot back after 14, 16 and 60 days, on the same day by the clock, after 10, 15, 30 and 31 days.
FEUD = [
    {"incident_id": "i1", "occurred_date": "2024-01-01", "group_suspect": "g1", "group_victim": "g2"},
    {"incident_id": "i1", "occurred_date": "2024-01-02", "group_suspect": "g1", "group_victim": "g2"},
    {
        "incident_id": "i2",
        "occurred_date": "2024-01-15",
        "group_suspect": "g2",
        "group_victim": "g1",
        "group_victim_status": "suspected",
    },
    # at others meanwhile
    {"incident_id": "i14", "occurred_date": "2024-01-10", "group_suspect": "g2", "group_victim": "g9"},
    {"incident_id": "i3", "occurred_date": "2024-01-31", "group_suspect": "g1", "group_victim": "g2"},
    {"incident_id": "i4", "occurred_date": "2024-03-31", "group_suspect": "g2", "group_victim": "g1"},
    {
        "incident_id": "i9",
        "occurred_date": "2024-01-01",
        "occurred_at": "2024-01-01 18:00",
        "group_suspect": "g5",
        "group_victim": "g6",
    },
    {
        "incident_id": "i10",
        "occurred_date": "2024-01-01",
        "occurred_at": "2024-01-01 23:00",
        "group_suspect": "g6",
        "group_victim": "g5",
    },
    # in one incident both ways, which is no answer; one of the two is answered by i13
    {
        "incident_id": "i12",
        "occurred_date": "2024-02-10",
        "occurred_at": "2024-02-10 18:00",
        "group_suspect": "g7",
        "group_victim": "g8",
    },
    {
        "incident_id": "i12",
        "occurred_date": "2024-02-10",
        "occurred_at": "2024-02-10 18:01",
        "group_suspect": "g8",
        "group_victim": "g7",
    },
    {"incident_id": "i13", "occurred_date": "2024-02-20", "group_suspect": "g8", "group_victim": "g7"},
    {"incident_id": "i20", "occurred_date": "2024-01-03", "group_suspect": "g11", "group_victim": "g12"},
    {"incident_id": "i21", "occurred_date": "2024-01-18", "group_suspect": "g12", "group_victim": "g11"},
    {"incident_id": "i22", "occurred_date": "2024-01-01", "group_suspect": "g13", "group_victim": "g14"},
    {"incident_id": "i23", "occurred_date": "2024-01-31", "group_suspect": "g14", "group_victim": "g13"},
    {"incident_id": "i24", "occurred_date": "2024-01-01", "group_suspect": "g15", "group_victim": "g16"},
    {"incident_id": "i25", "occurred_date": "2024-02-01", "group_suspect": "g16", "group_victim": "g15"},
    # 14 and 30 days are just over
    {"incident_id": "i26", "occurred_date": "2024-03-17", "group_suspect": "g17", "group_victim": "g18"},
    {"incident_id": "i27", "occurred_date": "2024-03-01", "group_suspect": "g19", "group_victim": "g20"},
    # within one group, with one side or its standing not known
    {"incident_id": "i5", "occurred_date": "2024-02-01", "group_suspect": "g3", "group_victim": "g3"},
    {"incident_id": "i6", "occurred_date": "2024-01-02", "group_suspect": "g2"},
    {
        "incident_id": "i7",
        "occurred_date": "2024-01-02",
        "group_suspect": "g2",
        "group_suspect_status": "unknown",
        "group_victim": "g1",
    },
    {
        "incident_id": "i8",
        "occurred_date": "2024-01-02",
        "group_suspect": "g2",
        "group_victim": "g1",
        "group_victim_status": "no",
    },
]
FEUDS: Given = {
    "shootings": [
        {
            "shooting_id": f"s{number}",
            "intent": "criminal",
            "group_suspect_status": "suspected",
            "group_victim_status": "confirmed",
            **row,
        }
        for number, row in enumerate(FEUD)
    ]
}

ACTIONS: Given = {
    "shootings": GROUP_SHOTS,
    "enforcement_actions": numbered(
        "action_id",
        # the first of two against g1 after 15 days, one against g2 after 5, one against g3 after 40
        {"group_id": "g1", "trigger_incident_id": "i1", "action_date": "2024-02-10"},
        {"group_id": "g1", "trigger_incident_id": "i1", "action_date": "2024-02-04"},
        {"group_id": "g2", "trigger_incident_id": "i1", "action_date": "2024-01-25"},
        {"group_id": "g3", "trigger_incident_id": "i2", "action_date": "2024-02-29", "action_type": None},
        # before the shooting, for none, for what was no shooting
        {"group_id": "g4", "trigger_incident_id": "i2", "action_date": "2024-01-19"},
        {"group_id": "g4", "trigger_incident_id": None, "action_date": "2024-02-01"},
        {"group_id": "g4", "trigger_incident_id": "i6", "action_date": "2024-02-01"},
        # help, not yet, never
        {"group_id": "g5", "trigger_incident_id": "i2", "action_date": "2024-01-21", "action_type": "help"},
        {"group_id": "g5", "trigger_incident_id": "i2", "action_date": "2024-04-01"},
        {"group_id": "g5", "trigger_incident_id": "i2", "action_date": None},
        action_type="enforcement",
        promised_date="2024-01-02",
    ),
}

# Who was told on 2024-01-10 and what followed; counted on a later day in test_counting_rules_safety.
TOLD: Given = {
    "notifications": [
        {"notification_id": "ann", "group_id": "g1"},
        # told again: the clock runs on
        {"notification_id": "ann again", "notification_date": "2024-02-10", "group_id": "g1"},
        {"notification_id": "bob", "group_id": "g1"},
        {"notification_id": "eve", "group_id": "g2"},
        {"notification_id": "fay", "group_id": "g2"},
        # the 180 days of gus are over on 2025-02-01, those of hal the day after
        {"notification_id": "gus", "notification_date": "2024-08-05", "group_id": "g6"},
        {"notification_id": "hal", "notification_date": "2024-08-06", "group_id": "g4"},
        # the 365 days of pat are over on 2025-02-01, those of quy the day after
        {"notification_id": "pat", "notification_date": "2024-02-02", "group_id": "g7"},
        {"notification_id": "quy", "notification_date": "2024-02-03"},
        # told before the group was
        {"notification_id": "oz", "notification_date": "2024-01-05"},
        # not delivered, not said, and nobody's
        {"notification_id": "cas", "message_delivered": False, "notification_date": "2024-01-02", "group_id": "g1"},
        {"notification_id": "dee", "message_delivered": None, "notification_date": "2024-01-02", "group_id": "g1"},
        {"notification_id": "nobody", "group_id": "g2"},
    ],
    "arrests": [
        # the 180th day
        {"arrest_id": "ann 2", "arrest_date": "2024-07-08", "offense_category": "robbery"},
        {"arrest_id": "ann 4", "arrest_date": "2024-09-01", "offense_category": "robbery"},
        # 731 days before
        {"arrest_id": "ann 3", "arrest_date": "2022-01-09", "offense_category": "simple_assault", "is_domestic": True},
        {"arrest_id": "bob 1", "arrest_date": "2024-02-01", "offense_category": "theft"},
        # the 181st
        {"arrest_id": "bob 2", "arrest_date": "2024-07-09", "offense_category": "robbery", "is_domestic": True},
        {"arrest_id": "bob 3", "arrest_date": "2023-06-01", "offense_category": "simple_assault", "is_domestic": True},
        # before, on the day itself, and the 365th
        {"arrest_id": "eve 1", "arrest_date": "2023-12-01", "offense_category": "robbery"},
        {"arrest_id": "eve 3", "arrest_date": "2024-01-10", "offense_category": "robbery"},
        {"arrest_id": "eve 4", "arrest_date": "2025-01-09", "offense_category": "robbery", "is_domestic": True},
        {"arrest_id": "eve 2", "arrest_date": "2024-01-10", "offense_category": "simple_assault", "is_domestic": True},
        # 730 days before
        {"arrest_id": "fay 1", "arrest_date": "2022-01-10", "offense_category": "simple_assault", "is_domestic": True},
        {"arrest_id": "fay 2", "arrest_date": "2024-07-08", "offense_category": "simple_assault", "is_domestic": True},
        {"arrest_id": "fay 4", "arrest_date": "2024-12-01", "offense_category": "simple_assault", "is_domestic": True},
        # the 366th
        {"arrest_id": "fay 3", "arrest_date": "2025-01-10", "offense_category": "robbery"},
        {"arrest_id": "oz 1", "arrest_date": "2023-11-01", "offense_category": "simple_assault", "is_domestic": True},
        {"arrest_id": "oz 2", "arrest_date": "2025-01-05", "offense_category": "simple_assault", "is_domestic": True},
        {"arrest_id": "pat 1", "arrest_date": "2023-12-01", "offense_category": "simple_assault", "is_domestic": True},
        {"arrest_id": "gus 1", "arrest_date": "2024-01-01", "offense_category": "simple_assault", "is_domestic": True},
        # the 181st
        {"arrest_id": "quy 1", "arrest_date": "2024-08-02", "offense_category": "theft"},
        {"arrest_id": "ida 1", "arrest_date": "2024-07-08", "offense_category": "robbery"},
        {"arrest_id": "ida 2", "arrest_date": "2024-09-08", "offense_category": "robbery"},
        {"arrest_id": "cas 1", "arrest_date": "2024-07-09", "offense_category": "robbery"},
        {"arrest_id": "lou 1", "arrest_date": "2024-02-09", "offense_category": "theft"},
        {"arrest_id": "lou 2", "arrest_date": "2024-01-10", "offense_category": "robbery"},
        {"arrest_id": "lou 3", "arrest_date": "2025-01-09", "offense_category": "robbery"},
        {"arrest_id": "tam 1", "arrest_date": "2025-01-10", "offense_category": "robbery"},
        {"arrest_id": "jan 1", "arrest_date": "2024-02-09", "offense_category": "robbery"},
        {"arrest_id": "nobody 1", "arrest_date": "2024-02-09", "offense_category": "robbery"},
    ],
    "custody": [
        # 11 to 20 January, twice over
        {"custody_id": "ann 1", "detained_from": "2024-01-05", "detained_to": "2024-01-21"},
        {"custody_id": "ann 2", "detained_from": "2024-01-15", "detained_to": "2024-01-21"},
        # 1 to 8 July, the 180th day
        {"custody_id": "bob 1", "detained_from": "2024-07-01", "detained_to": "2024-08-01"},
        # 31 January and 1 February, the 180th day
        {"custody_id": "gus 1", "detained_from": "2025-01-31"},
        # out on the first day or before, in after the last, held for others
        {"custody_id": "eve 1", "detained_from": "2024-01-01", "detained_to": "2024-01-11"},
        {"custody_id": "oz 1", "detained_from": "2023-12-01", "detained_to": "2023-12-20"},
        {"custody_id": "ann 3", "detained_from": "2024-09-01", "detained_to": "2024-09-10"},
        {
            "custody_id": "fay 1",
            "detained_from": "2024-02-01",
            "detained_to": "2024-03-01",
            "is_other_agency_hold": True,
        },
    ],
    "group_memberships": [
        {"membership_id": "ann", "linked_person_id": "ann", "group_id": "g1", "known_on": "2023-06-01"},
        {"membership_id": "ida", "linked_person_id": "ida", "group_id": "g1", "known_on": "2023-06-01"},
        {"membership_id": "cas", "linked_person_id": "cas", "group_id": "g1", "known_on": "2023-06-01"},
        {"membership_id": "lou 1", "linked_person_id": "lou", "group_id": "g1", "known_on": "2023-06-01"},
        {"membership_id": "lou 2", "linked_person_id": "lou", "group_id": "g2", "known_on": "2023-06-01"},
        {"membership_id": "tam", "linked_person_id": "tam", "group_id": "g1", "known_on": "2023-06-01"},
        {"membership_id": "rae", "linked_person_id": "rae", "group_id": "g6", "known_on": "2023-06-01"},
        {"membership_id": "sol", "linked_person_id": "sol", "group_id": "g7", "known_on": "2023-06-01"},
        # told later: still one who was not told then
        {"membership_id": "gus", "linked_person_id": "gus", "group_id": "g1", "known_on": "2024-01-10"},
        # known too late, no longer a member, told before, in a group nobody told, of a group told in August
        {"membership_id": "jan", "linked_person_id": "jan", "group_id": "g1", "known_on": "2024-01-11"},
        {
            "membership_id": "kim",
            "linked_person_id": "kim",
            "group_id": "g1",
            "known_on": "2023-06-01",
            "expires_on": "2024-01-10",
        },
        {"membership_id": "oz", "linked_person_id": "oz", "group_id": "g1", "known_on": "2023-06-01"},
        {"membership_id": "mia", "linked_person_id": "mia", "group_id": "g3", "known_on": "2023-06-01"},
        {"membership_id": "nat", "linked_person_id": "nat", "group_id": "g4", "known_on": "2023-06-01"},
    ],
}
TOLD["notifications"] = [
    {"notification_date": "2024-01-10", "mode": "custom", "message_delivered": True, **row}
    for row in TOLD["notifications"]
]
TOLD["person_records"] = [
    {"record_table": table, "record_id": row[key], "person_id": row[key].split(" ")[0]}
    for table, key in (("notifications", "notification_id"), ("arrests", "arrest_id"), ("custody", "custody_id"))
    for row in TOLD[table]
    if row[key] != "nobody"
]
# Nobody's 180 days are over: nothing is said yet.
NOT_OVER: tuple[Given, Expected] = (TOLD, {})

DOMESTIC: Given = {
    "incidents": numbered(
        "incident_id",
        # 365 days later there are two on one day at the address, one with an injury
        {"occurred_date": "2023-01-10", "place_id": "p-north"},
        {"occurred_date": "2024-01-10", "place_id": "p-north", "injury": "serious"},
        {"occurred_date": "2024-01-10", "place_id": "p-north", "injury": "none"},
        {"occurred_date": "2024-01-10", "place_id": "p-south", "injury": "unknown"},
        {"occurred_date": "2024-01-11", "area_id": "north", "injury": "minor"},
        # 366 days later, and once more
        {"occurred_date": "2023-01-01", "place_id": "p-far"},
        {"occurred_date": "2024-01-02", "place_id": "p-far", "injury": "fatal"},
        {"occurred_date": "2024-03-31", "place_id": "p-far"},
        # unfounded, not domestic, not said
        {"occurred_date": "2024-01-09", "place_id": "p-south", "injury": "minor", "clearance_status": "unfounded"},
        {"occurred_date": "2024-01-09", "place_id": "p-south", "injury": "minor", "is_domestic": False},
        {"occurred_date": "2024-01-09", "place_id": "p-south", "injury": "minor", "is_domestic": None},
        is_domestic=True,
    ),
    "place_areas": AREAS,
    "population": [
        {"layer": LAYER, "area_id": "north", "race_ethnicity": "all", "age_band": "all", "population": 2000}
    ],
}

CASES: dict[str, tuple[Given, Expected]] = {
    "group_involved_share": ({"shootings": GROUP_SHOTS}, shares(KINDS, (2, 4), (1, 1), (1, 3))),
    "group_involved_confirmed_share": ({"shootings": GROUP_SHOTS}, shares(KINDS, (1, 4), (1, 1), (0, 3))),
    "group_involved_share_of_all": ({"shootings": GROUP_SHOTS}, shares(KINDS, (3, 6), (1, 1), (2, 5))),
    "group_involvement_unknown_share": ({"shootings": GROUP_SHOTS}, shares(KINDS, (2, 6), (0, 1), (2, 5))),
    "group_population_share": (
        {
            "group_memberships": ROSTER,
            "population": [
                {"layer": LAYER, "area_id": "north", "race_ethnicity": "all", "age_band": "all", "population": 2000}
            ],
        },
        {("", ""): (4, 2000, 2.0)},
    ),
    "active_groups": ({"group_memberships": ROSTER}, counts([("", "")], 3)),
    "group_size": ({"group_memberships": ROSTER}, {("", ""): (5, 3, 5 / 3)}),
    "supervised_member_count": (
        {
            "group_memberships": ROSTER,
            "supervision": numbered(
                "supervision_id",
                {"supervision_type": "probation"},
                {"supervision_type": "pretrial"},
                {"supervision_type": "parole"},
                # ended the day before the last
                {"supervision_type": "parole", "end_date": "2024-03-30"},
                start_date="2024-02-01",
            ),
            "person_records": linked(
                "supervision",
                **{
                    "supervision_id-1": "ann",
                    "supervision_id-2": "bob",
                    "supervision_id-3": "cas",
                    "supervision_id-4": "dee",
                },
            ),
        },
        counts([("", "")], 1),
    ),
    # on the first day one of four groups, on the second, when g3 has no member left, one of three
    "groups_represented_share": (
        {
            "group_memberships": ROSTER,
            "notifications": numbered(
                "notification_id",
                {"group_id": "g1", "has_attended": True},
                {"group_id": "g1", "has_attended": False},
                {"group_id": "g2", "has_attended": False},
                {"group_id": "g3", "has_attended": None},
                # a group without members that count, nobody's, and no call-in
                {"group_id": "g9", "has_attended": True},
                {"group_id": None, "has_attended": True},
                {"group_id": "g2", "has_attended": True, "mode": "custom"},
                {"group_id": "g2", "has_attended": True, "notification_date": "2024-03-31"},
                {"group_id": "g2", "has_attended": True, "notification_date": "2024-03-01", "mode": "letter"},
                notification_date="2024-02-20",
                mode="call_in",
            ),
        },
        shares([("", "")], (2, 7)),
    ),
    "callin_attendance_rate": (
        {
            "notifications": numbered(
                "notification_id",
                {"mode": "call_in", "has_attended": True, "was_invited": True},
                {"mode": "call_in", "has_attended": False},
                {"mode": "call_in", "has_attended": None},
                {"mode": "call_in", "has_attended": True, "was_invited": False},
                {"mode": "custom", "has_attended": True},
                notification_date="2024-02-20",
            )
        },
        {("", ""): (1, 2, 0.5)},
    ),
    "notified_reoffending_180d": NOT_OVER,
    "notified_reoffending_365d": NOT_OVER,
    "non_notified_peer_offending_180d": NOT_OVER,
    "non_notified_peer_offending_365d": NOT_OVER,
    "notified_without_arrest_180d": NOT_OVER,
    "notified_days_at_liberty_180d": NOT_OVER,
    "dv_notified_recidivism_180d": NOT_OVER,
    "dv_notified_recidivism_365d": NOT_OVER,
    # Only those of New Year's Day have had 90 days: shot back after 0, 14, 30 and 31, and one not.
    "group_retaliation_interval": (FEUDS, {("", ""): (4, 4, 22.0)}),
    "retaliation_within_14d": (FEUDS, shares([("", "")], (3, 17))),
    "retaliation_within_30d": (FEUDS, shares([("", "")], (6, 16))),
    "days_violence_to_group_response": (ACTIONS, {("", ""): (3, 3, 15.0)}),
    "promise_kept_rate": (
        {
            "enforcement_actions": numbered(
                "action_id",
                {"promised_date": "2024-01-02", "action_date": "2024-03-31", "action_type": "enforcement"},
                {"promised_date": "2024-01-02", "action_date": "2024-04-02", "action_type": "help"},
                {"promised_date": "2024-01-02", "action_type": "help"},
                {"action_date": "2024-02-02", "action_type": "enforcement"},
                group_id="g1",
            )
        },
        {("", ""): (1, 3, 1 / 3)},
    ),
    # seven actions done by AS_OF; i1, i2 and i7 involve a group
    "enforcement_actions_per_gmi_incident": (ACTIONS, shares([("", "")], (7, 3))),
    "services_uptake_rate": (
        {
            "outreach": numbered(
                "outreach_id",
                {"support_offered": 10, "support_accepted": 4, "place_id": "p-north"},
                {"support_offered": 5, "support_accepted": 5, "area_id": "south"},
                {"support_offered": 0, "support_accepted": 0, "area_id": "south"},
                # one of the two not counted, and more taken up than offered
                {"support_offered": 3, "support_accepted": None, "area_id": "south"},
                {"support_offered": None, "support_accepted": 2, "area_id": "south"},
                {"support_offered": 2, "support_accepted": 3, "area_id": "south"},
                outreach_date="2024-01-15",
            ),
            "place_areas": AREAS,
        },
        shares([("", ""), (LAYER, "north"), (LAYER, "south")], (9, 15), (4, 10), (5, 5)),
    ),
    "custom_notifications_made": (
        {
            "notifications": numbered(
                "notification_id",
                {"mode": "custom", "message_delivered": True},
                {"mode": "custom", "message_delivered": None},
                {"mode": "custom", "message_delivered": False},
                {"mode": "call_in", "message_delivered": True},
                {"mode": "letter", "message_delivered": True},
                notification_date="2024-02-20",
            )
        },
        counts([("", "")], 2),
    ),
    "dv_calls_for_service": (DOMESTIC, {("", ""): (6, 2000, 3.0)}),
    "dv_repeat_calls_share": (
        DOMESTIC,
        shares([("", ""), (LAYER, "north"), (LAYER, "south"), (LAYER, "unknown")], (3, 5), (2, 2), (0, 1), (1, 2)),
    ),
    "dv_injuries_per_incident": (
        DOMESTIC,
        shares([("", ""), (LAYER, "north"), (LAYER, "unknown")], (3, 4), (2, 3), (1, 1)),
    ),
}
