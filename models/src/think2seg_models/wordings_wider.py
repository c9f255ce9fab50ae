"""More words of each concept that training draws from. None is held out, so that the held-out words stay what they were."""

from .phrases import Concept


def _listed(text: str) -> list[str]:
    return [phrase.strip() for phrase in text.split("|")]


#: key -> names, agents, purposes, descriptions
WIDER: dict[str, tuple[str, str, str, str]] = {
    "building": (
        "bungalow/bungalows | cottage/cottages | mansion/mansions | hut/huts | shed/sheds | barn/barns | skyscraper/skyscrapers"
        " | tower block/tower blocks"
        " | hospital/hospitals | hotel/hotels | hangar/hangars | cabin/cabins | garage/garages | edifice/edifices"
        " | property/properties | flat/flats"
        " | townhouse/townhouses | farmhouse/farmhouses | mall/malls | town hall/town halls | chapel/chapels | lodge/lodges",
        "householder families | lodgers | caretakers | renters | teachers | nurses | shopkeepers | secretaries | inhabitants"
        " | refugees | guests | managers"
        " | monks | owners of a home | 200 people | flood victims | carpenters",
        "live with a family | sit by the fire | work in an office | sleep indoors | wait out a blizzard | lodge guests"
        " | eat at a table | heat some rooms"
        " | take cover from thunder | sit on a sofa | hang curtains | clean windows | lock a door | receive patients | teach a class"
        " | house a family"
        " | find accommodation | give refugees a roof | be safe from the rain | rent a room | stay overnight | shelter during a flood",
        "box with a gable roof | residential block | brick house | concrete block with rooms | dwelling place with a roof"
        " | shelter with rooms | place with bedrooms | structure with several floors | domestic quarters | home of a family",
    ),
    "water": (
        "loch/lochs | inland water/inland waters | ocean/oceans | fjord/fjords | gulf/gulfs | water reservoir/water reservoirs"
        " | tarn/tarns | pool of lake water/pools of lake water"
        " | cove/coves | harbour basin/harbour basins | inlet/inlets | water surface/water surfaces | flooded area/flooded areas"
        " | waterhole/waterholes"
        " | area of water/areas of water | marsh lake/marsh lakes | lakelet/lakelets | estuary/estuaries",
        "seals | otters | herons | pelicans | carp | windsurfers | boaters | beavers | water skiers | ice skaters | thirsty animals ",
        "catch a pike | catch perch | take a boat onto the lake | let ducks land | fill a tank lorry with water | windsurf | see swans"
        " | study water plants | land a seaplane | swim with otters | net some carp | sit at the shore and angle"
        " | set sail in a dinghy | take up water with a helicopter"
        " | ice skate in winter | measure the depth of a lake | collect lake water",
        "mirror of water | blue basin made by nature | shallow lake | wet basin | deep blue water "
        " | calm water with fish | watery area | flood plain under water | sheet of water",
    ),
    "tennis_court": (
        "tennis pitch/tennis pitches | tennis field/tennis fields | tennis lawn/tennis lawns | tennis place/tennis places"
        " | tennis arena/tennis arenas"
        " | grass tennis court/grass tennis courts | padel court/padel courts | tennis centre court/tennis centre courts"
        " | playing court/playing courts",
        "tennis stars | tennis amateurs | a mixed doubles pair | line judges | ball boys | a tennis club | racquet players"
        " | wimbledon fans | tennis trainers",
        "hit a forehand | hit backhands | serve and volley | play a game of tennis | win a set | lob a tennis ball | hold a racquet"
        " | coach tennis | be a ball boy"
        " | umpire a tennis match | play mixed doubles | win at wimbledon | warm up with a racket | swing a racquet"
        " | take part in a tennis match"
        " | learn tennis | knock up before a match | play best of five sets",
        "court with a net and two halves | hard surface for tennis | small ground with a net"
        " | court where rackets are swung | court for wimbledon | rectangle split by a net ",
    ),
    "running_track": (
        "cinder track/cinder tracks | race oval/race ovals | tartan track/tartan tracks | athletics oval/athletics ovals"
        " | athletics ground/athletics grounds"
        " | athletics stadium/athletics stadiums | track for runners/tracks for runners | jogging track/jogging tracks"
        " | running circuit/running circuits"
        " | lap track/lap tracks | racetrack for athletes/racetracks for athletes | stadium track/stadium tracks",
        "runners | decathletes | steeplechasers | milers | track athletes | trackmen | running coaches | fitness runners"
        " | sport students who run",
        "sprint | run the mile | run a lap | do laps | run a steeplechase | sprint two hundred metres | sprint to the finish"
        " | train sprinters | hold a race on foot"
        " | run around an oval | jog | run ten thousand metres | practise a relay | win a foot race | time runners | run the hurdles"
        " | beat a lap record | start a sprint"
        " | run the 400 metres",
        "oval for runners | red oval | tartan oval with lanes | loop of lanes | lanes around a lawn | oval around a field"
        " | stadium loop | ring for running"
        " | course for sprinters | circuit with lanes and bends",
    ),
    "storage_tank": (
        "reservoir of oil/reservoirs of oil | oil drum/oil drums | cistern/cisterns | grain silo/grain silos | oil store/oil stores"
        " | gas holder/gas holders"
        " | petrol tank/petrol tanks | oil container/oil containers | fuel container/fuel containers | diesel tank/diesel tanks"
        " | steel tank/steel tanks"
        " | round tank/round tanks | kerosene tank/kerosene tanks | industrial tank/industrial tanks"
        " | liquid container/liquid containers | vat/vats | tank farm/tank farms",
        "oil workers | oil companies | refinery workers | petrol stations that need fuel | depot managers | petroleum firms"
        " | fuel traders | an oil concern"
        " | welders at a refinery | chemical workers | fire brigades at a refinery",
        "store oil | store petrol | keep a reserve of crude | hold gasoline | contain chemicals | stock kerosene | store natural gas"
        " | keep benzene | store acid"
        " | hold oil for a refinery | keep diesel in stock | stockpile crude | store jet fuel | measure the oil level | drain oil"
        " | hold bitumen | store a million litres of fuel"
        " | pump crude oil into a container | keep palm oil",
        "round steel container | white disc with a shadow | circular container for liquids | drum of steel | cylinder of steel"
        " | cylinder with a floating roof"
        " | fat white cylinder | oil filled cylinder | round metal vessel | circular roof at a refinery",
    ),
    "pool": (
        "bath/baths | swimming bath/swimming baths | swimming place/swimming places | private pool/private pools"
        " | hotel pool/hotel pools | open air pool/open air pools"
        " | paddling pool/paddling pools | diving pool/diving pools | swimming tank/swimming tanks | bathing place/bathing places"
        " | infinity pool/infinity pools"
        " | splash pool/splash pools | public bath/public baths ",
        "swim coaches | holiday guests who swim | a swimming club | children who learn to swim | lifesavers | snorkel learners",
        "have a swim | go for a swim | bathe | cool down in the garden | swim a few metres | do the crawl | dive from a board"
        " | float on one 's back | refresh in water behind a house"
        " | take children swimming | jump into cool water | swim before breakfast | learn the crawl | play in chlorinated water"
        " | snorkel in a garden | relax at the poolside | watch children splash",
        "blue rectangle in a garden | turquoise basin | blue water in a garden | man made basin of clear water"
        " | basin with a diving board | clean blue basin"
        " | light blue kidney shape | turquoise water near a house | small basin for bathing | bright blue rectangle",
    ),
    "ship": (
        "steamer/steamers | sailboat/sailboats | sailing boat/sailing boats | speedboat/speedboats | rowboat/rowboats"
        " | dinghy/dinghies | trawler/trawlers"
        " | fishing boat/fishing boats | catamaran/catamarans | liner/liners | warship/warships | frigate/frigates"
        " | container ship/container ships | tug/tugs | tugboat/tugboats"
        " | lifeboat/lifeboats | launch boat/launch boats | schooner/schooners | ocean liner/ocean liners | ferryboat/ferryboats"
        " | powerboat/powerboats | houseboat/houseboats"
        " | bulk carrier/bulk carriers | coaster/coasters | merchant ship/merchant ships",
        "skippers | boatmen | seamen | helmsmen | stowaways | shipowners | yachtsmen | shipping lines | coast guards | sea captains"
        " | sailing crews | marines",
        "sail | go to sea | sail around the world | carry goods by sea | transport oil by sea | cross the ocean"
        " | catch herring at sea | steer a hull through the waves"
        " | raise the anchor | travel by sea | cruise along the coast | tow another vessel | hoist the sails"
        " | load containers on board | ferry people across | row"
        " | go on a cruise | sail out of the harbour | fight pirates at sea | travel by water | ship freight",
        "hull with a deck | floating object | floating vessel with a bow | vessel with a mast | craft on the water"
        " | craft with sails | boat shaped object"
        " | object with a wake behind it | white hull on dark water | pointed hull | craft tied to a pier | seaworthy craft",
    ),
    "plane": (
        "jumbo jet/jumbo jets | passenger plane/passenger planes | propeller plane/propeller planes | fighter jet/fighter jets"
        " | glider/gliders | biplane/biplanes"
        " | cargo plane/cargo planes | jumbo/jumbos | private jet/private jets | aeroplane on the apron/aeroplanes on the apron"
        " | bomber/bombers | turboprop/turboprops"
        " | parked aircraft/parked aircraft | boeing/boeings | airbus/airbuses | light aircraft/light aircraft | seaplane/seaplanes",
        "airmen | stewardesses | copilots | flying instructors | air passengers | business travellers in a hurry"
        " | tourists who fly home | paratroopers | an airline crew"
        " | ground staff at an airport | frequent flyers",
        "fly | fly home | fly to new york | travel through the air | cross the atlantic in hours | take a flight | pilot a jet"
        " | land at an airport | take to the air"
        " | transport freight by air | fly a jet | serve meals above the clouds | loop the loop in the air | drop parachutists"
        " | fly tourists to an island | fly over mountains"
        " | reach another continent by air | start for a long flight | learn to fly",
        "object with wings | wings and a fuselage | winged craft | metal bird | cross with swept wings | machine with jet engines"
        " | aerial vehicle with wings"
        " | craft with a cockpit and wings | white winged shape | shape with a nose , wings and a tail | airborne vehicle",
    ),
    "parking_lot": (
        "parking ground/parking grounds | parking/parkings | carpark/carparks | parking zone/parking zones"
        " | parking bay area/parking bay areas"
        " | customer parking/customer parkings | lot for cars/lots for cars | public parking/public parkings"
        " | truck parking/truck parkings | space for cars/spaces for cars"
        " | park and ride/park and rides | parking site/parking sites | parking deck/parking decks",
        "car drivers | taxi drivers | lorry crews | customers with cars | employees who come by car | valets | parking attendants"
        " | people with vans | car renters | supermarket customers"
        " | commuters who change to the bus",
        "park | park a car | park the car | park a van | park a lorry | leave the car for hours | park many cars"
        " | find a spot for the car | stop the car | leave a truck overnight"
        " | put the car away | park for an hour | leave the car at the shop | meet beside the parked cars | park and go shopping"
        " | fit fifty cars | keep fleet cars | set down the car | let visitors park",
        "asphalt full of cars | area with cars in rows | field of parked cars | place full of cars | asphalt area with white bays"
        " | rows of cars on asphalt"
        " | paved square with cars | parked cars side by side | place where cars stand | surface for parked cars",
    ),
    "sports_field": (
        "football field/football fields | soccer ground/soccer grounds | rugby pitch/rugby pitches | hockey field/hockey fields"
        " | sports ground/sports grounds | games field/games fields"
        " | stadium lawn/stadium lawns | football lawn/football lawns | playground for football/playgrounds for football "
        " | training pitch/training pitches | lawn for team sports/lawns for team sports | gridiron/gridirons"
        " | soccer place/soccer places",
        "soccer players | football teams | football coaches | midfielders | a hockey team | linesmen | school classes with a ball"
        " | wingers | a rugby team | footballing children"
        " | a helicopter pilot who must land",
        "play soccer | play a football match | kick a football | head a ball into the goal | score goals | train footballers"
        " | play hockey | take a penalty | have a kickabout"
        " | land a helicopter safely | put down a helicopter | play five a side | win the football cup | coach a soccer team"
        " | tackle a player | defend a goal | dribble a ball"
        " | throw in the ball | hold a match on grass | land an air ambulance",
        "grass ground with goals | green rectangle with goal posts | lawn with white markings | marked grass rectangle "
        " | flat green for matches | playing surface of grass | field with two goals | pitch with goal posts"
        " | even lawn for a helicopter",
    ),
    "river": (
        "water course/water courses | rivulet/rivulets | torrent/torrents | river bed/river beds | flowing water/flowing waters"
        " | channel/channels | navigable river/navigable rivers"
        " | river bend/river bends | streamlet/streamlets | burn/burns | beck/becks | running water/running waters"
        " | ship canal/ship canals"
        " | meandering river/meandering rivers | irrigation canal/irrigation canals",
        "river anglers | rafting tourists | lock keepers | river police | kayak guides on rapids | raftsmen | canal boat owners"
        " | barge crews | river engineers | water millers",
        "go rafting | float downstream | raft | drift with the stream | sail upstream | follow the stream to the sea"
        " | run a water mill | measure the flow rate | canoe down the rapids"
        " | swim downstream | look for rapids | let paper boats drift | see the current | drive turbines with flowing water"
        " | go down by raft"
        " | watch a flood wave pass | take barges inland ",
        "band of flowing water | winding water | water with a current | curved ribbon of water | long narrow water"
        " | water that winds through the land"
        " | line of water with banks | flow between banks | water on its way to the sea | bending band of water | elongated water",
    ),
    "field": (
        "grain field/grain fields | farmland/farmlands | potato field/potato fields | maize field/maize fields"
        " | corn field/corn fields | cropland/croplands | rice field/rice fields"
        " | paddy/paddies | farm plot/farm plots | tilled field/tilled fields | plantation of corn/plantations of corn"
        " | field of wheat/fields of wheat | soy field/soy fields"
        " | sugar beet field/sugar beet fields | piece of arable land/pieces of arable land | harvested field/harvested fields"
        " | tillage/tillages | farming land/farming lands",
        "farmers | farm workers | peasants | growers of maize | potato farmers | land owners with tractors | cereal growers | sowers"
        " | harvesters | soil scientists | farm contractors",
        "farm | grow corn | grow soy | plant wheat | plant potatoes | sow wheat | harvest wheat | harvest potatoes | plough"
        " | drive a tractor | spread manure | grow cereals"
        " | raise crops | grow food | reap the grain | sow the seed | work the land | harrow the soil | combine the wheat"
        " | irrigate rows of maize | grow sunflowers | farm the land",
        "rectangle of crops | cultivated land | ploughed soil | brown furrows | green rows of crops | land for wheat | farmed land"
        " | striped farmland | field with tractor tracks"
        " | piece of land for crops | rectangular plot of grain | arable ground",
    ),
    "center_pivot": (
        "pivot field/pivot fields | round field/round fields | irrigated circle/irrigated circles | circle field/circle fields"
        " | pivot irrigation circle/pivot irrigation circles"
        " | circular crop field/circular crop fields | irrigation pivot/irrigation pivots"
        " | round irrigated field/round irrigated fields | sprinkler circle/sprinkler circles"
        " | circular farm field/circular farm fields | pivot irrigation field/pivot irrigation fields | round farm plot/round farm plots",
        "desert farmers | pivot operators | farmers with a rotating sprinkler | pump technicians of a pivot"
        " | farmers who irrigate in circles | irrigation planners",
        "irrigate with a pivot | water crops with a rotating sprinkler | turn a sprinkler arm around | water a round field"
        " | drive a pivot | irrigate a circle | rotate an irrigation boom"
        " | spray water in a circle | grow crops in a circle | water plants from the middle | water circular crops"
        " | irrigate dry farmland in rounds"
        " | pump groundwater into a rotating arm | let a long arm move around the middle",
        "circle of crops | round crop | green circle in the desert | circle on farmland | disc of green plants | circular farmland"
        " | big green disc | round irrigated land"
        " | field shaped like a circle | perfect circle of plants | circular green area with a pivot",
    ),
    "forest": (
        "woodland area/woodland areas | wood lot/wood lots | tree stand/tree stands | pine wood/pine woods"
        " | pine forest/pine forests | rainforest/rainforests | tree plantation/tree plantations"
        " | conifer forest/conifer forests | spinney/spinneys | oak wood/oak woods | patch of trees/patches of trees"
        " | clump of trees/clumps of trees | bosk/bosks | bush/bushes"
        " | trees/trees | deciduous forest/deciduous forests | coppice/coppices",
        "foxes | tree fellers | loggers | owls | berry pickers | forest workers | mushroom hunters | badgers"
        " | bird watchers who seek owls | scouts in the woods",
        "cut down trees | fell a tree | gather firewood | find shade under trees | pick berries in the woods | walk under trees"
        " | look for mushrooms"
        " | climb a tree | hear owls at night | listen to woodpeckers | harvest timber | plant trees | hide among trees"
        " | build a tree house"
        " | measure tree trunks | ride through the woods | study foxes | get timber",
        "area full of trees | many trees | canopy of leaves | dense trees | tree covered land | green canopy | mass of tree crowns"
        " | dark green trees | land under trees"
        " | tree tops side by side | closed stand of trees | place with trunks and moss",
    ),
    "greenhouse": (
        "glass house/glass houses | plant house/plant houses | foil tunnel/foil tunnels | hoop house/hoop houses"
        " | forcing house/forcing houses | orangery/orangeries | palm house/palm houses"
        " | garden centre under glass/garden centres under glass | tomato house/tomato houses | nursery hall/nursery halls"
        " | glass hall/glass halls | winter garden/winter gardens"
        " | plastic greenhouse/plastic greenhouses | growing tunnel/growing tunnels",
        "market gardeners under glass | rose growers | florists who grow their own | tulip growers | plant researchers"
        " | pepper growers | herb growers",
        "grow tomatoes | grow cucumbers | grow orchids | grow flowers under glass | raise seedlings | keep plants warm"
        " | grow peppers under glass | grow tomatoes in winter"
        " | raise tulips under glass | keep frost off the plants | breed flowers indoors | grow herbs in winter"
        " | cultivate flowers under foil"
        " | grow young plants under plastic | pick tomatoes in january | heat vegetables in winter | cultivate vegetables under glass",
        "glass hall | hall of glass | glass roof over plants | transparent hall for plants | white foil tunnels"
        " | glass covered plants | plastic roof for vegetables"
        " | glass bays in a row | shiny glass roofs | translucent roof over flowers | rows of glass roofs",
    ),
    "wind_turbine": (
        "wind power station/wind power stations | wind engine/wind engines | wind motor/wind motors | wind mill/wind mills"
        " | wind power turbine/wind power turbines"
        " | wind rotor/wind rotors | wind tower/wind towers | windpower plant/windpower plants | aerogenerator/aerogenerators"
        " | turbine tower/turbine towers | rotor tower/rotor towers",
        "wind park owners | wind energy firms | turbine technicians | rotor blade makers | electricians on a wind tower"
        " | wind power companies",
        "generate wind power | make electricity from wind | use the wind | use wind energy | catch the breeze"
        " | turn wind into electricity | produce power from gusts"
        " | rotate blades in the wind | watch a rotor turn | harvest wind | repair a rotor | replace a blade | service a turbine"
        " | make energy when it is windy | drive a generator by wind"
        " | let the wind make electricity | exploit strong winds",
        "tower with a rotor | tower with blades | rotor on a mast | three bladed rotor | blades on a pole | tall white mast with blades"
        " | machine driven by wind | pole with a propeller | propeller on a tower | thin shadow with three blades",
    ),
    "solar_farm": (
        "solar field/solar fields | solar plant/solar plants | photovoltaic farm/photovoltaic farms"
        " | photovoltaic park/photovoltaic parks | solar station/solar stations"
        " | solar power station/solar power stations | solar panel field/solar panel fields | sun power plant/sun power plants"
        " | solar panels/solar panels"
        " | solar installation/solar installations | photovoltaic field/photovoltaic fields | solar module field/solar module fields"
        " | photovoltaic system/photovoltaic systems",
        "solar power firms | solar technicians | module makers | solar park owners | solar inspectors | sun energy investors",
        "make solar power | use sunlight | generate solar energy | produce solar electricity | get electricity from the sun"
        " | catch sunlight | catch the sun for electricity"
        " | turn sun into power | install solar panels | wash solar panels | replace a solar module | sell solar power"
        " | charge batteries from the sun | make energy when the sun shines"
        " | use the sun for electricity | use photovoltaics | harvest sunlight",
        "panels in rows | blue panels | dark panels in rows | rows of solar panels | photovoltaic panels on the ground"
        " | field of dark panels | tilted panels in rows"
        " | modules on the ground | dark strips in parallel | blue rows that catch light | panels that make electricity",
    ),
    "bridge": (
        "crossing/crossings | road over the river/roads over the river | flyover/flyovers | railway bridge/railway bridges"
        " | suspension bridge/suspension bridges | pedestrian bridge/pedestrian bridges"
        " | arch bridge/arch bridges | highway bridge/highway bridges | river bridge/river bridges | water crossing/water crossings"
        " | overbridge/overbridges | steel bridge/steel bridges"
        " | drawbridge/drawbridges | aqueduct/aqueducts | way across the water/ways across the water",
        "walkers who want to the other side of the river | cyclists who cross the river | people who must cross the water"
        " | troops at a river | drivers who cross the river"
        " | pilgrims at the river | bridge keepers | bridge painters",
        "cross the river | cross the water | cross over to the other bank | get over the river | get across the water"
        " | walk over the river | drive across the water | go over the river by bicycle"
        " | reach the other side of the river | ride to the other bank | get from one bank to the other | pass over the river"
        " | take a lorry over the water | cross a canal"
        " | look down on boats from a road | spit into the river from above | push a cart over the river | drive to the far shore"
        " | link two shores",
        "road over water | road across the river | strip that crosses the water | link over the river | deck across the water"
        " | way over the water | crossing above a river"
        " | structure with piers and a road | roadway over a river | road carried over water | road with water on both sides",
    ),
    "pier": (
        "mole/moles | boat pier/boat piers | landing pier/landing piers | ferry pier/ferry piers | ship pier/ship piers"
        " | mooring/moorings | landing bridge for boats/landing bridges for boats"
        " | harbour pier/harbour piers | pontoon/pontoons | boat jetty/boat jetties | berth/berths | landing/landings"
        " | dockside/docksides | marina jetty/marina jetties | seaside pier/seaside piers"
        " | wooden jetty/wooden jetties | breakwater/breakwaters",
        "ferry travellers who wait | boat owners who moor | pier anglers | dock hands | people who step ashore | mooring men"
        " | harbour workers | stevedores | yacht owners who tie up",
        "moor a boat | moor | tie up | tie up a vessel | tie a boat to a post | land from a boat | go ashore | go on board"
        " | step ashore | walk above the sea | walk out into the harbour"
        " | fasten a ship | fasten a boat | board the ferry | unload a ship | load a boat | dock a boat | dock | berth a ship"
        " | wait for a boat | angle from a deck above water",
        "deck into the water | long deck in the water | wooden deck over water | narrow deck in the harbour"
        " | structure from the shore into the water | platform over the sea"
        " | concrete arm in the sea | landing deck for boats | walkway above water | place where ships are tied up"
        " | strip from the shore into the sea",
    ),
    "roundabout": (
        "circular crossing/circular crossings | traffic ring/traffic rings | traffic island ring/traffic island rings"
        " | circle junction/circle junctions | circular intersection/circular intersections"
        " | round junction/round junctions | rotary junction/rotary junctions | circus/circuses | road ring/road rings"
        " | traffic rotary/traffic rotaries | ring road junction/ring road junctions"
        " | roundabout junction/roundabout junctions | round intersection/round intersections",
        "car drivers at a round junction | bus drivers who circle | motorists who take the third exit"
        " | drivers who go around the island | road planners | drivers who lost their way and circle",
        "go around in a circle by car | drive in a circle | drive around in a ring | turn around by car | circle an island by car"
        " | take the first exit | take an exit from a ring"
        " | enter circular traffic | go round the island | let cars circle | give way in a ring | turn the car in a circle"
        " | change roads without lights | merge in a ring"
        " | drive round and round | circle until one finds the exit",
        "round junction | road in a ring | ring of road | circular road | road circle with an island"
        " | round island with a road around | circle where roads meet"
        " | road ring with exits | traffic circle with a green middle | asphalt ring | roads that meet in a circle",
    ),
    "baseball_diamond": (
        "baseball pitch/baseball pitches | baseball place/baseball places | softball ground/softball grounds"
        " | softball field with bases/softball fields with bases | baseball stadium/baseball stadiums"
        " | baseball arena/baseball arenas | little league field/little league fields | baseball court/baseball courts"
        " | diamond for baseball/diamonds for baseball"
        " | softball pitch/softball pitches | baseball infield/baseball infields",
        "baseball players | baseball fans | pitchers | catchers | baseball coaches | basemen | a softball team | baseball umpires"
        " | a little league team | infielders | batters at the plate",
        "play baseball outdoors | throw a fastball | hit a homer | hit a baseball | pitch a ball to a batter | run to first base"
        " | run to second base | steal a base | catch a baseball"
        " | play a baseball game | slide into second base | throw a baseball | bat | swing a baseball bat | win the world series"
        " | coach a baseball team | play softball with friends"
        " | tag a runner | pitch | train baseball",
        "fan shaped ground | fan shaped field | brown and green fan | quarter circle of grass | diamond of bases"
        " | infield of bare earth | ground with four bases"
        " | field with a pitcher 's mound | wedge of grass | diamond shaped infield | field with home plate",
    ),
}


def widened(concept: Concept) -> Concept:
    """The concept with its wider words among those seen."""
    lists = [concept.names, concept.agents, concept.purposes, concept.descriptions]
    more = [_listed(text) for text in WIDER[concept.key]]
    names, agents, purposes, descriptions = (
        ([*seen, *(phrase for phrase in extra if phrase not in seen)], held_out)
        for (seen, held_out), extra in zip(lists, more, strict=True)
    )
    return Concept(concept.key, concept.said_as, names, agents, purposes, descriptions)
