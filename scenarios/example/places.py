"""Where the example's customers and reps are: territories with real cities and how many customers each has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class City:
    """A city: degrees north and east."""

    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Territory:
    """A territory: which language its companies' names are in, how many customers it has, where they are."""

    path: str
    language: str
    customers: int
    cities: tuple[City, ...]


HAMBURG = City("Hamburg", 53.55, 9.99)
BERLIN = City("Berlin", 52.52, 13.40)
MUNICH = City("Munich", 48.14, 11.58)
FRANKFURT = City("Frankfurt", 50.11, 8.68)
VIENNA = City("Vienna", 48.21, 16.37)
PARIS = City("Paris", 48.86, 2.35)
LYON = City("Lyon", 45.76, 4.84)
STRASBOURG = City("Strasbourg", 48.57, 7.75)
BRUSSELS = City("Brussels", 50.85, 4.35)
SHANGHAI = City("Shanghai", 31.23, 121.47)
BEIJING = City("Beijing", 39.90, 116.41)
SHENZHEN = City("Shenzhen", 22.54, 114.06)
SINGAPORE = City("Singapore", 1.35, 103.82)

TERRITORIES = (
    Territory(
        "EMEA/DE/North", "de", 58,
        (HAMBURG, BERLIN, City("Bremen", 53.08, 8.80), City("Hanover", 52.37, 9.73), City("Cologne", 50.94, 6.96)),
    ),
    Territory(
        "EMEA/DE/South", "de", 62,
        (MUNICH, FRANKFURT, City("Stuttgart", 48.78, 9.18), City("Nuremberg", 49.45, 11.08),
         City("Mannheim", 49.49, 8.47)),
    ),
    Territory("EMEA/AT", "de", 24, (VIENNA, City("Graz", 47.07, 15.44), City("Linz", 48.31, 14.29))),
    Territory(
        "EMEA/FR/North", "fr", 50,
        (PARIS, City("Lille", 50.63, 3.06), City("Nantes", 47.22, -1.55), STRASBOURG, City("Rennes", 48.11, -1.68)),
    ),
    Territory(
        "EMEA/FR/South", "fr", 38,
        (LYON, City("Marseille", 43.30, 5.37), City("Toulouse", 43.60, 1.44), City("Bordeaux", 44.84, -0.58)),
    ),
    Territory("EMEA/BE", "fr", 26, (BRUSSELS, City("Antwerp", 51.22, 4.40), City("Liège", 50.63, 5.57))),
    Territory("APAC/CN/North", "zh", 36, (BEIJING, City("Tianjin", 39.34, 117.36), City("Qingdao", 36.07, 120.38))),
    Territory("APAC/CN/East", "zh", 50, (SHANGHAI, City("Hangzhou", 30.27, 120.16), City("Nanjing", 32.06, 118.80))),
    Territory("APAC/CN/South", "zh", 34, (SHENZHEN, City("Guangzhou", 23.13, 113.26), City("Xiamen", 24.48, 118.09))),
    Territory("APAC/SG", "en", 22, (SINGAPORE,)),
)  # fmt: skip
