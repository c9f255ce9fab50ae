"""Words of concepts of energy, traffic, shore and sport that came after the first ten."""

from .phrases import Concept, split

WORKS_CONCEPTS: list[Concept] = [
    Concept(
        "wind_turbine",
        "a wind turbine",
        split(
            "wind turbine/wind turbines | windmill/windmills | wind wheel/wind wheels | wind generator/wind generators | wind power plant/wind power plants | turbine/turbines",
            "wind energy converter/wind energy converters | rotor on a tower/rotors on towers",
        ),
        split(
            "wind power operators | blade inspectors | rotor technicians | electricity firms that rely on the wind | climbers who service rotors | wind engineers",
            "wind farm owners | turbine mechanics",
        ),
        split(
            "generate electricity from wind | turn a breeze into power | inspect rotor blades | harvest the energy of moving air | make power on a windy day"
            " | watch three blades rotate | produce current from the wind | service a rotor high above the ground | use gusts for electricity"
            " | run a wind farm | catch the wind with blades | feed wind power into the grid | paint a tall white tower with blades",
            "convert gusts into current | climb to a nacelle | produce wind energy | check a rotor for cracks",
        ),
        split(
            "tall tower with three blades | white three armed rotor | machine that spins in the wind | slender white tower with a rotor"
            " | white star shape with a long thin shadow | mast with turning blades | three bladed machine",
            "mast with a spinning rotor | thin tower with long arms | three pointed white rotor",
        ),
    ),
    Concept(
        "solar_farm",
        "a solar farm",
        split(
            "solar farm/solar farms | solar park/solar parks | photovoltaic plant/photovoltaic plants | solar power plant/solar power plants | field of solar panels/fields of solar panels"
            " | photovoltaic array/photovoltaic arrays | solar panel installation/solar panel installations",
            "solar array/solar arrays | pv station/pv stations",
        ),
        split(
            "solar installers | photovoltaic technicians | solar energy companies | electricians who connect solar modules | investors in solar power | panel cleaners",
            "solar operators | photovoltaic engineers",
        ),
        split(
            "generate power from sunlight | make electricity from the sun | clean solar modules | collect sunshine for the grid | turn sunlight into current"
            " | install photovoltaic modules | produce energy on a sunny day | feed solar power into the grid | check panels for dust"
            " | earn money with sunshine | harvest solar energy | connect photovoltaic panels | measure the yield of solar modules",
            "convert sunshine into electricity | wipe dust off photovoltaic modules | yield current on cloudless days",
        ),
        split(
            "rows of dark blue panels | ground covered with photovoltaic modules | parallel dark strips that face the sun | large area of tilted panels"
            " | dark blue striped rectangle | blue panels in long rows | plant that works only by day",
            "lines of tilted modules | sun facing dark strips | array of glassy blue rectangles",
        ),
    ),
    Concept(
        "bridge",
        "a bridge",
        split(
            "bridge/bridges | road bridge/road bridges | river crossing/river crossings | viaduct/viaducts | crossing over the river/crossings over the river | overpass over water/overpasses over water",
            "span across the river/spans across the river | footbridge/footbridges",
        ),
        split(
            "bridge inspectors | commuters who must get to the other bank | toll collectors on a bridge | truckers who have to cross the river | bungee jumpers | army engineers who hold a crossing",
            "people heading for the opposite bank | bridge builders",
        ),
        split(
            "cross the river without a boat | get to the other bank | drive over the river | walk across the water with dry feet | reach the opposite shore by car"
            " | inspect a span for cracks | cross over the stream | bring a truck over the river | look down on the river from above | pass over the water"
            " | connect both banks | march over the river | cycle to the far bank",
            "pass to the opposite bank by road | get a convoy across the river | traverse the stream on foot",
        ),
        split(
            "road that spans the water | link between two banks | structure above a river | crossing with a deck and railings | narrow strip across the water"
            " | deck that carries a road over a river | connection over the water",
            "deck over the stream | span from bank to bank | raised way above the river",
        ),
    ),
    Concept(
        "pier",
        "a pier",
        split(
            "pier/piers | jetty/jetties | dock/docks | landing stage/landing stages | wharf/wharves | boat dock/boat docks | mooring pier/mooring piers",
            "quay into the sea/quays into the sea | berth platform/berth platforms",
        ),
        split(
            "harbour masters | people waiting for the ferry | anglers who stand above the sea | dockers | mooring crews | promenaders above the waves",
            "longshoremen | jetty fishers",
        ),
        split(
            "tie up a boat | walk out over the sea | wait for the ferry | step from a boat onto land | fasten a mooring line | unload a boat at a dock"
            " | stroll above the waves | land passengers from a boat | fish from a platform above the sea | moor a yacht | step ashore from a vessel"
            " | find a place to berth | go on board from land",
            "make a boat fast | disembark from a ferry | stand above the surf on planks",
        ),
        split(
            "platform that reaches into the water | long narrow deck from the shore into the sea | landing place for boats | structure where boats are tied up"
            " | straight deck that leaves the shore | walkway on piles above the sea | finger of concrete in the harbour",
            "deck on stilts at the shore | straight walkway out to sea | platform for mooring",
        ),
    ),
    Concept(
        "roundabout",
        "a roundabout",
        split(
            "roundabout/roundabouts | traffic circle/traffic circles | rotary/rotaries | circular junction/circular junctions | traffic roundabout/traffic roundabouts | ring junction/ring junctions",
            "gyratory/gyratories | road circle/road circles",
        ),
        split(
            "drivers who must give way to the left | traffic planners | learner drivers | lorry drivers who have to turn around | traffic police at a junction | cyclists who fear circular junctions",
            "traffic engineers | motorists turning back",
        ),
        split(
            "turn back without stopping | drive around an island | merge into circular traffic | change to another road without traffic lights | give way to cars in a ring"
            " | take the third exit | slow down traffic at a junction | circle around until the exit comes | make a full turn with a lorry | join roads without lights"
            " | let traffic flow in a circle",
            "leave at the second exit | steer around a central island | make a u turn by going around",
        ),
        split(
            "circular junction with an island | ring of asphalt where roads meet | round island that traffic circles | meeting point of roads in the form of a ring"
            " | circle of road with several exits | junction without traffic lights | ring shaped crossing of roads",
            "ring where several roads join | round junction with exits | asphalt circle around a green island",
        ),
    ),
    Concept(
        "baseball_diamond",
        "a baseball diamond",
        split(
            "baseball diamond/baseball diamonds | baseball field/baseball fields | ballpark/ballparks | softball field/softball fields | baseball ground/baseball grounds | ball diamond/ball diamonds",
            "softball diamond/softball diamonds | baseball park/baseball parks",
        ),
        split(
            "pitchers and catchers | a baseball team | batters | little league players | umpires behind home plate | softball players | outfielders | shortstops",
            "sluggers | a softball squad",
        ),
        split(
            "hit a home run | steal second base | pitch a fastball | play baseball | slide into home plate | throw a curve ball | swing a bat | play nine innings"
            " | catch a fly ball in the outfield | play softball | bat and run the bases | strike out a batter | practise pitching | hold a little league game"
            " | throw a runner out at first base",
            "bat a ball over the fence | run from base to base | pitch to a slugger | play an inning",
        ),
        split(
            "quarter circle of grass with a brown infield | fan shaped lawn with bare earth in the corner | ground with bases and a mound | wedge of grass for bat and ball"
            " | sports ground in the shape of a fan | brown infield with a grass square | place with a home plate",
            "fan of turf with an earthen corner | pitch with four bases | wedge shaped ground for batters",
        ),
    ),
]
