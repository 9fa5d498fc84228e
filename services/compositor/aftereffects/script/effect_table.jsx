/**
 * Effects that a shot has, by After Effects' match name. The value is strict JSON: the reader of Lottie files
 * (services/compositor/lottie.py) reads it out of this file, since Lottie names effects and their values in the same way.
 *
 * Per effect: `name` in a shot, and per number of a value: `field`, and `as` what: `property` (may move), `number`, `flag`, `color`,
 * `count` (a whole number), `point` (in the layer's pixels), `layer`, `frames` (seconds as frames), `choice` (one of `of`). `times` scales. `only` is the one
 * value that the shot's effect can say, `why` it cannot say another; `unused` shows in no picture. `unless` leaves a field out when
 * the value numbered so is zero.
 */
fancam.EFFECTS = {
	"ADBE Gaussian Blur 2": {"name": "gaussian_blur", "values": {
		"0001": {"field": "radius_px", "as": "property", "times": 0.3},
		"0002": {"only": 1, "why": "a shot blurs in both directions; use Directional Blur"},
		"0003": {"unused": true}, "0004": {"unused": true}}},
	"ADBE Motion Blur": {"name": "directional_blur", "values": {
		"0001": {"field": "direction", "as": "property"},
		"0002": {"field": "length", "as": "property"}}},
	"ADBE Radial Blur": {"name": "radial_blur", "values": {
		"0001": {"field": "amount", "as": "property"},
		"0002": {"field": "center", "as": "point"},
		"0003": {"field": "kind", "as": "choice", "of": {"1": "RADIAL_BLUR_KIND_SPIN", "2": "RADIAL_BLUR_KIND_ZOOM"}},
		"0004": {"unused": true}}},
	"ADBE Tint": {"name": "tint", "values": {
		"0001": {"field": "black", "as": "color"},
		"0002": {"field": "white", "as": "color"},
		"0003": {"field": "amount", "as": "property"}, "0004": {"unused": true}}},
	"ADBE Fill": {"name": "fill", "values": {
		"0001": {"only": 0, "why": "a fill covers the whole layer, not one mask"},
		"0007": {"unused": true},
		"0002": {"field": "color", "as": "color"},
		"0006": {"only": 0, "why": "a fill is not inverted"},
		"0003": {"only": 0, "why": "a fill has no feather"}, "0004": {"only": 0, "why": "a fill has no feather"},
		"0005": {"field": "opacity", "as": "property", "times": 100}}},
	"ADBE Stroke": {"name": "stroke", "values": {
		"0001": {"field": "mask", "as": "mask"},
		"0010": {"unused": true}, "0011": {"only": 0, "why": "strokes of several masks grow together"},
		"0002": {"field": "color", "as": "color"},
		"0003": {"field": "brush_size", "as": "property"},
		"0004": {"unused": true},
		"0005": {"field": "opacity", "as": "property", "times": 100},
		"0008": {"field": "start", "as": "property", "times": 100}, "0009": {"field": "end", "as": "property", "times": 100},
		"0006": {"unused": true},
		"0007": {"field": "on_transparent", "as": "choice", "of": {"1": false, "2": true}}}},
	"ADBE Drop Shadow": {"name": "drop_shadow", "values": {
		"0001": {"field": "color", "as": "color"},
		"0002": {"field": "opacity", "as": "property", "times": 0.39215686274509803},
		"0003": {"field": "direction", "as": "property"},
		"0004": {"field": "distance", "as": "property"},
		"0005": {"field": "softness", "as": "property"},
		"0006": {"field": "shadow_only", "as": "flag"}}},
	"ADBE Glo2": {"name": "glow", "values": {
		"0001": {"only": 2, "why": "a glow is made of colours, not of alpha"},
		"0002": {"field": "threshold", "as": "property", "times": 0.39215686274509803},
		"0003": {"field": "radius", "as": "property"},
		"0004": {"field": "intensity", "as": "property"},
		"0005": {"only": 2, "why": "a glow lies behind its picture"},
		"0006": {"only": 3, "why": "a glow is added"},
		"0007": {"only": 1, "why": "a glow has its picture's own colours"},
		"0008": {"unused": true}, "0009": {"unused": true}, "0010": {"unused": true}, "0011": {"unused": true},
		"0012": {"unused": true}, "0013": {"unused": true}, "0014": {"only": 1, "why": "a glow spreads both ways"}}},
	"ADBE Easy Levels2": {"name": "levels", "values": {
		"0001": {"field": "channel", "as": "choice", "of": {"1": "CHANNEL_RGB", "2": "CHANNEL_RED", "3": "CHANNEL_GREEN", "4": "CHANNEL_BLUE", "5": "CHANNEL_ALPHA"}},
		"0002": {"unused": true},
		"0003": {"field": "in_black", "as": "number"}, "0004": {"field": "in_white", "as": "number"},
		"0005": {"field": "gamma", "as": "number"},
		"0006": {"field": "out_black", "as": "number"}, "0007": {"field": "out_white", "as": "number"},
		"0008": {"unused": true}, "0009": {"unused": true}}},
	"ADBE HUE SATURATION": {"name": "hue_saturation", "values": {
		"0001": {"only": 1, "why": "only the master channel is changed"}, "0002": {"unused": true},
		"0003": {"field": "hue", "as": "property", "instead": "0007"},
		"0004": {"field": "saturation", "as": "property", "instead": "0008"},
		"0005": {"field": "lightness", "as": "property", "instead": "0009"},
		"0006": {"field": "colorize", "as": "flag"},
		"0007": {"unused": true}, "0008": {"unused": true}, "0009": {"unused": true}}},
	"ADBE Displacement Map": {"name": "displacement_map", "values": {
		"0001": {"field": "layer", "as": "layer"},
		"0002": {"field": "horizontal_channel", "as": "choice", "of": {"1": "CHANNEL_RED", "2": "CHANNEL_GREEN", "3": "CHANNEL_BLUE", "4": "CHANNEL_ALPHA", "5": "CHANNEL_LUMINANCE"}},
		"0003": {"field": "horizontal", "as": "property"},
		"0004": {"field": "vertical_channel", "as": "choice", "of": {"1": "CHANNEL_RED", "2": "CHANNEL_GREEN", "3": "CHANNEL_BLUE", "4": "CHANNEL_ALPHA", "5": "CHANNEL_LUMINANCE"}},
		"0005": {"field": "vertical", "as": "property"},
		"0006": {"only": 2, "why": "the map is stretched to fit"},
		"0007": {"field": "wrap", "as": "flag"}, "0008": {"unused": true}}},
	"ADBE Fractal Noise": {"name": "turbulent_noise", "differs": "the pattern of the noise is another one", "values": {
		"0001": {"unused": true}, "0002": {"unused": true},
		"0003": {"only": 0, "why": "noise is not inverted"},
		"0004": {"field": "contrast", "as": "property"}, "0005": {"field": "brightness", "as": "property"},
		"0006": {"unused": true}, "0007": {"unused": true},
		"0008": {"only": 0, "why": "noise is not turned"}, "0009": {"only": 1, "why": "noise is scaled alike in both directions"},
		"0010": {"field": "scale", "as": "property"}, "0011": {"unused": true}, "0012": {"unused": true},
		"0013": {"field": "offset_turbulence", "as": "point"}, "0014": {"unused": true}, "0015": {"unused": true},
		"0016": {"field": "complexity", "as": "property"},
		"0023": {"field": "evolution", "as": "property"},
		"0029": {"field": "opacity", "as": "property"},
		"0030": {"only": 2, "why": "noise takes its layer's place"}}},
	"ADBE Geometry2": {"name": "transform", "values": {
		"0001": {"field": "transform.anchor_point", "as": "point"}, "0002": {"field": "transform.position", "as": "point"},
		"0011": {"unused": true},
		"0003": {"field": "transform.scale", "as": "scale", "across": "0004", "uniform": "0011"}, "0004": {"unused": true},
		"0005": {"field": "transform.skew", "as": "property"}, "0006": {"field": "transform.skew_axis", "as": "property"},
		"0007": {"field": "transform.rotation", "as": "property"}, "0008": {"field": "transform.opacity", "as": "property"},
		"0009": {"unused": true}, "0010": {"unused": true}, "0012": {"unused": true}}},
	"ADBE Echo": {"name": "echo", "values": {
		"0001": {"field": "time_frames", "as": "frames"},
		"0002": {"field": "echoes", "as": "count"},
		"0003": {"field": "starting_intensity", "as": "number"}, "0004": {"field": "decay", "as": "number"},
		"0005": {"field": "operator", "as": "choice", "of": {"1": "ECHO_OPERATOR_ADD", "2": "ECHO_OPERATOR_MAXIMUM", "3": "ECHO_OPERATOR_MINIMUM", "4": "ECHO_OPERATOR_SCREEN", "5": "ECHO_OPERATOR_COMPOSITE_IN_BACK", "6": "ECHO_OPERATOR_COMPOSITE_IN_FRONT"}}}},
	"ADBE Posterize Time": {"name": "posterize_time", "values": {"0001": {"field": "hold_frames", "as": "hold"}}},
	"ADBE Mosaic": {"name": "mosaic", "values": {
		"0001": {"field": "horizontal_blocks", "as": "property"}, "0002": {"field": "vertical_blocks", "as": "property"},
		"0003": {"field": "sharp_colors", "as": "flag"}}},
	"ADBE Invert": {"name": "invert", "values": {
		"0001": {"field": "channel", "as": "choice", "of": {"1": "CHANNEL_RGB", "2": "CHANNEL_RED", "3": "CHANNEL_GREEN", "4": "CHANNEL_BLUE", "16": "CHANNEL_ALPHA"}},
		"0002": {"field": "blend_with_original", "as": "property", "times": 100}}},
	"ADBE Threshold2": {"name": "threshold", "values": {"0001": {"field": "level", "as": "property"}}},
	"ADBE Ramp": {"name": "gradient_ramp", "values": {
		"0001": {"field": "start", "as": "point"}, "0002": {"field": "start_color", "as": "color"},
		"0003": {"field": "end", "as": "point"}, "0004": {"field": "end_color", "as": "color"},
		"0005": {"field": "kind", "as": "choice", "of": {"1": "GRADIENT_RAMP_KIND_LINEAR", "2": "GRADIENT_RAMP_KIND_RADIAL"}},
		"0006": {"only": 0, "why": "a ramp is not scattered"},
		"0007": {"field": "blend_with_original", "as": "property", "times": 100}, "0008": {"unused": true}}},
	"ADBE Simple Choker": {"name": "simple_choker", "values": {
		"0001": {"only": 1, "why": "the matte alone is not shown"}, "0002": {"field": "choke", "as": "property"}}},
	"ADBE Brightness & Contrast 2": {"name": "brightness_contrast", "values": {
		"0001": {"field": "brightness", "as": "property"}, "0002": {"field": "contrast", "as": "property"},
		"0003": {"unused": true}}},
	"ADBE Exposure2": {"name": "exposure", "values": {
		"0001": {"only": 1, "why": "all channels are exposed alike"}, "0002": {"unused": true},
		"0003": {"field": "exposure", "as": "property"}, "0004": {"field": "offset", "as": "property"},
		"0005": {"field": "gamma", "as": "property"}}},
	"ADBE Posterize": {"name": "posterize", "values": {"0001": {"field": "levels", "as": "property"}}},
	"ADBE Offset": {"name": "offset", "values": {
		"0001": {"field": "shift_center_to", "as": "point"}, "0002": {"only": 0, "why": "an offset replaces its picture"}}},
	"ADBE Mirror": {"name": "mirror", "values": {
		"0001": {"field": "center", "as": "point"}, "0002": {"field": "angle", "as": "property"}}},
	"ADBE Linear Wipe": {"name": "linear_wipe", "values": {
		"0001": {"field": "completion", "as": "property"}, "0002": {"field": "angle", "as": "property"},
		"0003": {"field": "feather", "as": "property"}}},
	"ADBE Radial Wipe": {"name": "radial_wipe", "values": {
		"0001": {"field": "completion", "as": "property"}, "0002": {"field": "start_angle", "as": "property"},
		"0003": {"field": "center", "as": "point"},
		"0004": {"field": "counterclockwise", "as": "choice", "of": {"1": false, "2": true}},
		"0005": {"only": 0, "why": "a radial wipe has no feather"}}},
	"ADBE Corner Pin": {"name": "corner_pin", "values": {
		"0001": {"field": "upper_left", "as": "point"}, "0002": {"field": "upper_right", "as": "point"},
		"0003": {"field": "lower_left", "as": "point"}, "0004": {"field": "lower_right", "as": "point"}}},
	"ADBE Wave Warp": {"name": "wave_warp", "values": {
		"0001": {"only": 1, "why": "waves are sines"},
		"0002": {"field": "height", "as": "property"}, "0003": {"field": "width", "as": "property"},
		"0004": {"field": "direction", "as": "property"},
		"0005": {"only": 0, "why": "waves travel by their phase; give it keyframes in place of the speed"},
		"0006": {"only": 1, "why": "no edge is pinned"},
		"0007": {"field": "phase", "as": "property"}, "0008": {"unused": true}}},
	"ADBE Twirl": {"name": "twirl", "values": {
		"0001": {"field": "angle", "as": "property"},
		"0002": {"field": "radius", "as": "radius"}, "0003": {"field": "center", "as": "point"}}},
	"ADBE Unsharp Mask2": {"name": "unsharp_mask", "values": {
		"0001": {"field": "amount", "as": "property"}, "0002": {"field": "radius", "as": "property"},
		"0003": {"only": 0, "why": "everything is sharpened, however faint"}}}
};
