"""Springs around the old town and in the hills: two with published levels, the others invented and marked so.

Facts: the names of the groups, the yellow warning level of 趵突泉, and the levels of 趵突泉 and 黑虎泉 on
2025-10-14 as the press quoted the water authority. No warning level of 黑虎泉 was found, so it has none.
"""

import geopandas as gpd
import numpy as np
import shapely

from api.demo.administrative import Administration
from api.demo.ground import Recipe, Texts, to_degrees, to_plane
from api.demo.people import locate
from geo.crs import STORED

# name of the group, rough middle (0.01-0.02 degrees), spread in metres, springs, level in metres
GROUPS = (
    ("趵突泉泉群", (117.02, 36.66), 300.0, 22, 28.9),
    ("黑虎泉泉群", (117.03, 36.66), 260.0, 15, 29.2),
    ("五龙潭泉群", (117.01, 36.67), 260.0, 18, 28.5),
    ("珍珠泉泉群", (117.02, 36.67), 300.0, 18, 28.2),
    ("白泉泉群", (117.16, 36.76), 900.0, 6, 24.0),
    ("百脉泉泉群", (117.54, 36.72), 700.0, 8, 61.0),
    ("涌泉泉群", (117.18, 36.46), 1_500.0, 4, 265.0),
    ("玉河泉泉群", (117.30, 36.56), 1_500.0, 3, 240.0),
    ("袈裟泉泉群", (116.98, 36.36), 1_200.0, 4, 190.0),
    ("洪范池泉群", (116.30, 36.12), 1_300.0, 4, 78.0),
)
INVENTED = "合成示例，非实测"
_PRESS = "媒体引用水务部门2025-10-14水位"
FACTS = {
    "趵突泉": (30.29, 28.15, f"{_PRESS}（isunte.cn/p/414784）；黄色预警线（sohu.com/20060426/n243011099）"),
    "黑虎泉": (30.71, np.nan, f"{_PRESS}（zhongyuanwangshitai.hnmdtv.com）；未见公布的预警线"),
}
"""Level and warning level in metres, and where they were published."""


def frame(recipe: Recipe, admin: Administration) -> gpd.GeoDataFrame:
    """Layer `springs`, EPSG:4326; the same hundred at every scale. Without a reading a level is missing."""
    random = recipe.random("springs")
    size = [count for _, _, _, count, _ in GROUPS]
    group = np.repeat(np.arange(len(GROUPS)), size)
    middle = to_plane([at for _, at, _, _, _ in GROUPS])[group]
    spread = np.array([metres for _, _, metres, _, _ in GROUPS])[group]
    xy = middle + random.normal(0, 1, (len(group), 2)) * spread[:, None]
    lost = locate(admin, xy) < 0
    xy[lost] = middle[lost]
    names = _names()
    famous = np.isin(names, list(FACTS))
    level = np.array([metres for *_, metres in GROUPS])[group] + random.normal(0, 0.4, len(group))
    warning = np.array([metres for *_, metres in GROUPS])[group] - 0.5
    monitoring = random.choice(["automatic", "manual", "none"], len(group), p=[0.35, 0.45, 0.20])
    monitoring[famous] = "automatic"
    date = np.full(len(group), np.datetime64("2025-10-14", "s"))
    manual = monitoring == "manual"
    date[manual] -= random.integers(0, 6, int(manual.sum())).astype("timedelta64[D]")
    unread = (monitoring == "none") | (manual & (random.uniform(0, 1, len(group)) < 0.08))
    level[unread] = np.nan
    date[unread] = np.datetime64("NaT", "s")
    source = np.full(len(group), INVENTED, dtype=object)
    for name, (metres, line, words) in FACTS.items():
        row = int(np.flatnonzero(names == name)[0])
        level[row], warning[row], source[row] = metres, line, words
    return gpd.GeoDataFrame(
        {
            "id": [f"spring-{n:03d}" for n in range(1, len(group) + 1)],
            "name": names,
            "group": [GROUPS[k][0] for k in group],
            "monitoring": monitoring,
            "level_m": np.round(level, 2),
            "level_date": date,
            "warning_m": np.round(warning, 2),
            "source": source,
        },
        geometry=shapely.points(to_degrees(xy)),
        crs=STORED,
    )


def _names() -> Texts:
    """The famous spring of the first two groups by its name, all others by counting."""
    names = []
    for group, _, _, count, _ in GROUPS:
        stem = group.removesuffix("泉群")
        first = [stem] if stem in FACTS else []
        names += first + [f"{stem}群第{n}泉" for n in range(len(first) + 1, count + 1)]
    return np.array(names)
