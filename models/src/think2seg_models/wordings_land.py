"""Words of concepts of water, crops and woods."""

from .phrases import Concept, split

LAND_CONCEPTS: list[Concept] = [
    Concept(
        "river",
        "a river",
        split(
            "river/rivers | canal/canals | waterway/waterways | watercourse/watercourses | creek/creeks | flowing river/flowing rivers | river channel/river channels",
            "stream/streams | brook/brooks | tributary/tributaries",
        ),
        split(
            "rafting guides | river pilots | bargemen | ferrymen | gold panners | hydrologists who gauge discharge | white water rafters | flood wardens | salmon",
            "rafters | hydropower engineers",
        ),
        split(
            "drift downstream | measure the current | raft down the rapids | watch the current flow by | gauge the discharge | travel upstream | pan for gold"
            " | follow the water to the sea | let a barge drift with the current | monitor a flood wave | study a meander | swim against the current"
            " | build a water mill | float logs downstream | see salmon migrate upstream | row against the stream | warn of a flood from upstream",
            "go white water rafting | trace the flow from source to mouth | paddle downstream | check the level of a running stream",
        ),
        split(
            "long winding band of water | flowing water between two banks | water that runs through the valley | meandering dark ribbon"
            " | natural channel with a current | water with an upstream and a downstream | winding line of flowing water",
            "snaking ribbon of water | running water in a bed | water that flows past the meadows",
        ),
    ),
    Concept(
        "field",
        "a crop field",
        split(
            "crop field/crop fields | farm field/farm fields | arable field/arable fields | wheat field/wheat fields | cornfield/cornfields | plot of farmland/plots of farmland"
            " | cultivated field/cultivated fields | ploughed field/ploughed fields",
            "acre of cropland/acres of cropland | barley field/barley fields | agricultural parcel/agricultural parcels",
        ),
        split(
            "farmers with a tractor | grain growers | harvest crews | agronomists | seed companies | tractor drivers | ploughmen | wheat farmers | crop insurers",
            "cultivators | combine drivers",
        ),
        split(
            "grow wheat | plough the soil | sow barley | harvest corn | drive a combine harvester | grow potatoes | spread fertiliser | plant sugar beet"
            " | cultivate maize | raise a crop | bring in the harvest | till the ground with a tractor | sow seed in spring | spray a crop | grow rapeseed"
            " | estimate the yield of grain | rotate crops | rent farmland",
            "cultivate rye | plant oats | thresh grain | turn the soil with a plough",
        ),
        split(
            "rectangle of farmland with crop rows | patch of cultivated soil | plot with straight furrows | striped piece of farmland | tilled ground"
            " | large plot where crops grow | land that is sown and harvested",
            "furrowed parcel of land | sown agricultural ground | quadrangle of ripening grain",
        ),
    ),
    Concept(
        "center_pivot",
        "a centre pivot field",
        split(
            "center pivot/center pivots | centre pivot field/centre pivot fields | pivot irrigated field/pivot irrigated fields | circular field/circular fields"
            " | irrigation circle/irrigation circles | round crop circle/round crop circles | circular irrigated plot/circular irrigated plots",
            "crop circle under a sprinkler/crop circles under sprinklers | pivot circle/pivot circles",
        ),
        split(
            "irrigation engineers | farmers in a dry region | sprinkler technicians | growers who water with a rotating arm | water managers who check irrigation",
            "irrigators | pivot mechanics",
        ),
        split(
            "irrigate crops with a rotating arm | water a field in a circle | run a sprinkler around a pivot | irrigate farmland in the desert"
            " | repair a pivot sprinkler | water alfalfa with a rotating boom | sprinkle a round plot | irrigate in circles | let a sprinkler arm rotate"
            " | measure how much water a pivot uses | water crops from a central point | grow crops under a rotating sprinkler | service an irrigation arm",
            "spray water from a pivoting boom | irrigate a disc of alfalfa | sprinkle crops around a central well",
        ),
        split(
            "round green disc of crops | circle of irrigated farmland | circular plot watered from its centre | perfectly round field"
            " | disc shaped cropland | farmland in the form of a circle | circle with a sprinkler arm",
            "disc of watered crops | round farmland with a boom | circular patch of irrigated plants",
        ),
    ),
    Concept(
        "forest",
        "a forest",
        split(
            "forest/forests | wood/woods | woodland/woodlands | grove/groves | stand of trees/stands of trees | copse/copses | dense wood/dense woods",
            "thicket/thickets | timber stand/timber stands | jungle/jungles",
        ),
        split(
            "lumberjacks | foresters | mushroom pickers | deer | hunters | squirrels | hikers who love the shade of trees | woodpeckers | timber companies",
            "woodcutters | rangers in the woods",
        ),
        split(
            "walk in the woods | cut timber | pick mushrooms | fell trees | rest in the shade of trees | hunt deer | hide under a canopy of leaves | collect firewood"
            " | store carbon in trees | watch woodpeckers | camp among the trees | hear leaves rustle | find shade under branches | harvest wood"
            " | study a tree canopy | measure the height of trees | get lost in the woods | look for owls",
            "gather wild mushrooms under trees | log timber | stroll under a leafy canopy | chop wood for the stove",
        ),
        split(
            "closed canopy of trees | dense dark green patch | area covered with trees | place full of trunks and leaves | habitat of deer and owls"
            " | natural area with a leafy canopy | rough textured green crowns | many trees close together",
            "leafy tree cover | dense group of crowns | wooded patch of land",
        ),
    ),
    Concept(
        "greenhouse",
        "a greenhouse",
        split(
            "greenhouse/greenhouses | glasshouse/glasshouses | hothouse/hothouses | plastic tunnel/plastic tunnels | nursery under glass/nurseries under glass"
            " | polytunnel/polytunnels | block of greenhouses/blocks of greenhouses",
            "conservatory for crops/conservatories for crops | glazed growing hall/glazed growing halls",
        ),
        split(
            "tomato growers | flower growers | vegetable growers under glass | plant breeders | cucumber pickers | nursery gardeners | orchid growers",
            "gardeners with tropical plants | lettuce producers under glass",
        ),
        split(
            "grow tomatoes under glass | raise seedlings in a warm place | grow flowers in winter | cultivate cucumbers under a glass roof | protect plants from frost"
            " | grow peppers all year | breed orchids | pick strawberries in winter | heat plants under plastic | keep tropical plants warm"
            " | grow vegetables under cover | force tulips in january | raise young plants | grow lettuce under plastic film",
            "ripen tomatoes in a glazed hall | shield seedlings from the cold | grow roses under glass | produce vegetables all winter",
        ),
        split(
            "glass building for plants | bright transparent roof in narrow bays | white striped roof over plants | translucent hall for vegetables"
            " | building with a transparent roof | long bays of glass | shining roof for growing plants",
            "glazed hall in narrow bays | plastic covered growing house | see through roof over vegetables",
        ),
    ),
]
