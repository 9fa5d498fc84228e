/**
 * Fancam export for After Effects: compositions to shots of a campaign folder, and a list of everything they lost.
 *
 * ExtendScript, that is ECMAScript 3: no JSON, no methods of ECMAScript 5. Put this file and the folder `script` beside it into
 * "Scripts/ScriptUI Panels", or have `fancam script` make one file of both. Opened from the Window menu it is a panel; run with
 * File > Scripts it is a window. Other scripts may use `fancam.exportCompositions` (script/compositions.jsx).
 */
//@include "script/json.jsx"
//@include "script/tables.jsx"
//@include "script/effect_table.jsx"
//@include "script/losses.jsx"
//@include "script/values.jsx"
//@include "script/transforms.jsx"
//@include "script/masks.jsx"
//@include "script/shapes.jsx"
//@include "script/text.jsx"
//@include "script/effects.jsx"
//@include "script/slots.jsx"
//@include "script/sources.jsx"
//@include "script/cameras.jsx"
//@include "script/layers.jsx"
//@include "script/compositions.jsx"
//@include "script/panel.jsx"

fancam.openPanel(this);
