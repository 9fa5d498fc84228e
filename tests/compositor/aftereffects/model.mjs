/**
 * After Effects' object model as scripts see it, simulated: projects, compositions, layers, property trees, keyframes.
 *
 * Names, match names, one-based indices and enumerations are those of Adobe's scripting guide. Values between keyframes are
 * computed here by brute force (bisection of the ease, a fine table of the path's length), not as the exporter or the compositor do.
 */

// Enumerations. Their numbers mean nothing to scripts, so they are chosen to be unlike any index.
let next = 4600;
/** Its values can be asked for by name, and are not walked by `for in`. */
function enumeration(...names) {
	const kind = {};
	for (const name of names) Object.defineProperty(kind, name, { value: next++ });
	return kind;
}

export const PropertyType = enumeration('PROPERTY', 'INDEXED_GROUP', 'NAMED_GROUP');
export const PropertyValueType = enumeration(
	'NO_VALUE', 'ThreeD_SPATIAL', 'ThreeD', 'TwoD_SPATIAL', 'TwoD', 'OneD', 'COLOR', 'CUSTOM_VALUE', 'MARKER', 'LAYER_INDEX',
	'MASK_INDEX', 'SHAPE', 'TEXT_DOCUMENT',
); // prettier-ignore
export const KeyframeInterpolationType = enumeration('LINEAR', 'BEZIER', 'HOLD');
export const MaskMode = enumeration('NONE', 'ADD', 'SUBTRACT', 'INTERSECT', 'LIGHTEN', 'DARKEN', 'DIFFERENCE');
export const BlendingMode = enumeration(
	'NORMAL', 'DISSOLVE', 'DANCING_DISSOLVE', 'DARKEN', 'MULTIPLY', 'COLOR_BURN', 'CLASSIC_COLOR_BURN', 'LINEAR_BURN',
	'DARKER_COLOR', 'ADD', 'LIGHTEN', 'SCREEN', 'COLOR_DODGE', 'CLASSIC_COLOR_DODGE', 'LINEAR_DODGE', 'LIGHTER_COLOR', 'OVERLAY',
	'SOFT_LIGHT', 'HARD_LIGHT', 'LINEAR_LIGHT', 'VIVID_LIGHT', 'PIN_LIGHT', 'HARD_MIX', 'DIFFERENCE', 'CLASSIC_DIFFERENCE',
	'EXCLUSION', 'SUBTRACT', 'DIVIDE', 'HUE', 'SATURATION', 'COLOR', 'LUMINOSITY', 'STENCIL_ALPHA', 'STENCIL_LUMA',
	'SILHOUETE_ALPHA', 'SILHOUETTE_LUMA', 'ALPHA_ADD', 'LUMINESCENT_PREMUL',
); // prettier-ignore
export const TrackMatteType = enumeration('NO_TRACK_MATTE', 'ALPHA', 'ALPHA_INVERTED', 'LUMA', 'LUMA_INVERTED');
export const AutoOrientType = enumeration(
	'NO_AUTO_ORIENT', 'ALONG_PATH', 'CAMERA_OR_POINT_OF_INTEREST', 'CHARACTERS_TOWARD_CAMERA',
); // prettier-ignore
export const LightType = enumeration('PARALLEL', 'SPOT', 'POINT', 'AMBIENT', 'ENVIRONMENT');
export const ParagraphJustification = enumeration(
	'LEFT_JUSTIFY', 'RIGHT_JUSTIFY', 'CENTER_JUSTIFY', 'FULL_JUSTIFY_LASTLINE_LEFT', 'FULL_JUSTIFY_LASTLINE_FULL',
); // prettier-ignore
export const LayerQuality = enumeration('BEST', 'DRAFT', 'WIREFRAME');

// Properties

class PropertyBase {
	constructor(matchName, name) {
		Object.assign(this, { matchName, name, parentProperty: null, propertyIndex: 0, enabled: true, canSetEnabled: false });
	}
	get propertyDepth() {
		return this.parentProperty ? this.parentProperty.propertyDepth + 1 : 0;
	}
}

/**
 * A property. `spec` is its value, or `{ keys }`, or `{ value, expression, at }`, where `at(seconds)` is what the expression gives.
 * A key is `{ time, value, out, in, spatialOut, spatialIn }`; an end is 'linear', 'hold' or `[speed, influence]`, per axis a list of such.
 */
export class Property extends PropertyBase {
	#keys;
	#at;
	constructor(matchName, name, type, usual, spec) {
		super(matchName, name);
		const moves = spec !== null && typeof spec === 'object' && !Array.isArray(spec) && ('keys' in spec || 'at' in spec);
		const told = moves ? spec : { value: spec };
		this.propertyType = PropertyType.PROPERTY;
		this.propertyValueType = type;
		this.isSpatial = type === PropertyValueType.TwoD_SPATIAL || type === PropertyValueType.ThreeD_SPATIAL;
		this.canVaryOverTime = type !== PropertyValueType.NO_VALUE;
		this.canSetExpression = this.canVaryOverTime && type !== PropertyValueType.MARKER;
		this.expression = told.expression ?? '';
		this.expressionEnabled = Boolean(told.expression);
		this.expressionError = '';
		this.dimensionsSeparated = false;
		this.isSeparationLeader = false;
		this.isSeparationFollower = false;
		this.#keys = (told.keys ?? []).map((key) => ({ in: 'linear', out: 'linear', ...key }));
		this.#at = told.at ?? null;
		this.own = told.value ?? usual;
		this.usual = usual;
	}
	get numKeys() {
		return this.#keys.length;
	}
	get value() {
		return this.valueAtTime(0, false);
	}
	get isModified() {
		return this.numKeys > 0 || this.expressionEnabled || JSON.stringify(this.own) !== JSON.stringify(this.usual);
	}
	get isTimeVarying() {
		return this.numKeys > 0 || this.expressionEnabled;
	}
	#key(i) {
		const key = this.#keys[i - 1];
		if (!key) throw new Error(`After Effects error: there is no keyframe ${i} of ${this.name}`);
		return key;
	}
	keyTime(i) {
		return this.#key(i).time;
	}
	keyValue(i) {
		return copied(this.#key(i).value);
	}
	keyInInterpolationType(i) {
		return interpolation(this.#key(i).in);
	}
	keyOutInterpolationType(i) {
		return interpolation(this.#key(i).out);
	}
	keyInTemporalEase(i) {
		return this.#ease(i, 'in');
	}
	keyOutTemporalEase(i) {
		return this.#ease(i, 'out');
	}
	/** One ease for spatial properties and paths, otherwise one per axis; of linear ends the average speed. */
	#ease(i, end) {
		const told = this.#key(i)[end];
		const axes = this.isSpatial || !Array.isArray(this.#key(i).value) ? 1 : this.#key(i).value.length;
		const list = Array.isArray(told) ? (Array.isArray(told[0]) ? told : Array.from({ length: axes }, () => told)) : [];
		return Array.from({ length: axes }, (_, axis) => ({
			speed: list[axis]?.[0] ?? 0,
			influence: list[axis]?.[1] ?? 100 / 6,
		}));
	}
	keyInSpatialTangent(i) {
		return this.#tangent(i, 'spatialIn');
	}
	keyOutSpatialTangent(i) {
		return this.#tangent(i, 'spatialOut');
	}
	#tangent(i, end) {
		if (!this.isSpatial) throw new Error(`After Effects error: ${this.name} is not spatial`);
		return copied(this.#key(i)[end] ?? this.#key(i).value.map(() => 0));
	}
	keyRoving() {
		return false;
	}
	keySelected() {
		return false;
	}

	valueAtTime(seconds, preExpression) {
		if (this.expressionEnabled && !preExpression) return copied(this.#at(seconds));
		const keys = this.#keys;
		if (!keys.length) return copied(this.own);
		if (seconds <= keys[0].time) return copied(keys[0].value);
		const last = keys[keys.length - 1];
		if (seconds >= last.time) return copied(last.value);
		const to = keys.findIndex((key) => key.time > seconds);
		return this.#between(to, keys[to - 1], keys[to], seconds);
	}

	/** `i` is the one-based index of the earlier keyframe. */
	#between(i, from, to, seconds) {
		if (from.out === 'hold') return copied(from.value);
		const span = to.time - from.time;
		const at = (seconds - from.time) / span;
		const share = (axis, change) => {
			const out = from.out === 'linear' ? null : this.#ease(i, 'out')[axis];
			const into = to.in === 'linear' ? null : this.#ease(i + 1, 'in')[axis];
			if (!out && !into) return change * at;
			// The curve in units and seconds, as the graph editor draws it.
			const x1 = (out?.influence ?? 100 / 6) / 100;
			const x2 = 1 - (into?.influence ?? 100 / 6) / 100;
			const y1 = out ? out.speed * span * x1 : change * x1;
			const y2 = change - (into ? into.speed * span * (1 - x2) : change * (1 - x2));
			let [low, high] = [0, 1];
			for (let step = 0; step < 60; step++) {
				const t = (low + high) / 2;
				if (cubic(0, x1, x2, 1, t) < at) low = t;
				else high = t;
			}
			return cubic(0, y1, y2, change, (low + high) / 2);
		};
		if (this.propertyValueType === PropertyValueType.SHAPE) return morphed(from.value, to.value, share(0, 1));
		if (!Array.isArray(from.value)) return from.value + share(0, to.value - from.value);
		if (!this.isSpatial) return from.value.map((part, axis) => part + share(axis, to.value[axis] - part));
		const path = (t) =>
			from.value.map((part, axis) =>
				cubic(part, part + (from.spatialOut?.[axis] ?? 0), to.value[axis] + (to.spatialIn?.[axis] ?? 0), to.value[axis], t),
			);
		const lengths = [0];
		for (let step = 1; step <= 4000; step++) {
			const [a, b] = [path((step - 1) / 4000), path(step / 4000)];
			lengths.push(lengths[step - 1] + Math.hypot(...a.map((part, axis) => part - b[axis])));
		}
		const gone = share(0, lengths[4000]);
		const step = lengths.findIndex((length) => length >= gone);
		return path((step < 0 ? 4000 : step) / 4000);
	}
}

function cubic(a, b, c, d, t) {
	return (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t ** 2 * c + t ** 3 * d;
}

function interpolation(end) {
	if (end === 'hold') return KeyframeInterpolationType.HOLD;
	return end === 'linear' ? KeyframeInterpolationType.LINEAR : KeyframeInterpolationType.BEZIER;
}

function copied(value) {
	return value !== null && typeof value === 'object' && !(value instanceof MarkerValue) ? structuredClone(value) : value;
}

function morphed(from, to, share) {
	const mix = (name) => from[name].map((point, i) => point.map((part, axis) => part + (to[name][i][axis] - part) * share));
	return { closed: from.closed, vertices: mix('vertices'), inTangents: mix('inTangents'), outTangents: mix('outTangents') };
}

export class PropertyGroup extends PropertyBase {
	constructor(matchName, name, children = [], more = {}) {
		super(matchName, name);
		this.propertyType = PropertyType.NAMED_GROUP;
		this.children = [];
		Object.assign(this, more);
		for (const child of children) this.add(child);
	}
	add(child) {
		child.parentProperty = this;
		this.children.push(child);
		child.propertyIndex = this.children.length;
		return child;
	}
	get numProperties() {
		return this.children.length;
	}
	get isModified() {
		return this.children.some((child) => child.isModified);
	}
	/** By one-based index, by match name or by name; null when there is none. */
	property(which) {
		if (typeof which === 'number') return this.children[which - 1] ?? null;
		return this.children.find((child) => child.matchName === which || child.name === which) ?? null;
	}
}

export class MaskPropertyGroup extends PropertyGroup {}

/** A property in a line: `one('ADBE Opacity', 'Opacity', 100)`; `kind` is a name of `PropertyValueType`. */
export function one(matchName, name, usual, kind = 'OneD') {
	return (spec) => new Property(matchName, name, PropertyValueType[kind], usual, spec);
}

/** Build a group: rows are functions as `one` gives, or groups; `set` has specs by match name. */
export function group(matchName, name, rows, set = {}, more = {}) {
	const children = rows.map((row) => {
		if (typeof row !== 'function') return row;
		const made = row(undefined);
		return made.matchName in set ? row(set[made.matchName]) : made;
	});
	return new PropertyGroup(matchName, name, children, more);
}

// Items

export class Item {
	constructor(name) {
		Object.assign(this, { name, comment: '', id: next++, parentFolder: null, selected: false });
	}
}
export class AVItem extends Item {}
export class FolderItem extends Item {}

export class CompItem extends AVItem {
	constructor(name, { width = 128, height = 96, frames = 48, frameRate = 24, bgColor = [0, 0, 0], ...more } = {}) {
		super(name);
		Object.assign(this, {
			width, height, frameRate, bgColor, pixelAspect: 1, duration: frames / frameRate, frameDuration: 1 / frameRate,
			typeName: 'Composition', motionBlur: false, shutterAngle: 180, shutterPhase: -90, motionBlurSamplesPerFrame: 16,
			motionBlurAdaptiveSampleLimit: 128, hasVideo: true, hasAudio: false, displayStartTime: 0, frameBlending: false, list: [],
			...more,
		}); // prettier-ignore
	}
	get numLayers() {
		return this.list.length;
	}
	layer(which) {
		const found = typeof which === 'number' ? this.list[which - 1] : this.list.find((layer) => layer.name === which);
		if (!found) throw new Error(`After Effects error: no layer ${which}`);
		return found;
	}
	/** Put layers in, topmost first; parents and mattes may be given by name. */
	stack(...layers) {
		this.list = layers;
		for (const [index, layer] of layers.entries()) {
			layer.index = index + 1;
			layer.containingComp = this;
		}
		for (const layer of layers) {
			for (const link of ['parent', 'trackMatteLayer']) {
				if (typeof layer[link] === 'string') layer[link] = layers.find((each) => each.name === layer[link]);
			}
			layer.outPoint ??= this.duration;
			layer.hasTrackMatte = layer.trackMatteType !== undefined && layer.trackMatteType !== TrackMatteType.NO_TRACK_MATTE;
		}
		return this;
	}
}

export class FootageItem extends AVItem {
	constructor(name, { mainSource, width = 64, height = 48, ...more }) {
		super(name);
		Object.assign(this, {
			mainSource, width, height, file: mainSource.file ?? null, pixelAspect: 1, frameRate: 24, duration: 0, typeName: 'Footage',
			hasVideo: true, hasAudio: false, footageMissing: false, ...more,
		}); // prettier-ignore
	}
}
export class FootageSource {
	constructor(more) {
		Object.assign(this, { isStill: true, hasAlpha: false, loop: 1, conformFrameRate: 0, nativeFrameRate: 24, ...more });
	}
}
export class FileSource extends FootageSource {}
export class SolidSource extends FootageSource {}
export class PlaceholderSource extends FootageSource {}

export class MarkerValue {
	constructor(comment) {
		Object.assign(this, { comment, chapter: '', url: '', duration: 0, label: 0, cuePointName: '' });
	}
	getParameters() {
		return {};
	}
}
