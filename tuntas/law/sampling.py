"""Sample size by Krejcie and Morgan, as the regulation prints it (p. 17 and Lampiran II).

    S = λ²·N·P·Q / (d²·(N − 1) + λ²·P·Q),  P = Q = 0,5

The text prints "d = 0,0"; 0,05 with λ² = 3,841, rounded half up, reproduces all 90 rows of the table.
"""

from __future__ import annotations

from fractions import Fraction

from tuntas.law.citation import p14
from tuntas.law.rounding import half_up

SOURCE = p14("Lampiran I, BAB IV huruf B, hlm. 17; Lampiran II, hlm. 25–26")
# Chi-square with one degree of freedom; 1 % and 10 % are allowed by the text, the values are not
# printed there and come from the standard table.
LAMBDA_SQUARED = {
    Fraction(1, 100): Fraction("6.635"),
    Fraction(5, 100): Fraction("3.841"),
    Fraction(10, 100): Fraction("2.706"),
}
MARGIN = Fraction(5, 100)


def sample_size(population: int, error: Fraction = Fraction(5, 100)) -> int:
    """Respondents to ask out of `population` people. Raises ValueError for other errors or N < 1."""
    if population < 1:
        raise ValueError("populasi paling sedikit 1 orang")
    if error not in LAMBDA_SQUARED:
        raise ValueError("taraf kesalahan hanya 1 %, 5 %, atau 10 %")
    spread = LAMBDA_SQUARED[error] / 4
    size = spread * population / (MARGIN**2 * (population - 1) + spread)
    return min(int(half_up(size, 0)), population)


# Tabel 1 Sampel Morgan dan Krejcie: population and sample, as printed.
KREJCIE_MORGAN: tuple[tuple[int, int], ...] = tuple(
    (int(pair.split(":")[0]), int(pair.split(":")[1]))
    for pair in [
        "10:10",
        "15:14",
        "20:19",
        "25:24",
        "30:28",
        "35:32",
        "40:36",
        "45:40",
        "50:44",
        "55:48",
        "60:52",
        "65:56",
        "70:59",
        "75:63",
        "80:66",
        "85:70",
        "90:73",
        "95:76",
        "100:80",
        "110:86",
        "120:92",
        "130:97",
        "140:103",
        "150:108",
        "160:113",
        "170:118",
        "180:123",
        "190:127",
        "200:132",
        "210:136",
        "220:140",
        "230:144",
        "240:148",
        "250:152",
        "260:155",
        "270:159",
        "280:162",
        "290:165",
        "300:169",
        "320:175",
        "340:181",
        "360:186",
        "380:191",
        "400:196",
        "420:201",
        "440:205",
        "460:210",
        "480:214",
        "500:217",
        "550:226",
        "600:234",
        "650:242",
        "700:248",
        "750:254",
        "800:260",
        "850:265",
        "900:269",
        "950:274",
        "1000:278",
        "1100:285",
        "1200:291",
        "1300:297",
        "1400:302",
        "1500:306",
        "1600:310",
        "1700:313",
        "1800:317",
        "1900:320",
        "2000:322",
        "2200:327",
        "2400:331",
        "2600:335",
        "2800:338",
        "3000:341",
        "3500:346",
        "4000:351",
        "4500:354",
        "5000:357",
        "6000:361",
        "7000:364",
        "8000:367",
        "9000:368",
        "10000:370",
        "15000:375",
        "20000:377",
        "30000:379",
        "40000:380",
        "50000:381",
        "75000:382",
        "1000000:384",
    ]
)
