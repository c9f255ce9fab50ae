<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology">
 <renderer-v2 type="singleSymbol" enableorderby="0" forceraster="0" symbollevels="0">
  <symbols>
   <symbol type="fill" name="0" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleFill" enabled="1" locked="0" pass="0">
       <Option type="Map">
        <Option name="color" type="QString" value="230,48,138,77"/>
        <Option name="style" type="QString" value="solid"/>
        <Option name="outline_color" type="QString" value="230,48,138,255"/>
        <Option name="outline_style" type="QString" value="solid"/>
        <Option name="outline_width" type="QString" value="0.46"/>
        <Option name="outline_width_unit" type="QString" value="MM"/>
        <Option name="joinstyle" type="QString" value="round"/>
       </Option>
       <prop k="color" v="230,48,138,77"/>
       <prop k="style" v="solid"/>
       <prop k="outline_color" v="230,48,138,255"/>
       <prop k="outline_style" v="solid"/>
       <prop k="outline_width" v="0.46"/>
       <prop k="outline_width_unit" v="MM"/>
       <prop k="joinstyle" v="round"/>
    </layer>
   </symbol>
  </symbols>
 </renderer-v2>
 <layerOpacity>1</layerOpacity>
 <layerGeometryType>2</layerGeometryType>
</qgis>
