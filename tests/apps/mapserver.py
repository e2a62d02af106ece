# SPDX-License-Identifier: MIT
"""MapServer: C and libfcgi, by its CGI program, with a map of squares that is drawn anew for each request."""

from pathlib import Path

from application import Application, Prepared, Question, give

# Between 0 and 20 degrees of longitude, 40 and 55 of latitude.
SQUARES = [(x, y) for x in range(0, 20, 2) for y in range(40, 55, 2)]
MAP = """\
MAP
  NAME "squares"
  EXTENT 0 40 20 55
  SIZE 400 300
  IMAGETYPE "png"
  PROJECTION "init=epsg:4326" END
  WEB
    TEMPLATE "{folder}/page.html"
    METADATA
      "wms_title" "squares"
      "wms_srs" "EPSG:4326"
      "wms_enable_request" "*"
      "wms_onlineresource" "http://127.0.0.1/?map=squares"
    END
  END
  LAYER
    NAME "polys"
    TYPE POLYGON
    STATUS ON
    PROJECTION "init=epsg:4326" END
    METADATA "wms_title" "polys" END
{features}    CLASS STYLE COLOR 220 90 140 OUTLINECOLOR 30 30 30 END END
  END
END
"""
FEATURE = "    FEATURE POINTS {x} {y} {x2} {y} {x2} {y2} {x} {y2} {x} {y} END END\n"
CONFIG = """\
CONFIG
  MAPS
    "squares" "{folder}/squares.map"
  END
END
"""
PAGE = "<!-- MapServer Template -->\n<html><body>[n] of [layers]</body></html>\n"


def prepare(folder: Path) -> Prepared:
    features = "".join(FEATURE.format(x=x, y=y, x2=x + 1.7, y2=y + 1.7) for x, y in SQUARES)
    (folder / "squares.map").write_text(MAP.format(folder=folder, features=features))
    (folder / "mapserver.conf").write_text(CONFIG.format(folder=folder))
    (folder / "page.html").write_text(PAGE)
    give(folder)
    return Prepared({
        "app": {"command": ["/usr/lib/cgi-bin/mapserv"],
                "environment": {"MAPSERVER_CONFIG_FILE": str(folder / "mapserver.conf")}},
        "memory": {"max": "128MiB"},
        "capacity": {"handover": "overlap"},
    })


WMS = "/?map=squares&SERVICE=WMS&VERSION=1.3.0"
APPLICATION = Application(
    name="mapserver",
    packages=["cgi-mapserver"],
    prepare=prepare,
    questions=[
        Question(f"{WMS}&REQUEST=GetMap&LAYERS=polys&CRS=EPSG:4326&BBOX=40,0,55,20&WIDTH={{w}}&HEIGHT={{h}}"
                 "&FORMAT=image/png&STYLES=&n={n}", "", 1000, weight=4, picture=True),
        Question(f"{WMS}&REQUEST=GetCapabilities&n={{n}}", "WMS_Capabilities", 1000, "</WMS_Capabilities>"),
        Question("/?map=squares&mode=browse&layers=polys&n={n}", "{n}", 20, "</html>"),
    ],
)
