"""Writes test/fixtures/crs/proj-reference.json: map coordinates and the WGS 84 longitude and latitude PROJ gives them.

    python test/reference/make_crs_reference.py test/fixtures/crs/proj-reference.json

Without grid files and without network, which is what this program has too.
"""

import json
import sys

import pyproj
from pyproj import CRS, Transformer

# Places inside the area of use, away from its corners.
PLACES = {
    2056: [(8.54, 47.37), (6.63, 46.52)],
    21781: [(8.54, 47.37)],
    27700: [(-1.5, 53.0), (-3.19, 55.95)],
    28992: [(4.9, 52.37), (5.7, 50.85)],
    31467: [(9.18, 48.78), (9.99, 53.55)],
    31287: [(16.37, 48.21)],
    3031: [(166.67, -77.85), (-68.0, -67.5)],
    3413: [(-45.0, 70.0), (-51.7, 64.2)],
    3857: [(-122.4, 37.8), (174.8, -41.3)],
    26711: [(-117.6, 33.9), (-117.1, 36.2)],
    4267: [(-96.0, 39.0)],
    5070: [(-96.0, 39.0), (-84.4, 33.7)],
    2154: [(2.35, 48.86), (5.37, 43.3)],
    27572: [(2.35, 48.86)],
    4807: [(2.35, 48.86)],
    25832: [(9.0, 50.0), (11.58, 48.14)],
    4326: [(13.4, 52.5)],
    4269: [(-100.0, 40.0)],
    4258: [(10.0, 50.0)],
    7844: [(149.1, -35.3)],
    28355: [(145.0, -37.8), (147.3, -42.9)],
    7855: [(145.0, -37.8)],
    2193: [(174.8, -41.3), (172.6, -43.5)],
    6677: [(139.7, 35.7), (140.1, 35.5)],
    30169: [(139.7, 35.7)],
    32733: [(15.0, -4.3), (17.1, -22.6)],
    32633: [(13.4, 52.5)],
    32753: [(132.9, -12.6)],
    26914: [(-97.2, 47.0)],
    26910: [(-122.4, 37.8)],
    2263: [(-73.98, 40.75)],
    26741: [(-122.0, 40.5)],
    3347: [(-79.4, 43.7), (-114.1, 51.0)],
    5514: [(14.43, 50.09), (17.1, 48.15)],
    2180: [(21.0, 52.2)],
    31370: [(4.35, 50.85)],
    3006: [(18.07, 59.33)],
    3067: [(24.94, 60.17)],
    23030: [(-3.7, 40.42)],
    3763: [(-9.1, 38.7)],
    2100: [(23.73, 37.98)],
    29903: [(-6.26, 53.35)],
    2157: [(-6.26, 53.35)],
    2048: [(18.42, -33.92)],
    5880: [(-47.9, -15.8)],
    31983: [(-43.2, -22.9)],
    24378: [(73.0, 26.0)],
    3414: [(103.85, 1.3)],
    4490: [(116.4, 39.9)],
    4550: [(116.4, 39.9)],
    6933: [(25.0, -10.0), (-60.0, 45.0)],
    8857: [(25.0, -10.0)],
    3035: [(10.0, 52.0), (-3.7, 40.42)],
    3995: [(15.0, 78.2)],
    6668: [(139.7, 35.7)],
    2065: [(14.43, 50.09)],
    27200: [(174.8, -41.3)],
}


def main(target: str) -> None:
    pyproj.network.set_network_enabled(False)
    cases = []
    for code, places in sorted(PLACES.items()):
        crs = CRS.from_epsg(code)
        transformer = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        for lon, lat in places:
            x, y = transformer.transform(lon, lat, direction="INVERSE")
            lon_84, lat_84 = transformer.transform(x, y)
            cases.append(
                {
                    "epsg": code,
                    "name": crs.name,
                    "map": [x, y],
                    "lonLat": [lon_84, lat_84],
                }
            )
    with open(target, "w", encoding="utf-8") as file:
        json.dump({"proj": pyproj.proj_version_str, "cases": cases}, file, indent=1)
        file.write("\n")
    print(f"{len(PLACES)} codes, {len(cases)} points")


main(sys.argv[1])
