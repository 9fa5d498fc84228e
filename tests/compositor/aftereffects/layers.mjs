/** Layers with the property trees that After Effects gives them, each value settable by its match name. */
import {
	AutoOrientType, BlendingMode, group, LayerQuality, LightType, MarkerValue, MaskMode, MaskPropertyGroup, one, Property, PropertyGroup,
	PropertyType, PropertyValueType, TrackMatteType,
} from './model.mjs'; // prettier-ignore

export class Layer extends PropertyGroup {
	constructor(kind, name, groups, more) {
		super(kind, name, groups);
		Object.assign(this, {
			enabled: true, solo: false, shy: false, locked: false, comment: '', startTime: 0, inPoint: 0, outPoint: undefined, stretch: 100,
			parent: null, autoOrient: AutoOrientType.NO_AUTO_ORIENT, nullLayer: false, hasVideo: true, label: 1, ...more,
		}); // prettier-ignore
	}
}
export class AVLayer extends Layer {
	constructor(kind, name, groups, more) {
		super(kind, name, groups, {
			source: null, threeDLayer: false, adjustmentLayer: false, blendingMode: BlendingMode.NORMAL, preserveTransparency: false,
			trackMatteType: TrackMatteType.NO_TRACK_MATTE, trackMatteLayer: null, collapseTransformation: false, motionBlur: false,
			effectsActive: true, guideLayer: false, environmentLayer: false, frameBlending: false, timeRemapEnabled: false, hasAudio: false,
			audioEnabled: true, quality: LayerQuality.BEST, ...more,
		}); // prettier-ignore
	}
	get width() {
		return this.source?.width ?? this.containingComp.width;
	}
	get height() {
		return this.source?.height ?? this.containingComp.height;
	}
	sourceRectAtTime() {
		const page = this.property('ADBE Text Properties')?.property('ADBE Text Document').value;
		if (!page) return { left: 0, top: 0, width: this.width, height: this.height };
		const lines = page.text.split('\r');
		const width = Math.max(...lines.map((line) => line.length)) * page.fontSize * 0.6;
		return { left: 0, top: -0.72 * page.fontSize, width, height: lines.length * page.fontSize };
	}
}
export class TextLayer extends AVLayer {}
export class ShapeLayer extends AVLayer {}
export class CameraLayer extends Layer {}
export class LightLayer extends Layer {}

function transform(set, anchor, position) {
	const made = group('ADBE Transform Group', 'Transform', [
		one('ADBE Anchor Point', 'Anchor Point', anchor, 'ThreeD_SPATIAL'),
		one('ADBE Position', 'Position', position, 'ThreeD_SPATIAL'),
		one('ADBE Position_0', 'X Position', position[0]),
		one('ADBE Position_1', 'Y Position', position[1]),
		one('ADBE Position_2', 'Z Position', position[2] ?? 0),
		one('ADBE Scale', 'Scale', [100, 100, 100], 'ThreeD'),
		one('ADBE Orientation', 'Orientation', [0, 0, 0], 'ThreeD_SPATIAL'),
		one('ADBE Rotate X', 'X Rotation', 0),
		one('ADBE Rotate Y', 'Y Rotation', 0),
		one('ADBE Rotate Z', 'Rotation', 0),
		one('ADBE Opacity', 'Opacity', 100),
	], set); // prettier-ignore
	const leader = made.property('ADBE Position');
	leader.isSeparationLeader = true;
	leader.dimensionsSeparated = 'ADBE Position_0' in set || 'ADBE Position_1' in set;
	leader.getSeparationFollower = (axis) => made.property(`ADBE Position_${axis}`);
	return made;
}

const STYLES = [['dropShadow/enabled', 'Drop Shadow'], ['outerGlow/enabled', 'Outer Glow'], ['frameFX/enabled', 'Stroke']];

/** The groups of every layer that is drawn, in After Effects' order. */
function groups(first, set, anchor, position, more) {
	const marker = new Property('ADBE Marker', 'Marker', PropertyValueType.MARKER, null, {
		keys: (more.markers ?? []).map(([time, comment]) => ({ time, value: new MarkerValue(comment) })),
	});
	const styles = STYLES.map(([matchName, name]) => {
		const style = group(matchName, name, [one(`${matchName}/opacity`, 'Opacity', 75)]);
		return Object.assign(style, { canSetEnabled: true, enabled: (more.styles ?? []).includes(name) });
	});
	styles.unshift(group('ADBE Blend Options Group', 'Blending Options', []));
	return [
		marker,
		one('ADBE Time Remapping', 'Time Remap', 0)(set['ADBE Time Remapping']),
		...first,
		new PropertyGroup('ADBE Mask Parade', 'Masks', more.masks ?? [], { propertyType: PropertyType.INDEXED_GROUP }),
		new PropertyGroup('ADBE Effect Parade', 'Effects', more.effects ?? [], { propertyType: PropertyType.INDEXED_GROUP }),
		transform(set, anchor, position),
		new PropertyGroup('ADBE Layer Styles', 'Layer Styles', styles),
		group('ADBE Material Options Group', 'Material Options', [
			one('ADBE Casts Shadows', 'Casts Shadows', 0),
			one('ADBE Light Transmission', 'Light Transmission', 0),
			one('ADBE Accepts Shadows', 'Accepts Shadows', 1),
			one('ADBE Accepts Lights', 'Accepts Lights', 1),
			one('ADBE Ambient Coefficient', 'Ambient', 100),
			one('ADBE Diffuse Coefficient', 'Diffuse', 50),
			one('ADBE Specular Coefficient', 'Specular Intensity', 50),
			one('ADBE Shininess Coefficient', 'Specular Shininess', 5),
			one('ADBE Metal Coefficient', 'Metal', 100),
		], set),
		group('ADBE Audio Group', 'Audio', [one('ADBE Audio Levels', 'Audio Levels', [0, 0], 'TwoD')], set),
	]; // prettier-ignore
}

/** A layer of a solid, a picture, a clip or a composition. */
export function layer(name, source, set = {}, more = {}) {
	const { markers, styles, masks, effects, ...attributes } = more;
	const centre = [source.width / 2, source.height / 2, 0];
	const place = more.at ?? [64, 48, 0];
	return new AVLayer('ADBE AV Layer', name, groups([], set, centre, place, { markers, styles, masks, effects }), {
		source, hasAudio: source.hasAudio ?? false, ...attributes,
	}); // prettier-ignore
}

/** A null: a solid of 100 pixels that is never drawn. */
export function nothing(name, set = {}, more = {}) {
	const made = layer(name, { width: 100, height: 100 }, set, { nullLayer: true, ...more });
	made.property('ADBE Transform Group').property('ADBE Anchor Point').own ??= [0, 0, 0];
	return made;
}

export function textLayer(name, page, set = {}, more = {}) {
	const { markers, styles, masks, effects, animators = [], ...attributes } = more;
	const text = new PropertyGroup('ADBE Text Properties', 'Text', [
		new Property('ADBE Text Document', 'Source Text', PropertyValueType.TEXT_DOCUMENT, null, page),
		group('ADBE Text Path Options', 'Path Options', [one('ADBE Text Path', 'Path', 0, 'MASK_INDEX')], set),
		group('ADBE Text More Options', 'More Options', [one('ADBE Text Anchor Point Option', 'Anchor Point Grouping', 1)], set),
		new PropertyGroup('ADBE Text Animators', 'Animators', animators, { propertyType: PropertyType.INDEXED_GROUP }),
	]);
	return new TextLayer('ADBE Text Layer', name, groups([text], set, [0, 0, 0], [64, 48, 0], { markers, styles, masks, effects }), attributes);
}

export function page(text, more = {}) {
	return {
		text, font: 'Anybody-Bold', fontFamily: 'Anybody', fontStyle: 'Bold', fontSize: 20, applyFill: true, fillColor: [1, 1, 1],
		applyStroke: false, strokeColor: [0, 0, 0], strokeWidth: 1, strokeOverFill: false, tracking: 0, autoLeading: true, leading: 24,
		boxText: false, pointText: true, boxTextSize: [0, 0], boxTextPos: [0, 0], allCaps: false, smallCaps: false, superscript: false,
		subscript: false, fauxBold: false, fauxItalic: false, baselineShift: 0, tsume: 0, horizontalScale: 1, verticalScale: 1, ...more,
	}; // prettier-ignore
}

export function animator(moves, selectors) {
	return new PropertyGroup('ADBE Text Animator', 'Animator 1', [
		new PropertyGroup('ADBE Text Selectors', 'Selectors', selectors),
		new PropertyGroup('ADBE Text Animator Properties', 'Properties', moves),
	]);
}

export function rangeSelector(set = {}) {
	const range = ['Start', 'End', 'Offset'];
	return group('ADBE Text Selector', 'Range Selector 1', [
		...range.map((word) => one(`ADBE Text Percent ${word}`, word, word === 'End' ? 100 : 0)),
		...range.map((word) => one(`ADBE Text Index ${word}`, word, word === 'End' ? 12 : 0)),
		group('ADBE Text Range Advanced', 'Advanced', [
			one('ADBE Text Range Units', 'Units', 1),
			one('ADBE Text Range Type2', 'Based On', 1),
			one('ADBE Text Selector Mode', 'Mode', 1),
			one('ADBE Text Selector Max Amount', 'Amount', 100),
			one('ADBE Text Range Shape', 'Shape', 1),
			one('ADBE Text Selector Smoothness', 'Smoothness', 100),
			one('ADBE Text Levels Max Ease', 'Ease High', 0),
			one('ADBE Text Levels Min Ease', 'Ease Low', 0),
			one('ADBE Text Randomize Order', 'Randomize Order', 0),
			one('ADBE Text Random Seed', 'Random Seed', 0),
		], set),
	], set); // prettier-ignore
}

export function shapeLayer(name, contents, set = {}, more = {}) {
	const { markers, styles, masks, effects, ...attributes } = more;
	const root = new PropertyGroup('ADBE Root Vectors Group', 'Contents', contents, { propertyType: PropertyType.INDEXED_GROUP });
	for (const child of contents) child.canSetEnabled = true;
	return new ShapeLayer('ADBE Vector Layer', name, groups([root], set, [0, 0, 0], [64, 48, 0], { markers, styles, masks, effects }), attributes);
}

export function mask(name, shape, set = {}, more = {}) {
	const made = new MaskPropertyGroup('ADBE Mask Atom', name, [
		one('ADBE Mask Shape', 'Mask Path', null, 'SHAPE')(shape),
		one('ADBE Mask Feather', 'Mask Feather', [0, 0], 'TwoD')(set['ADBE Mask Feather']),
		one('ADBE Mask Opacity', 'Mask Opacity', 100)(set['ADBE Mask Opacity']),
		one('ADBE Mask Offset', 'Mask Expansion', 0)(set['ADBE Mask Offset']),
	]);
	return Object.assign(made, { maskMode: MaskMode.ADD, inverted: false, rotoBezier: false, locked: false, ...more });
}

/** A closed path of straight lines. */
export function polygon(...vertices) {
	const none = vertices.map(() => [0, 0]);
	return { closed: true, vertices, inTangents: none, outTangents: none };
}

/** An effect: values in order, `[number, name, value, kind]`, as `['0001', 'Blurriness', 12]`. */
export function effect(matchName, name, values, more = {}) {
	const rows = values.map(([number, label, value, kind, usual]) => {
		const type = kind ?? (Array.isArray(value) ? (value.length > 2 ? 'COLOR' : 'TwoD_SPATIAL') : 'OneD');
		return one(`${matchName}-${number}`, label, usual ?? null, type)(value);
	});
	const options = group('ADBE Effect Built In Params', 'Compositing Options', [one('ADBE Effect Mask Opacity', 'Effect Opacity', 100)], more.set);
	return Object.assign(new PropertyGroup(matchName, name, [...rows, options]), { canSetEnabled: true, ...more });
}

export function camera(name, set = {}, more = {}) {
	const options = group('ADBE Camera Options Group', 'Camera Options', [
		one('ADBE Camera Zoom', 'Zoom', 177.7778),
		one('ADBE Camera Depth of Field', 'Depth of Field', 0),
		one('ADBE Camera Focus Distance', 'Focus Distance', 177.7778),
		one('ADBE Camera Aperture', 'Aperture', 25.3),
		one('ADBE Camera Blur Level', 'Blur Level', 100),
		one('ADBE Iris Shape', 'Iris Shape', 1),
	], set); // prettier-ignore
	return new CameraLayer('ADBE Camera Layer', name, [transform(set, [64, 48, 0], [64, 48, -177.7778]), options], {
		autoOrient: AutoOrientType.CAMERA_OR_POINT_OF_INTEREST, ...more,
	}); // prettier-ignore
}

export function light(name, kind, set = {}, more = {}) {
	const options = group('ADBE Light Options Group', 'Light Options', [
		one('ADBE Light Intensity', 'Intensity', 100),
		one('ADBE Light Color', 'Color', [1, 1, 1, 1], 'COLOR'),
		one('ADBE Light Cone Angle', 'Cone Angle', 90),
		one('ADBE Light Cone Feather 2', 'Cone Feather', 50),
		one('ADBE Light Falloff Type', 'Falloff', 1),
		one('ADBE Light Falloff Start', 'Radius', 500),
		one('ADBE Light Falloff Distance', 'Falloff Distance', 500),
		one('ADBE Casts Shadows', 'Casts Shadows', 0),
		one('ADBE Light Shadow Darkness', 'Shadow Darkness', 100),
		one('ADBE Light Shadow Diffusion', 'Shadow Diffusion', 0),
	], set); // prettier-ignore
	return new LightLayer('ADBE Light Layer', name, [transform(set, [64, 48, 0], [84, 28, -111]), options], {
		lightType: LightType[kind], autoOrient: AutoOrientType.CAMERA_OR_POINT_OF_INTEREST, ...more,
	}); // prettier-ignore
}
