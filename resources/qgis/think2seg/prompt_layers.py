"""What the language model pointed at, as features in the coordinates of the raster."""

from qgis.core import QgsFeature, QgsField, QgsFields, QgsGeometry, QgsPointXY
from qgis.PyQt.QtCore import QVariant


def box_fields():
    fields = QgsFields()
    fields.append(QgsField("prompt", QVariant.Int))
    return fields


def point_fields():
    fields = box_fields()
    # 1: on the object; 0: beside it.
    fields.append(QgsField("positive", QVariant.Int))
    return fields


def box_features(answer):
    """A polygon for each prompt that has a box; `answer` is the object that `segment --json` prints."""
    to_map = _frame_to_map(answer)
    for number, prompt in enumerate(answer["prompts"], start=1):
        if "bbox_2d" in prompt:
            x0, y0, x1, y1 = prompt["bbox_2d"]
            corners = [to_map(x, y) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))]
            yield _feature(box_fields(), QgsGeometry.fromPolygonXY([corners]), [number])


def point_features(answer):
    """A point for each point of each prompt."""
    to_map = _frame_to_map(answer)
    for number, prompt in enumerate(answer["prompts"], start=1):
        for key, positive in (("positive_points", 1), ("negative_points", 0)):
            for x, y in prompt.get(key, []):
                yield _feature(point_fields(), QgsGeometry.fromPointXY(to_map(x, y)), [number, positive])


def _frame_to_map(answer):
    frame, window = answer["promptFrame"], answer["window"]
    a, b, c, d, e, f = answer["transform"]
    if frame["name"] == "scene-px":
        left, top, wide, high = 0, 0, 1, 1
    else:
        left, top = window["x"], window["y"]
        wide, high = window["width"] / frame["width"], window["height"] / frame["height"]

    def to_map(x_frame, y_frame):
        column, row = left + x_frame * wide, top + y_frame * high
        return QgsPointXY(a * column + b * row + c, d * column + e * row + f)

    return to_map


def _feature(fields, geometry, values):
    feature = QgsFeature(fields)
    feature.setGeometry(geometry)
    feature.setAttributes(values)
    return feature
