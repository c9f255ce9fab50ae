"""Words of questions that relate two concepts. In a frame `{w}` is the relation and `{o}` the second concept with its article."""

from .phrases import Phrases, split

PAIR_RELATIONS = ["nearest_to", "farthest_from", "north_of", "south_of", "west_of", "east_of", "beside", "not_beside"]
OF_ONE = {"nearest_to", "farthest_from"}
"""Relations that pick one instance; the others pick all to which they apply."""
OF_ANY = {"beside", "not_beside"}
"""Relations to any instance of the second concept; the others need exactly one of it."""

PAIR_WORDS: dict[str, Phrases] = {
    "nearest_to": split(
        "nearest to | closest to | at the shortest distance from | least far from | most near to",
        "in closest proximity to | fewest steps from",
    ),
    "farthest_from": split(
        "farthest from | furthest from | at the greatest distance from | most remote from", "most distant from | least near to"
    ),
    "north_of": split(
        "north of | to the north of | on the northern side of | further north than | above",
        "lying northward of | higher up in the picture than",
    ),
    "south_of": split(
        "south of | to the south of | on the southern side of | further south than | below",
        "lying southward of | lower in the picture than",
    ),
    "west_of": split(
        "west of | to the west of | on the western side of | further west than | left of", "lying westward of | to the left hand of"
    ),
    "east_of": split(
        "east of | to the east of | on the eastern side of | further east than | right of", "lying eastward of | to the right hand of"
    ),
    "beside": split("beside | next to | right by | bordering on | directly at | alongside", "adjoining | hard by"),
    "not_beside": split(
        "not beside | not next to | away from | not bordering on | set apart from | at some distance from",
        "standing clear of | nowhere close to",
    ),
}

PAIR_FRAMES_ONE: Phrases = split(
    "find the {n} {w} {o} . | which {n} is {w} {o} ? | mark the {n} {w} {o} . | show me the {n} {w} {o} . | the {n} {w} {o} | where is the {n} {w} {o} ?"
    " | {a} want to {p} , show the place {w} {o} . | i need to {p} ; take the spot {w} {o} . | which {d} is {w} {o} ? | outline the {d} {w} {o} ."
    " | of all {ns} , keep the one {w} {o} . | segment the {n} that is {w} {o} . | where could {a} {p} ? only the option {w} {o} .",
    "highlight the {n} {w} {o} please . | point at the {d} {w} {o} . | somebody hopes to {p} ; give the option {w} {o} .",
)
PAIR_FRAMES_SEVERAL: Phrases = split(
    "find all {ns} {w} {o} . | which {ns} are {w} {o} ? | mark every {n} {w} {o} . | show the {ns} {w} {o} . | {ns} {w} {o} | are there {ns} {w} {o} ?"
    " | where could {a} {p} {w} {o} ? | {a} want to {p} ; show all places {w} {o} . | i would like to {p} {w} {o} . where should i go ?"
    " | segment each {n} that is {w} {o} . | outline every {d} {w} {o} . | locate the {ns} that are {w} {o} . | mark each {d} {w} {o} .",
    "highlight any {n} {w} {o} please . | delineate the {ns} {w} {o} . | could one {p} {w} {o} ? show where .",
)
