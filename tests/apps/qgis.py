# SPDX-License-Identifier: MIT
"""QGIS Server: C++ and Qt, by its FastCGI program, with a project of squares."""

import json
from pathlib import Path

from application import Application, Prepared, Question, give
from mapserver import SQUARES

PROJECT = """\
<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.16" projectname="squares">
 <title>squares</title>
 <projectCrs>{reference}</projectCrs>
 <layer-tree-group>
  <layer-tree-layer id="polys_1" name="polys" source="./squares.geojson" providerKey="ogr" checked="Qt::Checked" expanded="1"/>
 </layer-tree-group>
 <mapcanvas name="theMapCanvas"><units>degrees</units>{extent}</mapcanvas>
 <projectlayers>
  <maplayer type="vector" geometry="Polygon" hasScaleBasedVisibilityFlag="0">
   {extent}
   <id>polys_1</id><datasource>./squares.geojson</datasource><layername>polys</layername>
   <srs>{reference}</srs>
   <provider encoding="UTF-8">ogr</provider>
   <renderer-v2 type="singleSymbol" forceraster="0" symbollevels="0" enableorderby="0">
    <symbols><symbol type="fill" name="0" alpha="1" clip_to_extent="1"><layer class="SimpleFill" enabled="1" pass="0" locked="0">
     <prop k="color" v="220,90,140,255"/><prop k="style" v="solid"/>
     <prop k="outline_color" v="30,30,30,255"/><prop k="outline_style" v="solid"/><prop k="outline_width" v="0.3"/>
    </layer></symbol></symbols>
   </renderer-v2>
   <layerOpacity>1</layerOpacity>
  </maplayer>
 </projectlayers>
 <properties><WMSServiceCapabilities type="bool">true</WMSServiceCapabilities></properties>
</qgis>
"""
REFERENCE = "<spatialrefsys><authid>EPSG:4326</authid><srsid>3452</srsid><srid>4326</srid></spatialrefsys>"
EXTENT = "<extent><xmin>0</xmin><ymin>40</ymin><xmax>20</xmax><ymax>55</ymax></extent>"


def square(x: int, y: int) -> dict:
    corners = [[x, y], [x + 1.7, y], [x + 1.7, y + 1.7], [x, y + 1.7], [x, y]]
    return {"type": "Feature", "properties": {"name": f"{x}-{y}"}, "geometry": {"type": "Polygon", "coordinates": [corners]}}


def prepare(folder: Path) -> Prepared:
    squares = {"type": "FeatureCollection", "features": [square(x, y) for x, y in SQUARES]}
    (folder / "squares.geojson").write_text(json.dumps(squares))
    (folder / "squares.qgs").write_text(PROJECT.format(reference=REFERENCE, extent=EXTENT))
    give(folder)
    environment = {"QT_QPA_PLATFORM": "offscreen", "QGIS_PROJECT_FILE": str(folder / "squares.qgs"), "HOME": str(folder),
                   "XDG_RUNTIME_DIR": str(folder), "QGIS_SERVER_LOG_STDERR": "1", "QGIS_SERVER_LOG_LEVEL": "2"}
    return Prepared({
        "app": {"command": ["/usr/lib/cgi-bin/qgis_mapserv.fcgi"], "environment": environment},
        "memory": {"max": "768MiB"},
        "start": {"timeout": "3min"},
    })


WMS = "/?SERVICE=WMS&VERSION=1.3.0"
APPLICATION = Application(
    name="qgis",
    packages=["qgis-server"],
    prepare=prepare,
    crashes_at_its_end=True,
    questions=[
        Question(f"{WMS}&REQUEST=GetMap&LAYERS=polys&CRS=EPSG:4326&BBOX=40,0,55,20&WIDTH={{w}}&HEIGHT={{h}}"
                 "&FORMAT=image/png&STYLES=&n={n}", "", 1000, weight=4, picture=True),
        Question(f"{WMS}&REQUEST=GetCapabilities&n={{n}}", "WMS_Capabilities", 3000, "</WMS_Capabilities>"),
    ],
)
