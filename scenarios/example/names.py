"""Names of the example's companies: a stem, a word for the industry, a legal form, by language. All are invented."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import count

INDUSTRIES = ("manufacturing", "healthcare", "finance", "retail", "energy", "public", "software")

_STEMS = {
    "de": (
        "Nordwerk Alsterbrück Elbtal Hagenau Lindforst Steinfurth Wesermann Falkenrath Bergholt Kronau Rhenova "
        "Sonnfeld Ahrendorf Mühlrath Brandecker Vossberg Eichhalde Talheimer Werrastein Drachau Kieferle Grünwerder "
        "Isarwald Ostfeld"
    ),
    "fr": (
        "Lumarest Garonnel Belvaux Montclar Valmeric Brunoy Deschamps-Lorin Aquilette Provela Armoriel Sarthenay "
        "Orvilliers Chantegrive Fontrenard Merlaud Ravignac Vauclaire Peyrelle Durandal Courtevois"
    ),
    "zh": (
        "华晨远 东瑞莱 星海汇 汇远达 瑞丰和 金澜 恒岳 天启源 博远信 云川 鼎新禾 宏图锦 "
        "嘉禾宇 长青川 安泽 启明坤 盛泽源 海澄川 新程 凯旋岳 "
        "Huachenyuan Dongruilai Xinghaihui Huiyuanda Ruifenghe Jinlanshi Hengyuexin Tianqiyuan Boyuanxin Yunchuan "
        "Dingxinhe Hongtujin"
    ),
    "en": (
        "Merlora Straitway Kallanton Tanglin-Rowe Orchidea Bayfront-Lim Sentavia-Hale Raffelle Kembangor Marinex "
        "Novarin-Tan"
    ),
}
# A line an industry, in the order of INDUSTRIES.
_WORDS = {
    "de": (
        "Maschinenbau Antriebstechnik Werkzeuge",
        "Kliniken Medizintechnik Labor",
        "Vermögen Leasing Versicherung",
        "Handel Warenhaus Märkte",
        "Energie Netze Solar",
        "Stadtwerke Verkehrsbetriebe Verwaltung",
        "Software Daten Systeme",
    ),
    "fr": (
        "Mécanique Industries Usinage",
        "Santé Laboratoires Cliniques",
        "Finance Assurances Crédit",
        "Distribution Boutiques Comptoir",
        "Énergie Réseaux Solaire",
        "Métropole Transports Agglomération",
        "Logiciels Données Numérique",
    ),
    "zh": (
        "机械 精密制造 重工",
        "医疗 生物医药 健康",
        "金融 保险 租赁",
        "零售 商贸 百货",
        "能源 电力 光伏",
        "市政 公交 水务",
        "软件 数据 信息",
    ),
    "en": (
        "Engineering Precision Components",
        "Health Medical Biolabs",
        "Capital Insurance Leasing",
        "Retail Trading Stores",
        "Energy Power Solar",
        "Transit Utilities Services",
        "Software Data Systems",
    ),
}
_FORMS: dict[str, dict[str, tuple[str, ...]]] = {
    "de": {"enterprise": ("AG", "SE"), "mid": ("GmbH & Co. KG", "GmbH"), "small": ("GmbH", "GmbH", "e.K.")},
    "fr": {"enterprise": ("SA",), "mid": ("SAS",), "small": ("SARL", "SAS")},
    "zh": {"enterprise": ("集团股份有限公司",), "mid": ("股份有限公司", "科技有限公司"), "small": ("有限公司",)},
    "en": {"enterprise": ("Holdings Ltd",), "mid": ("Pte Ltd",), "small": ("Pte Ltd",)},
}


@dataclass
class Names:
    """Gives every company a name of its own."""

    rng: random.Random
    used: set[str] = field(default_factory=set)
    family_stems: set[str] = field(default_factory=set)

    def stem(self, language: str) -> str:
        """Return a stem that no other company has or will have: a family's."""
        free = [s for s in self._stems(language) if s not in self.family_stems]
        stem = self.rng.choice(free)
        self.family_stems.add(stem)
        return stem

    def company(self, language: str, industry: str, segment: str, stem: str = "") -> str:
        """Return a name nobody else has; a family's stem where one is given."""
        free = [s for s in self._stems(language) if s not in self.family_stems]
        at = INDUSTRIES.index(industry)
        for trial in count():
            first = stem or self.rng.choice(free)
            style = "en" if language == "zh" and first.isascii() else language
            words = _WORDS[style][at] if trial < 10 else " ".join(_WORDS[style])
            parts = (first, self.rng.choice(words.split()), self.rng.choice(_FORMS[style][segment]))
            name = ("" if style == "zh" else " ").join(parts)
            if name not in self.used:
                self.used.add(name)
                return name
        raise AssertionError("unreachable")

    def _stems(self, language: str) -> list[str]:
        """Return the stems; some Chinese companies write theirs in Latin letters."""
        return _STEMS[language].split()
