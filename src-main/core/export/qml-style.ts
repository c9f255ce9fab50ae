import type { LayerStyle } from '../ports.ts';

/** As the map draws a result: the inside shines through, the outline does not. */
const fillShare = 0.3;
const outlineWidthMm = 0.46;

/** Whether a style is one that `qmlStyle` writes, unchanged: nobody's work is lost with it. */
export function isPlainStyle(qml: string): boolean {
  const [, red, green, blue] = /name="outline_color" type="QString" value="(\d+),(\d+),(\d+),/.exec(qml) ?? [];
  const opacity = Number(/<layerOpacity>([\d.]+)</.exec(qml)?.[1]);
  const color = [red, green, blue].map((value) => Number(value).toString(16).padStart(2, '0')).join('');
  return qml === qmlStyle({ color: `#${color}`, opacity });
}

/** A QGIS 3 layer style (QML): every feature filled and outlined in one colour. */
export function qmlStyle({ color, opacity }: LayerStyle): string {
  const rgb = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)).join(',');
  const properties = {
    color: `${rgb},${Math.round(fillShare * 255)}`,
    style: 'solid',
    outline_color: `${rgb},255`,
    outline_style: 'solid',
    outline_width: `${outlineWidthMm}`,
    outline_width_unit: 'MM',
    joinstyle: 'round',
  };
  const options = Object.entries(properties).map(
    ([name, value]) => `        <Option name="${name}" type="QString" value="${value}"/>`,
  );
  const older = Object.entries(properties).map(([name, value]) => `       <prop k="${name}" v="${value}"/>`);
  return [
    "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>",
    '<qgis version="3.22.0" styleCategories="Symbology">',
    ' <renderer-v2 type="singleSymbol" enableorderby="0" forceraster="0" symbollevels="0">',
    '  <symbols>',
    '   <symbol type="fill" name="0" alpha="1" clip_to_extent="1" force_rhr="0">',
    '    <layer class="SimpleFill" enabled="1" locked="0" pass="0">',
    '       <Option type="Map">',
    ...options,
    '       </Option>',
    // Programs before QGIS 3.20 read these.
    ...older,
    '    </layer>',
    '   </symbol>',
    '  </symbols>',
    ' </renderer-v2>',
    ` <layerOpacity>${opacity}</layerOpacity>`,
    ' <layerGeometryType>2</layerGeometryType>',
    '</qgis>',
    '',
  ].join('\n');
}
