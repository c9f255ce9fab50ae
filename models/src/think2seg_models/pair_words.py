"""Words of questions that relate two concepts. In a frame `{w}` is the relation and `{o}` the second concept with its article."""

from .phrases import Phrases, split

PAIR_RELATIONS = ["nearest_to", "farthest_from", "north_of", "south_of", "west_of", "east_of", "beside", "not_beside"]
OF_ONE = {"nearest_to", "farthest_from"}
"""Relations that pick one instance; the others pick all to which they apply."""
OF_ANY = {"beside", "not_beside"}
"""Relations to any instance of the second concept; the others need exactly one of it."""

PAIR_WORDS: dict[str, Phrases] = {
    "nearest_to": split(
        "nearest to | closest to | at the shortest distance from | least far from | most near to | nearest | closest by"
        " | with the smallest distance to | with the shortest way to | a minimal distance from | right nearest to"
        " | the least distance from",
        "in closest proximity to | fewest steps from",
    ),
    "farthest_from": split(
        "farthest from | furthest from | at the greatest distance from | most remote from | most far from | with the longest way to"
        " | with the largest distance to | most removed from | a maximal distance from | furthest away from | farthest away from",
        "most distant from | least near to",
    ),
    "north_of": split(
        "north of | to the north of | on the northern side of | further north than | above | to the north from | north from"
        " | in the north of | up from | at the north side of | on the north side of | further up than",
        "lying northward of | higher up in the picture than",
    ),
    "south_of": split(
        "south of | to the south of | on the southern side of | further south than | below | to the south from | south from"
        " | in the south of | down from | at the south side of | on the south side of | further down than | beneath | under",
        "lying southward of | lower in the picture than",
    ),
    "west_of": split(
        "west of | to the west of | on the western side of | further west than | left of | to the west from | west from"
        " | in the west of | to the left of | at the west side of | on the west side of | further left than | on the left of",
        "lying westward of | to the left hand of",
    ),
    "east_of": split(
        "east of | to the east of | on the eastern side of | further east than | right of | to the east from | east from"
        " | in the east of | to the right of | at the east side of | on the east side of | further right than | on the right of",
        "lying eastward of | to the right hand of",
    ),
    "beside": split(
        "beside | next to | right by | bordering on | directly at | alongside | close by | very close to | bordering | right next to"
        " | adjacent to | touching | at the edge of | in contact with | side by side with | along | immediately at | abutting",
        "adjoining | hard by",
    ),
    "not_beside": split(
        "not beside | not next to | away from | not bordering on | set apart from | at some distance from | not close to"
        " | not adjacent to | not touching | not alongside | far from | remote from | with no contact to | separate from | off from"
        " | not near",
        "standing clear of | nowhere close to",
    ),
}

PAIR_FRAMES_ONE: Phrases = split(
    "find the {n} {w} {o} . | which {n} is {w} {o} ? | mark the {n} {w} {o} . | show me the {n} {w} {o} . | the {n} {w} {o}"
    " | where is the {n} {w} {o} ?"
    " | {a} want to {p} , show the place {w} {o} . | i need to {p} ; take the spot {w} {o} . | which {d} is {w} {o} ?"
    " | outline the {d} {w} {o} ."
    " | of all {ns} , keep the one {w} {o} . | segment the {n} that is {w} {o} . | where could {a} {p} ? only the option {w} {o} ."
    " | indicate the {n} {w} {o} . | select the {n} that lies {w} {o} . | extract the {n} {w} {o} . | tell me which {n} is {w} {o} ."
    " | {n} {w} {o} | {d} {w} {o}"
    " | display the {d} {w} {o} . | i am looking for the {n} {w} {o} . | put a polygon around the {n} {w} {o} ."
    " | the spot to {p} {w} {o} | where can {a} {p} {w} {o} ? take one place ."
    " | pick the {n} {w} {o} . | of the {ns} , which is {w} {o} ? | among several {ns} i want the one {w} {o} ."
    " | {a} want to {p} {w} {o} ; where is that ? | return the {n} found {w} {o} ."
    " | map the {d} {w} {o} . | digitise the {n} situated {w} {o} .",
    "highlight the {n} {w} {o} please . | point at the {d} {w} {o} . | somebody hopes to {p} ; give the option {w} {o} .",
)
PAIR_FRAMES_SEVERAL: Phrases = split(
    "find all {ns} {w} {o} . | which {ns} are {w} {o} ? | mark every {n} {w} {o} . | show the {ns} {w} {o} . | {ns} {w} {o}"
    " | are there {ns} {w} {o} ?"
    " | where could {a} {p} {w} {o} ? | {a} want to {p} ; show all places {w} {o} . | i would like to {p} {w} {o} . where should i go ?"
    " | segment each {n} that is {w} {o} . | outline every {d} {w} {o} . | locate the {ns} that are {w} {o} . | mark each {d} {w} {o} ."
    " | indicate the {ns} {w} {o} . | select all {ns} that are located {w} {o} . | extract each {n} {w} {o} ."
    " | tell me which {ns} are {w} {o} . | every {n} {w} {o} | {d} {w} {o}"
    " | display each {d} {w} {o} . | i am looking for {ns} {w} {o} . | put a polygon around each {n} {w} {o} ."
    " | all spots to {p} {w} {o} | where can {a} {p} {w} {o} ?"
    " | pick the {ns} {w} {o} . | of the {ns} , which are {w} {o} ? | among the {ns} of the scene i want those {w} {o} ."
    " | {a} want to {p} {w} {o} ; where is that possible ?"
    " | return the {ns} found {w} {o} . | map each {d} {w} {o} . | digitise the {ns} situated {w} {o} . | {n} {w} {o}",
    "highlight any {n} {w} {o} please . | delineate the {ns} {w} {o} . | could one {p} {w} {o} ? show where .",
)
