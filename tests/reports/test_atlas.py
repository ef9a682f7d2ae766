import json
import math

import numpy as np
import pytest

from reports import atlas
from reports.atlas import FAR, View, graticule, land, placed, projected

LAND = {
    "Berlin": (52.5, 13.4), "Moscow": (55.8, 37.6), "Novosibirsk": (55, 83), "Xi'an": (34.3, 108.9), "Delhi": (28.6, 77.2),
    "Nairobi": (-1.3, 36.8), "Denver": (39.7, -105), "Brasilia": (-15.8, -47.9), "Alice Springs": (-23.7, 133.9),
    "South Pole": (-89.5, 0), "Viti Levu": (-17.8, 178), "Chukotka": (66.5, -175),
}  # fmt: skip
WATER = {
    "Atlantic": (30, -40), "Pacific": (0, -140), "Indian Ocean": (-30, 80), "Caspian Sea": (42, 50.5), "North Pole": (89.9, 0),
    "Sea of Japan": (40, 135), "Gulf of Mexico": (25, -90), "date line": (0, 180), "Southern Ocean": (-60, 179),
}  # fmt: skip
MIDDLES = {
    "Europe": (50, 10), "China": (35, 105), "opposite of Xi'an": (-34.3, -71.1), "opposite of Denver": (-39.7, 75),
    "date line": (-10, 179), "pole": (89, 0), "other pole": (-89, 40), "opposite of a small island": (3.8, -52.7),
}  # fmt: skip


def filled(shape, x, y):
    """Whether a point is filled, by the rule of pictures: the lines around it do not cancel each other out."""
    lines = [p for p in shape.to_polygons(closed_only=False) if len(p) > 3]
    return sum(math.copysign(1, atlas._area(*p.T)) for p in lines if atlas.Shape(p).contains_point((x, y))) != 0


@pytest.mark.parametrize("middle", MIDDLES)
def test_land_is_land_and_sea_is_sea_from_wherever_one_looks(middle):
    lat0, lon0 = np.radians(MIDDLES[middle])
    edge = 0.62 * FAR
    shape = land(View(lat0, lon0, -edge, edge, -edge, edge), 20.0)
    seen = 0
    for places, dry in ((LAND, True), (WATER, False)):
        for name, (lat, lon) in places.items():
            x, y = (v[0] for v in projected(*np.radians([[lat], [lon]]), lat0, lon0))
            if max(abs(x), abs(y)) < edge:
                assert filled(shape, x, y) == dry, (middle, name)
                seen += 1
    assert seen > 8


def test_a_view_of_the_open_sea_has_no_land():
    assert land(View(math.radians(-30), math.radians(-130), -500, 500, -500, 500), 1.0) is None


def test_what_is_projected_comes_back():
    lat, lon = np.radians([[10.0, -80.0, 52.0], [170.0, -10.0, 13.0]])
    back = placed(*projected(lat, lon, 0.4, 3.0), 0.4, 3.0)
    assert np.allclose(back[0], lat) and np.allclose(np.exp(1j * back[1]), np.exp(1j * lon))


@pytest.mark.parametrize(
    ("lat", "lon", "km", "step"), [(53.5, 10, 12, 0.05), (0, 179.9, 400, 2), (89.9, 0, 3000, 15), (20, 0, 14000, 30)]
)
def test_graticule_has_round_degrees_and_lies_where_it_says(lat, lon, km, step):
    view = View(math.radians(lat), math.radians(lon), -km, km, -km, km)
    found, lines = graticule(view)
    assert found == step and len(lines) > 4
    for kind, degrees, x, y in lines:
        assert degrees / step == pytest.approx(round(degrees / step), abs=1e-6) and -180 <= degrees <= 180
        both = placed(x, y, view.lat0, view.lon0)
        off = np.exp(1j * (both[kind == "lon"] - math.radians(degrees)))
        known = np.isfinite(x) & (np.abs(both[0]) < 1.57)  # at a pole every meridian is there
        assert np.allclose(off[known], 1, atol=1e-6)


def test_the_file_is_the_land_alone_without_any_border():
    content = json.loads((atlas.Path(atlas.__file__).parent / "land-50m.json").read_text(encoding="utf-8"))
    assert list(content["objects"]) == ["land"] and "properties" not in json.dumps(content["objects"])
