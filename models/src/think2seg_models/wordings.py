"""The words questions are made of: per concept its names, users, purposes and descriptions.

Every list is a pair `(seen, held_out)`. Training draws from `seen` only; the held-out half measures whether the pack
understands wordings that it never met. A question is a frame (`FRAMES`) filled with these words.
"""

from .phrases import Concept, Phrases, split
from .wordings_land import LAND_CONCEPTS
from .wordings_wider import widened
from .wordings_works import WORKS_CONCEPTS

FIRST_CONCEPTS: list[Concept] = [
    Concept(
        "building",
        "a building",
        split(
            "building/buildings | house/houses | roof/roofs | home/homes | warehouse/warehouses | office block/office blocks"
            " | apartment block/apartment blocks | factory hall/factory halls | dwelling/dwellings | school/schools",
            "residence/residences | rooftop/rooftops | villa/villas",
        ),
        split(
            "residents | families | office workers | tenants | students | factory workers | homeless people | employees | roofers | neighbours",
            "householders | clerks | landlords",
        ),
        split(
            "live under a roof | stay indoors | work at a desk | sleep in a bed | shelter from rain | find a roof | keep warm inside"
            " | attend classes | cook dinner in a kitchen | rent an apartment | hold a meeting indoors | move into a new home"
            " | stay dry during a storm | take shelter from the snow | mount solar panels on a roof | run an office | enter through a door"
            " | repair a leaking roof | spend the night in a room | store goods under a roof",
            "reside with their household | sit in a heated room | sleep inside at night | hide indoors from hail | lease a flat",
        ),
        split(
            "structure with walls and a roof | place where people live | man-made block with a roof and a shadow | construction with rooms inside"
            " | roofed shelter | rectangular rooftop seen from above | place with windows and doors | house for people",
            "inhabited construction | walled structure with tiles on top | home with a chimney",
        ),
    ),
    Concept(
        "water",
        "open water",
        split(
            "lake/lakes | pond/ponds | water body/water bodies | reservoir/reservoirs | sea/seas | open water/open waters | lagoon/lagoons"
            " | basin of water/basins of water",
            "bay/bays | stretch of water/stretches of water | mere/meres",
        ),
        split(
            "anglers | ducks | kayakers | fishermen | farmers with dry fields | canoeists | swans | fish | firefighters looking for water | rowers | geese",
            "frogs | paddlers | fishers",
        ),
        split(
            "catch fish | float on the surface | fill a bucket | paddle a canoe | go fishing | draw irrigation water | cast a line | row a canoe"
            " | launch a kayak | get drinking water | fill a fire hose | see waves | watch ducks swim | cool a power station | scoop water for a forest fire"
            " | pump water to the fields | skate when it freezes | collect water samples | study fish | go rowing",
            "hook a trout | paddle a kayak | fetch water for cattle | refill a water tanker | observe waterfowl",
        ),
        split(
            "natural area covered by water | wet surface that reflects the sky | place where fish live | dark smooth liquid surface | home of fish and ducks"
            " | flooded low ground | large body of fresh water | blue area with a shoreline",
            "aquatic habitat | liquid expanse with banks | wide wet area with a shore",
        ),
    ),
    Concept(
        "tennis_court",
        "a tennis court",
        split(
            "tennis court/tennis courts | tennis ground/tennis grounds | racket court/racket courts | hard court/hard courts | court for tennis/courts for tennis",
            "tennis facility/tennis facilities | clay court/clay courts",
        ),
        split(
            "two opponents with rackets | racket players | a doubles team | tennis fans | tennis players | tennis coaches | wimbledon champions | a pair of racket players",
            "tennis pupils | singles players with rackets",
        ),
        split(
            "hit a ball over a net | play a set with rackets | practise a serve | rally with rackets | win a match point | volley at the net"
            " | play tennis | play doubles | learn the backhand | swing a racket | serve an ace | hold a tennis tournament | train the forehand"
            " | play a tiebreak | take tennis lessons | win a grand slam | return a serve | book a court for tennis | knock balls across a net | play a match with rackets",
            "improve their backhand stroke | smash a ball past the net | enjoy a tennis game | train serves with a racket | contest a tennis final",
        ),
        split(
            "marked court with a net across the middle | rectangle with white lines for racket sport | court with service boxes | place for rackets and balls"
            " | small sports court with a net | blue or red court with white lines | ground for wimbledon style sport",
            "lined surface divided by a net | playing area for racket sports | court with baselines and a net",
        ),
    ),
    Concept(
        "running_track",
        "a running track",
        split(
            "running track/running tracks | athletics track/athletics tracks | race track for runners/race tracks for runners | oval track/oval tracks"
            " | track and field stadium/track and field stadiums | running oval/running ovals",
            "sprint track/sprint tracks | athletic oval/athletic ovals",
        ),
        split(
            "sprinters | athletes | joggers | hurdlers | marathon runners | relay teams | track coaches | olympic runners | long distance runners",
            "dashers | racers on foot",
        ),
        split(
            "run laps | race four hundred metres | train for a sprint | run a relay | time a lap on an oval | jog around an oval | run a hundred metre race"
            " | jump hurdles | break a running record | hold an athletics meeting | pass a baton | start from blocks | train for the marathon"
            " | run in lanes | warm up with a jog | measure a running time | race around a bend | do interval running | compete in athletics | run in circles",
            "sprint around a loop | race a relay lap | practise hurdling | jog some laps | test their running speed",
        ),
        split(
            "oval loop with lanes | red ring around a grass field | closed circuit for runners | oval with several lanes | loop for foot races"
            " | rubber surface for athletics | stadium oval for athletes",
            "looped lanes for sprinters | elliptic circuit for foot racing | ring of lanes for runners",
        ),
    ),
    Concept(
        "storage_tank",
        "a storage tank",
        split(
            "storage tank/storage tanks | oil tank/oil tanks | fuel tank/fuel tanks | tank/tanks | silo/silos | petroleum tank/petroleum tanks"
            " | chemical tank/chemical tanks | fuel depot/fuel depots | gas tank/gas tanks",
            "oil reservoir of steel/oil reservoirs of steel | gasoline tank/gasoline tanks | crude oil container/crude oil containers",
        ),
        split(
            "oil firms | refinery operators | fuel suppliers | petrol dealers | petroleum engineers | chemical plants | tanker crews delivering oil | oil traders | gas companies",
            "energy companies with crude oil | diesel suppliers",
        ),
        split(
            "store crude oil | keep fuel | hold liquid fuel | store petroleum | stock gasoline | hold chemicals in bulk | keep diesel | store liquid gas"
            " | deposit refined oil | keep kerosene | hold oil before it is shipped | store ethanol | stockpile fuel | keep heating oil | store liquids in bulk"
            " | build an oil reserve | hold refinery products | check a tank for leaks | store industrial liquids | fill a cylinder with oil",
            "warehouse kerosene in bulk | keep a petroleum stock | stash diesel fuel | hold thousands of barrels of oil | preserve liquid chemicals",
        ),
        split(
            "round metal container | white cylinder that holds fuel | circular steel structure | cylinder at a refinery | round drum for oil"
            " | big round vessel for chemicals | circle with a flat metal top and a curved shadow",
            "cylindrical steel container | round industrial drum | circular fuel vessel",
        ),
    ),
    Concept(
        "pool",
        "a swimming pool",
        split(
            "swimming pool/swimming pools | pool/pools | backyard pool/backyard pools | garden pool/garden pools | outdoor pool/outdoor pools | bathing pool/bathing pools",
            "lido/lidos | swim basin/swim basins",
        ),
        split(
            "swimmers | children in swimsuits | a lifeguard | sunbathers | swimming teachers | hotel guests in bathing suits | divers | kids with inflatable toys | water polo players",
            "bathers | people in bikinis",
        ),
        split(
            "swim | cool off in a backyard | dive in | take a dip | splash around | learn to swim | swim lengths | jump from a diving board | bathe in clean blue water"
            " | have a pool party | take swimming lessons | relax in chlorinated water | teach children swimming | do the butterfly stroke | float on an air mattress"
            " | swim in the garden | wear a bathing suit | cool down on a hot summer day | practise diving | play water polo",
            "splash in the backyard | plunge into chlorinated water | practise the breaststroke | bathe behind the house | swim some lengths after work",
        ),
        split(
            "small bright blue basin | turquoise rectangle behind a house | blue basin with a paved edge | artificial basin for swimming"
            " | small blue patch in a garden | tiled basin with clear water | turquoise shape in a backyard",
            "chlorinated basin | aqua coloured basin beside a patio | little turquoise basin in a yard",
        ),
    ),
    Concept(
        "ship",
        "a ship",
        split(
            "ship/ships | boat/boats | vessel/vessels | yacht/yachts | ferry/ferries | freighter/freighters | cargo ship/cargo ships | tanker at sea/tankers at sea | barge/barges",
            "motorboat/motorboats | watercraft/watercraft | cruiser on the water/cruisers on the water",
        ),
        split(
            "sailors | a crew | cargo companies | a captain | seafarers | cruise tourists | ferry passengers | dock workers | the navy | pirates",
            "mariners | deckhands",
        ),
        split(
            "sail across the sea | carry containers by sea | cruise the ocean | ship cargo overseas | board a vessel | cross the harbour | take a ferry"
            " | transport goods over water | leave the port | stand on a deck | drop an anchor | moor at a pier | travel over the waves | tow a barge"
            " | sail to an island | steer with a rudder | stay afloat on the sea | unload freight at a quay | take a boat trip | hoist a sail",
            "sail the ocean | carry freight overseas | navigate the seas | anchor near the quay | voyage to another port",
        ),
        split(
            "floating craft with a bow and a stern | craft that leaves a wake | hull floating on the water | long pointed object on the water"
            " | floating vehicle | transport that floats | object moored at a pier",
            "buoyant craft with a hull | seagoing vehicle | moored floating object with a deck",
        ),
    ),
    Concept(
        "plane",
        "an aeroplane",
        split(
            "plane/planes | aeroplane/aeroplanes | airplane/airplanes | aircraft/aircraft | jet/jets | airliner/airliners | passenger jet/passenger jets",
            "jetliner/jetliners | flying machine/flying machines",
        ),
        split(
            "pilots | passengers at the airport | airlines | air travellers | flight attendants | a flight crew | tourists flying abroad | skydivers | air cargo companies",
            "aviators | holidaymakers with a flight ticket",
        ),
        split(
            "fly abroad | take off | travel by air | board a flight | fly through the sky | cross the country by air | land on a runway | fly to another continent"
            " | sit in a cockpit | fly above the clouds | catch a flight | carry air mail | taxi to the runway | jump with a parachute | fly over the ocean"
            " | transport passengers through the air | refuel before a flight | fly at ten thousand metres | take an international flight | start the jet engines",
            "fly across the sky | soar above the clouds | depart by air | begin an intercontinental flight | climb into a cockpit",
        ),
        split(
            "machine with wings and a tail | object with two wings | white cross shaped object on the apron | winged vehicle | fuselage with wings"
            " | machine that flies | vehicle parked at an airport gate with wings",
            "winged machine with jet engines | craft with a fuselage and a tail fin | flying vehicle with wings",
        ),
    ),
    Concept(
        "parking_lot",
        "a parking lot",
        split(
            "parking lot/parking lots | car park/car parks | parking area/parking areas | parking space/parking spaces | place to park/places to park | parking place/parking places",
            "parking facility/parking facilities | vehicle park/vehicle parks",
        ),
        split(
            "drivers | commuters with cars | shoppers with cars | motorists | car owners | visitors arriving by car | delivery drivers | truck drivers",
            "chauffeurs | people with automobiles",
        ),
        split(
            "leave a car | park a vehicle | park their cars | leave vehicles while shopping | find a parking bay | put a car for the day"
            " | park near the shops | stop and lock the car | find a space for the car | charge an electric car | leave the van overnight"
            " | look for a free parking space | pay for parking | park a dozen cars | line up cars in rows | wait in a parked car | put down a rental car"
            " | collect a parked car | pull into a bay between white lines | leave the car before walking to the office",
            "leave their automobile | park for the day | station a vehicle | find a bay for the van | lock up the automobile",
        ),
        split(
            "paved area with rows of cars | asphalt with marked bays | surface full of parked vehicles | grey area with many cars | paved place for cars"
            " | lot with painted bays | rows of standing cars",
            "tarmac with stationary automobiles | marked asphalt for vehicles | rows of parked automobiles",
        ),
    ),
    Concept(
        "sports_field",
        "a sports field",
        split(
            "sports field/sports fields | football pitch/football pitches | soccer field/soccer fields | pitch/pitches | playing field/playing fields"
            " | football ground/football grounds | sports pitch/sports pitches | rugby field/rugby fields",
            "soccer pitch/soccer pitches | grass pitch/grass pitches",
        ),
        split(
            "footballers | a soccer team | goalkeepers | strikers | a football club | rugby players | referees | football fans | a helicopter rescue crew",
            "defenders | a soccer squad",
        ),
        split(
            "play football | kick a ball on grass | score a goal | play a soccer match | practise penalties | hold a football game | play rugby"
            " | make an emergency helicopter landing on open grass | land a rescue helicopter | set up goals | take a free kick | hold a school sports day"
            " | train a football team | play eleven against eleven | land a helicopter on flat grass | play a cup final | take a corner kick"
            " | shoot at a goal | pitch tents on a level lawn | gather a crowd on open flat grass",
            "kick a goal | play soccer on grass | practise dribbling a football | stage a soccer tournament | touch down with a helicopter",
        ),
        split(
            "grass rectangle with white lines | green field with goals | mown lawn with a centre circle | marked grass for team games | open flat area of grass with markings"
            " | green rectangle with a halfway line | open level area free of obstacles",
            "lawn with a midfield circle | striped turf with goals | grassy ground for team sports",
        ),
    ),
]

CONCEPTS: list[Concept] = [widened(concept) for concept in (*FIRST_CONCEPTS, *LAND_CONCEPTS, *WORKS_CONCEPTS)]
"""The first ten are those of pack nano 0.1; their keys and order stay."""

UNKNOWN_SAID_AS = "something that I have not learned"
UNKNOWN_NAMES: Phrases = split(
    "glacier/glaciers | volcano/volcanoes | railway station/railway stations | cemetery/cemeteries"
    " | truck/trucks | quarry/quarries | beach/beaches | vineyard/vineyards | stable/stables | windsock/windsocks | airship/airships"
    " | power line/power lines | lighthouse/lighthouses | castle/castles | desert dune/desert dunes | orchard/orchards | hop garden/hop gardens"
    " | train/trains | elephant/elephants | statue/statues | cow/cows | landfill/landfills | mine/mines | playground slide/playground slides | golf course/golf courses"
    " | ferris wheel/ferris wheels | basketball hoop/basketball hoops | ski slope/ski slopes | church tower/church towers | traffic light/traffic lights"
    " | mountain/mountains | hill/hills | cliff/cliffs | canyon/canyons | oasis/oases | island/islands | rock/rocks | bicycle/bicycles | motorcycle/motorcycles | bus/buses | tank wagon/tank wagons"
    " | railway line/railway lines | road/roads | street/streets | highway/highways | footpath/footpaths | square/squares | market/markets | fountain/fountains | monument/monuments | tower/towers"
    " | antenna/antennas | satellite dish/satellite dishes | crane/cranes | excavator/excavators | tractor/tractors | sheep/sheep | dog/dogs | bird/birds | whale/whales | camel/camels"
    " | tent/tents | caravan/caravans | campsite/campsites | graveyard/graveyards | zoo/zoos | theatre/theatres | prison/prisons | mosque/mosques | temple/temples | pyramid/pyramids"
    " | wall/walls | gate/gates | pipeline/pipelines | cooling tower/cooling towers | power station of coal/power stations of coal | helipad/helipads | runway/runways"
    " | airport terminal/airport terminals | skate park/skate parks | volleyball net/volleyball nets | swing/swings | garden/gardens | hedge/hedges | swamp/swamps | snow field/snow fields"
    " | crater/craters | spring/springs | rice mill/rice mills | sawmill/sawmills | bunker/bunkers | ruin/ruins | hot air balloon/hot air balloons | rocket/rockets | submarine/submarines",
    "radio mast/radio masts | iceberg/icebergs | tram/trams | dam/dams | nuclear reactor/nuclear reactors | horse/horses | waterfall/waterfalls"
    " | tunnel/tunnels | motorway/motorways",
)
UNKNOWN_PURPOSES: Phrases = split(
    "catch a train | climb a mountain | ski down a slope | harvest grapes | bury the dead | mine coal | dig for gravel"
    " | milk cows | pray | ride a roller coaster | burn rubbish | pick apples | hear a concert | play golf | throw a basketball"
    " | watch elephants | ring a church bell | build a sandcastle | visit a museum of knights | melt iron ore | see penguins"
    " | take the train | wait at a bus stop | take the bus | ski | go sledging | climb rocks | walk the dog | feed sheep | shear sheep | make cheese | make wine | see lions | see old paintings"
    " | watch a play | watch a film | go to prison | light a lamp for the dead | dig for coal | mine gold | break stones | mine salt | launch a rocket"
    " | play volleyball | skate on a half pipe | ride a bicycle | ride a camel | rest on the sand | sunbathe on a beach | use the internet | post a letter | buy bread | see a doctor about teeth"
    " | cut hair | dump waste | recycle glass | burn coal | smelt copper | see a volcano erupt | study glaciers | fire a cannon | hold a knight tournament | ride a carousel | swing high | play chess",
    "board a tram | ride a horse | hike up a summit | stroke a cow | explore a cave | lie on a sandy beach",
)

#: relation -> words that ask for it. `all` has no word.
RELATIONS = ["all", "largest", "smallest", "northernmost", "southernmost", "westernmost", "easternmost"]
RELATION_WORDS: list[Phrases] = [
    ([], []),
    split(
        "largest | biggest | most extensive | most spacious | widest | most sizeable | hugest | most massive | broadest | giant | vast"
        " | with the largest area | of the biggest size"
        " | most large | most big | grandest | of maximal area | maximal | most voluminous | covering the most ground | with the most area | very largest | very biggest | top size",
        "greatest | bulkiest | most enormous",
    ),
    split(
        "smallest | tiniest | least extensive | littlest | most compact | minimal | miniature | most tiny | of the least size | with the smallest area"
        " | shortest and narrowest | most small | minutest | puniest | of minimal area | covering the least ground | with the least area | very smallest | very tiniest | most petite",
        "least large | most minuscule",
    ),
    split(
        "northernmost | topmost | most northern | uppermost | furthest north | highest up | extreme northern | closest to the northern edge"
        " | nearest to the top | in the far north"
        " | closest to the north | most to the north | at the north end | nearest to the northern border | highest on the map | furthest up | closest to the top | top",
        "most northerly | farthest to the north | upmost",
    ),
    split(
        "southernmost | lowest | most southern | bottommost | furthest south | lowermost | extreme southern | closest to the southern edge"
        " | nearest to the bottom | in the far south"
        " | closest to the south | most to the south | at the south end | nearest to the southern border | lowest on the map | furthest down | closest to the bottom | bottom",
        "most southerly | farthest to the south",
    ),
    split(
        "westernmost | leftmost | most western | furthest west | far left | extreme western | closest to the western edge"
        " | nearest to the left side | in the far west"
        " | closest to the west | most to the west | at the west end | nearest to the western border | most to the left | furthest left | closest to the left side",
        "most westerly | farthest to the west",
    ),
    split(
        "easternmost | rightmost | most eastern | furthest east | far right | extreme eastern | closest to the eastern edge"
        " | nearest to the right side | in the far east"
        " | closest to the east | most to the east | at the east end | nearest to the eastern border | most to the right | furthest right | closest to the right side",
        "most easterly | farthest to the east",
    ),
]

#: frames by the kind of slot they have: {p} purpose, {a} agents, {n} name, {ns} plural name, {d} description, {r} superlative
FRAMES_ALL: Phrases = split(
    "where could {a} {p} ? | find every place where {a} can {p} . | {a} want to {p} , show all suitable places . | which objects let {a} {p} ?"
    " | what in this image would {a} use to {p} ? | where can i {p} ? | i would like to {p} . where should i go ? | i need to {p} , what can i use here ?"
    " | is there anything here to {p} ? | show me what helps {a} to {p} . | suppose you want to {p} ; what do you mark ? | mark everything suitable to {p} ."
    " | {a} are looking for a spot to {p} . | what would {a} need in order to {p} ? | identify all the things that allow people to {p} ."
    " | where are {a} likely to be ? | which areas serve {a} ? | find all {ns} . | where are the {ns} ? | mark every {n} . | segment the {ns} in this picture ."
    " | show all {ns} in the scene . | is there a {n} here ? | locate the {ns} . | {ns} | any {ns} ? | please outline each {n} ."
    " | can you see a {n} ? | find a {d} . | where is the {d} ? | mark each {d} . | show every {d} in the image . | which object is a {d} ?"
    " | look for a {d} and outline it . | point out anything that looks like a {d} . | {p} | i want to {p} | {d} | somewhere to {p}"
    " | the task is to {p} ; mark what is needed for it . | we are {a} and plan to {p} . what is there for us ? | give the outline of the {n} ."
    " | this map may contain a {n} ; draw it . | draw a line around each {n} . | which of these things is a {n} ? | how many {ns} do you see ?"
    " | tomorrow {a} will come to {p} . where will that be ? | do you notice a {d} ? | pick out the {ns} from this aerial photo ."
    " | hello , could you please show where people {p} ? | a place for {a} | my friends like to {p} . what should they look for ? | {ns} please"
    " | indicate the {ns} . | indicate every {n} please . | extract all {ns} from the image . | select the {ns} . | tell me where the {ns} are . | tell us where {a} can {p} ."
    " | which spots let someone {p} ? | what can {a} use here to {p} ? | display the {ns} . | return the shapes of all {ns} . | put a polygon around each {n} ."
    " | all {ns} of this place | find me somewhere to {p} . | is it possible to {p} here , and where ? | where in this scene do {a} {p} ? | suggest places where {a} could {p} ."
    " | emphasise the {ns} . | i am searching for {ns} . | i am looking for a {d} . | the client wants every {n} . | digitise the {ns} . | map the {ns} . | map each {d} ."
    " | does this picture hold a {n} ? | {a} ask where they can {p} . | somewhere for {a} to {p} | ideal place to {p} ? | good places to {p} | spot the {ns} ."
    " | anything that is a {d} | list the {ns} . | recognise the {ns} in this image . | identify each {n} in the picture . | search for a {n} . | what would serve {a} who {p} ?"
    " | say where one can {p} . | please find what a person needs to {p} . | objects that are a {d}",
    "where might {a} go in order to {p} ? | show every object {a} could choose to {p} . | could one {p} anywhere in this view ? | somebody hopes to {p} ; highlight their options ."
    " | detect each {n} visible . | give me the {ns} of this region . | highlight any {d} you notice . | what here counts as a {d} ?"
    " | help {a} find somewhere to {p} . | delineate all {ns} please .",
)
FRAMES_SUPERLATIVE: Phrases = split(
    "where could {a} {p} ? choose the {r} one . | find the {r} place where {a} can {p} . | {a} want to {p} , show the {r} option . | which is the {r} object that lets {a} {p} ?"
    " | i want to {p} . take the {r} possibility . | i need the {r} thing with which i can {p} . | mark only the {r} spot to {p} . | show the {r} place to {p} ."
    " | find the {r} {n} . | where is the {r} {n} ? | mark the {r} {n} . | which {n} is the {r} ? | outline the {r} {n} in the scene . | show me the {r} of the {ns} ."
    " | of all {ns} , segment the {r} one . | the {r} {n} | find the {r} {d} . | which is the {r} {d} ? | mark the {r} {d} . | only the {r} {d} , please ."
    " | {r} {n} | {r} place to {p} | of everything that lets {a} {p} , keep the {r} . | which spot to {p} is the {r} ? | draw the {n} that is the {r} ."
    " | i only care about the {r} {n} . | if there are several {ns} , take the {r} one . | {a} would like the {r} {d} ."
    " | indicate the {r} {n} . | select the {r} of all {ns} . | extract the {r} {n} from the image . | tell me which {n} is {r} . | {a} want the {r} place to {p} ."
    " | return the {r} {n} only . | display the {r} {d} . | put a polygon around the {r} {n} . | find me the {r} spot to {p} . | where is the {r} spot to {p} ? | i am looking for the {r} {d} ."
    " | the client wants the {r} {n} . | digitise the {r} {n} . | which of the {ns} is {r} ? | pick the {r} {n} . | the {r} one among these {ns} | the {r} of the {ns}"
    " | where can {a} {p} ? the {r} choice is wanted . | take the {r} of the places to {p} . | identify the {r} {n} in the picture . | {a} ask for the {r} spot where they can {p} ."
    " | the {r} thing that is a {d}",
    "what is the {r} place where {a} might {p} ? | show the {r} object {a} would pick to {p} . | among the {ns} , highlight the {r} . | point at the {r} {n} please ."
    " | give me just the {r} {d} . | somebody hopes to {p} ; highlight the {r} option .",
)
