/** Simulated projects, each a few compositions in which one part of After Effects is used. */
import {
	animator, camera, effect, layer, light, mask, nothing, page, polygon, rangeSelector, shapeLayer, textLayer,
} from './layers.mjs'; // prettier-ignore
import {
	AutoOrientType, BlendingMode, CompItem, FileSource, FootageItem, MaskMode, one, ParagraphJustification, PlaceholderSource, PropertyGroup,
	SolidSource, TrackMatteType,
} from './model.mjs'; // prettier-ignore
import { dashes, repeater, vector, vectorGroup } from './vectors.mjs';

export const WIDTH = 128;
export const HEIGHT = 96;

function solid(name, color, width = 40, height = 24) {
	return new FootageItem(name, { mainSource: new SolidSource({ color }), width, height });
}
const RED = solid('Red', [0.9, 0.1, 0.1]);
const BLUE = solid('Blue', [0.1, 0.2, 0.9], WIDTH, HEIGHT);
const WHITE = solid('White', [1, 1, 1], 30, 30);


/** Files that projects use are made by the test, in a folder of their own. */
function picture(File, path, more = {}) {
	return new FootageItem(path, { mainSource: new FileSource({ file: new File(path) }), ...more });
}

export const PROJECTS = {
	/** Every way a value can move. */
	moves() {
		const comp = new CompItem('01 Moves', { motionBlur: true, shutterAngle: 180 });
		comp.stack(
			layer('curve', RED, {
				'ADBE Position': { keys: [
					{ time: 0, value: [20, 70, 0], out: [[0, 60]], spatialOut: [10, -60, 0] },
					{ time: 1, value: [100, 70, 0], in: [[12, 45]], out: [[90, 30]], spatialIn: [-30, -40, 0], spatialOut: [30, 40, 0] },
					{ time: 1.875, value: [40, 20, 0], in: [[0, 80]], spatialIn: [30, 0, 0] },
				] },
				'ADBE Rotate Z': { keys: [{ time: 0.25, value: -30, out: [200, 20] }, { time: 1.5, value: 90, in: [0, 75] }] },
				'ADBE Opacity': { keys: [{ time: 0, value: 100, out: 'hold' }, { time: 1, value: 40 }, { time: 1.5, value: 100 }] },
			}, { motionBlur: true }),
			layer('axes', RED, {
				'ADBE Scale': { keys: [
					{ time: 0, value: [20, 50, 100], out: [[0, 90], [40, 20], [0, 16]] },
					{ time: 1.5, value: [120, 80, 100], in: [[300, 10], [0, 60], [0, 16]] },
				] },
				'ADBE Position': [40, 30, 0],
			}),
			layer('apart', RED, {
				'ADBE Position_0': { keys: [{ time: 0, value: 10, out: [0, 33] }, { time: 2, value: 110, in: [0, 33] }] },
				'ADBE Position_1': { keys: [{ time: 0.5, value: 80 }, { time: 1, value: 20 }] },
			}),
			layer('wiggles', RED, {
				'ADBE Position': { value: [64, 48, 0], expression: 'wiggle(2, 20)', at: (t) => [64 + 20 * Math.sin(7 * t), 48 + 15 * Math.cos(5 * t), 0] },
				'ADBE Opacity': { value: 50, expression: '50', at: () => 50 },
				'ADBE Rotate Z': { value: 0, expression: 'time * 90', at: (t) => 90 * t },
			}),
			layer('overshoots', RED, {
				'ADBE Rotate Z': { keys: [{ time: 0, value: 10, out: [80, 50] }, { time: 1, value: 10, in: [-80, 50] }] },
			}),
			layer('child', RED, { 'ADBE Position': [10, 0, 0], 'ADBE Scale': [50, 50, 100] }, { parent: 'hub' }),
			nothing('hub', { 'ADBE Position': [64, 80, 0], 'ADBE Anchor Point': [0, 0, 0], 'ADBE Rotate Z': { keys: [{ time: 0, value: 0 }, { time: 2, value: 360 }] } }),
			layer('back', BLUE),
		); // prettier-ignore
		return [comp];
	},

	/** Cameras, lights, 3D layers, nested and collapsed compositions. */
	space() {
		const inner = new CompItem('Wall', { width: 60, height: 60, frames: 24 });
		inner.stack(layer('brick', RED, {}, { at: [30, 30, 0], threeDLayer: true }), layer('mortar', WHITE, {}, { at: [30, 30, 10], threeDLayer: true }));
		const comp = new CompItem('Space');
		comp.stack(
			camera('Wide', {
				'ADBE Position': { keys: [{ time: 0, value: [64, 48, -200], out: [[0, 33]] }, { time: 2, value: [120, 20, -150], in: [[0, 33]] }] },
				'ADBE Camera Zoom': 160, 'ADBE Camera Depth of Field': 1, 'ADBE Camera Aperture': 12, 'ADBE Camera Focus Distance': 190,
			}, { outPoint: 1 }),
			camera('Near', { 'ADBE Rotate Y': 10, 'ADBE Orientation': [0, 5, 0] }, { inPoint: 1, autoOrient: AutoOrientType.NO_AUTO_ORIENT }),
			light('Sun', 'PARALLEL', { 'ADBE Light Intensity': 80, 'ADBE Light Color': [1, 0.9, 0.8, 1] }),
			light('Lamp', 'SPOT', { 'ADBE Light Cone Angle': 60, 'ADBE Light Falloff Type': 2, 'ADBE Casts Shadows': 1, 'ADBE Light Shadow Darkness': 60 }, { parent: 'rig' }),
			light('Sky', 'ENVIRONMENT'),
			light('Air', 'AMBIENT', { 'ADBE Light Intensity': 30 }),
			nothing('rig', { 'ADBE Position': [64, 48, -20] }, { threeDLayer: true }),
			layer('card', RED, {
				'ADBE Orientation': { keys: [{ time: 0, value: [0, 350, 0] }, { time: 1, value: [0, 10, 0] }] },
				'ADBE Rotate X': 20, 'ADBE Specular Coefficient': 90, 'ADBE Casts Shadows': 1, 'ADBE Accepts Lights': 0,
			}, { threeDLayer: true, parent: 'rig', autoOrient: AutoOrientType.ALONG_PATH }),
			layer('wall', inner, { 'ADBE Rotate Y': 30 }, { threeDLayer: true, collapseTransformation: true, startTime: 0.5, at: [64, 48, 60] }),
			layer('wall', inner, {}, { inPoint: 0.5, outPoint: 1.25, startTime: -0.25 }),
		); // prettier-ignore
		return [comp, inner];
	},

	/** Every mask mode, matte, blending mode. */
	mattes() {
		const masks = Object.getOwnPropertyNames(MaskMode).map((mode, i) =>
			mask(mode.toLowerCase(), polygon([2 + i, 2], [38, 2], [38, 22], [2, 22]), i === 2 ? { 'ADBE Mask Feather': [4, 8], 'ADBE Mask Opacity': 60, 'ADBE Mask Offset': -2 } : {}, {
				maskMode: MaskMode[mode], inverted: mode === 'SUBTRACT',
			}),
		); // prettier-ignore
		const moving = mask('moves', { keys: [
			{ time: 0, value: polygon([0, 0], [10, 0], [10, 20]), out: [0, 50] },
			{ time: 1, value: polygon([30, 0], [40, 0], [40, 20]), in: [0, 50] },
		] }); // prettier-ignore
		const uneven = mask('uneven', { keys: [
			{ time: 0, value: polygon([0, 0], [10, 0], [10, 20]) }, { time: 1, value: polygon([0, 0], [10, 0], [10, 20], [0, 20]) },
		] }); // prettier-ignore
		const comp = new CompItem('Mattes');
		const kinds = ['ALPHA', 'ALPHA_INVERTED', 'LUMA', 'LUMA_INVERTED'];
		comp.stack(
			layer('masked', RED, {}, { masks }),
			layer('morphs', RED, {}, { masks: [moving] }),
			layer('jumps', RED, {}, { masks: [uneven] }),
			...kinds.flatMap((kind) => [
				layer(`window ${kind}`, WHITE, {}, { enabled: false }),
				layer(`seen ${kind}`, BLUE, {}, { trackMatteType: TrackMatteType[kind] }),
			]),
			layer('chosen', BLUE, {}, { trackMatteType: TrackMatteType.LUMA, trackMatteLayer: 'both' }),
			layer('off', RED, {}, { enabled: false }),
			layer('carrier', RED, { 'ADBE Rotate Z': 45 }, { enabled: false }),
			layer('carried', RED, {}, { parent: 'carrier' }),
			layer('both', WHITE),
		);
		const modes = new CompItem('Modes');
		modes.stack(...Object.getOwnPropertyNames(BlendingMode).map((mode) => layer(mode, RED, {}, { blendingMode: BlendingMode[mode] })));
		return [comp, modes];
	},

	/** Text: styles, boxes, animators, slots. */
	type() {
		const comp = new CompItem('Type');
		const moves = [
			one('ADBE Text Position 3D', 'Position', null, 'ThreeD_SPATIAL')([0, -20, 0]),
			one('ADBE Text Opacity', 'Opacity', null)(0),
			one('ADBE Text Fill Color', 'Fill Color', null, 'COLOR')([1, 0.5, 0, 1]),
			one('ADBE Text Tracking Amount', 'Tracking Amount', null)(40),
			one('ADBE Text Blur', 'Blur', null, 'TwoD')([3, 3]),
			one('ADBE Text Line Spacing', 'Line Spacing', null, 'TwoD')([0, 5]),
		];
		const range = rangeSelector({
			'ADBE Text Percent Offset': { keys: [{ time: 0, value: -100, out: [0, 33] }, { time: 1, value: 100, in: [0, 33] }] },
			'ADBE Text Range Shape': 2, 'ADBE Text Range Type2': 3, 'ADBE Text Levels Max Ease': 50,
		}); // prettier-ignore
		const wiggly = new PropertyGroup('ADBE Text Wiggly Selector', 'Wiggly Selector 1', []);
		comp.stack(
			textLayer('title', page('LIGHT\rTHE NIGHT', { fontStyle: 'Black Italic', justification: ParagraphJustification.CENTER_JUSTIFY, tracking: 50, autoLeading: false, leading: 26, applyStroke: true, strokeWidth: 4, strokeColor: [0, 0, 1] }), { 'ADBE Position': [64, 30, 0] }, { animators: [animator(moves, [range, wiggly])] }),
			textLayer('fan name', page('NAME', { justification: ParagraphJustification.CENTER_JUSTIFY }), { 'ADBE Position': [64, 70, 0] }, { markers: [[0, 'slot: name\nfit: 90\ntext: HI {name}!\nfont: fonts/stage.ttf']] }),
			textLayer('wish', page('MESSAGE', { justification: ParagraphJustification.RIGHT_JUSTIFY }), {}, { markers: [[0, 'slot: message']] }),
			textLayer('box', page('a long line that is broken', { boxText: true, pointText: false, boxTextSize: [80, 40], boxTextPos: [-40, -20], allCaps: true, smallCaps: true, justification: ParagraphJustification.LEFT_JUSTIFY })),
		); // prettier-ignore
		return [comp];
	},

	/** Every item of shape layers. */
	vectors() {
		const comp = new CompItem('Vectors');
		const fill = (color = [0, 0.6, 1, 1]) => vector('Graphic - Fill', 'Fill 1', { 'ADBE Vector Fill Color': color });
		comp.stack(
			shapeLayer('basic', [
				vectorGroup('Square', [vector('Shape - Rect', 'Rect', { 'ADBE Vector Rect Size': [40, 20], 'ADBE Vector Rect Roundness': 4 }), fill()], {
					'ADBE Vector Position': [-30, -20], 'ADBE Vector Rotation': { keys: [{ time: 0, value: 0 }, { time: 2, value: 90 }] }, 'ADBE Vector Group Opacity': 80,
				}),
				vectorGroup('Round', [vector('Shape - Ellipse', 'Ellipse', { 'ADBE Vector Ellipse Size': [24, 24], 'ADBE Vector Ellipse Position': [20, 10] }), fill([1, 0.8, 0, 1])]),
			]),
			shapeLayer('star', [
				vector('Shape - Star', 'Star', { 'ADBE Vector Star Outer Radius': 20, 'ADBE Vector Star Inner Radius': 9 }),
				vector('Shape - Star', 'Polygon', { 'ADBE Vector Star Type': 2, 'ADBE Vector Star Points': 6, 'ADBE Vector Star Outer Radius': 8 }),
				vector('Filter - Merge', 'Merge', { 'ADBE Vector Merge Type': 3 }),
				vector('Graphic - Fill', 'Fill', { 'ADBE Vector Fill Color': { keys: [{ time: 0, value: [1, 0, 0, 1] }, { time: 1, value: [0, 1, 0, 1] }] }, 'ADBE Vector Fill Rule': 2 }),
			]),
			shapeLayer('lines', [
				vector('Shape - Group', 'Path', { 'ADBE Vector Shape': { closed: false, vertices: [[-40, 0], [0, -30], [40, 0]], inTangents: [[0, 0], [-20, 0], [0, 0]], outTangents: [[0, 0], [20, 0], [0, 0]] } }),
				vector('Filter - Trim', 'Trim', { 'ADBE Vector Trim End': { keys: [{ time: 0, value: 0, out: [0, 50] }, { time: 1, value: 100, in: [0, 50] }] }, 'ADBE Vector Trim Type': 2 }),
				vector('Graphic - Stroke', 'Stroke', { 'ADBE Vector Stroke Width': 5, 'ADBE Vector Stroke Line Cap': 2, 'ADBE Vector Stroke Line Join': 3 }, [dashes(10, 4)]),
			]),
			shapeLayer('changed', [
				vector('Shape - Rect', 'Rect', { 'ADBE Vector Rect Size': [20, 20] }),
				vector('Filter - RC', 'Round', { 'ADBE Vector RoundCorner Radius': 5 }), vector('Filter - PB', 'Pucker', { 'ADBE Vector PuckerBloat Amount': 20 }),
				vector('Filter - Zigzag', 'Zig Zag', { 'ADBE Vector Zigzag Points': 2 }), vector('Filter - Twist', 'Twist', { 'ADBE Vector Twist Angle': 30 }),
				vector('Filter - Offset', 'Offset', { 'ADBE Vector Offset Amount': 3, 'ADBE Vector Offset Line Join': 2 }),
				repeater({ 'ADBE Vector Repeater Copies': 4, 'ADBE Vector Repeater Position': [12, 0], 'ADBE Vector Repeater Opacity 2': 30, 'ADBE Vector Repeater Order': 2 }),
				fill(),
			]),
			shapeLayer('not here', [
				vector('Shape - Rect', 'Rect'), vector('Filter - Roughen', 'Wiggle Paths 1'), vector('Graphic - G-Fill', 'Gradient Fill 1'),
				vectorGroup('Multiplied', [vector('Shape - Rect', 'Rect'), fill()], { 'ADBE Vector Blend Mode': 4 }),
			]),
		); // prettier-ignore
		return [comp];
	},

	/** Every effect of the table with its values, and what of effects has no place in a shot. */
	effects({ table }) {
		const comp = new CompItem('Effects');
		const VALUES = {
			property: 30, point: [20, 12], scale: 80, radius: 40, color: [0.2, 0.4, 0.6, 1], flag: 1, number: 0.5, count: 3, frames: -0.125, hold: 12, layer: 2, mask: 1, choice: 1,
		};
		const rows = Object.entries(table).map(([matchName, entry]) => {
			const values = Object.entries(entry.values).map(([number, rule]) => {
				const value = rule.unused ? 0 : 'only' in rule ? rule.only : rule.field === 'in_black' ? 0.1 : VALUES[rule.as];
				return [number, `Value ${number}`, value, undefined, value];
			});
			return effect(matchName, entry.name, values, {});
		});
		comp.stack(
			...rows.map((made, i) => layer(`${i + 1} ${made.name}`, RED, {}, { effects: [made], masks: [mask('edge', polygon([0, 0], [40, 0], [40, 24]))] })),
			layer('moving', RED, {}, { effects: [
				effect('ADBE Gaussian Blur 2', 'Gaussian Blur', [['0001', 'Blurriness', { keys: [{ time: 0, value: 0, out: [0, 33] }, { time: 1, value: 40, in: [0, 33] }] }], ['0002', 'Blur Dimensions', 2], ['0003', 'Repeat Edge Pixels', 1]]),
				effect('ADBE Tint', 'Tint', [['0001', 'Map Black To', { keys: [{ time: 0, value: [0, 0, 0, 1] }, { time: 1, value: [1, 0, 0, 1] }] }, 'COLOR'], ['0002', 'Map White To', [1, 1, 1, 1]], ['0003', 'Amount to Tint', 100]]),
				effect('ADBE WARP', 'Warp', [['0001', 'Warp Style', 2]]),
				effect('ADBE Fill', 'Fill', [['0002', 'Color', [1, 0, 0, 1]]], { enabled: false }),
				effect('ADBE Mosaic', 'Mosaic', [['0001', 'Horizontal Blocks', 8]], { set: { 'ADBE Effect Mask Opacity': 40 } }),
				effect('ADBE Geometry2', 'Transform', [['0001', 'Anchor Point', [20, 12]], ['0002', 'Position', [25, 12]], ['0003', 'Scale Height', 50], ['0004', 'Scale Width', 150], ['0011', 'Uniform Scale', 0]]),
			] }),
			layer('adjusts', BLUE, {}, { adjustmentLayer: true, effects: [effect('ADBE Brightness & Contrast 2', 'Brightness & Contrast', [['0001', 'Brightness', 20], ['0002', 'Contrast', 10]])] }),
			layer('back', BLUE),
		); // prettier-ignore
		return [comp];
	},

	/** Files, times, and what cannot be brought. */
	files({ File, folder }) {
		const still = picture(File, `${folder}/Bild Größe.PNG`);
		const twin = picture(File, `${folder}/more/Bild Größe.PNG`);
		const clip = new FootageItem('clip.mp4', { mainSource: new FileSource({ file: new File(`${folder}/clip.mp4`), isStill: false }), hasAudio: true, duration: 2 });
		const ntsc = new FootageItem('ntsc.mp4', { mainSource: new FileSource({ file: new File(`${folder}/ntsc.mp4`), isStill: false, conformFrameRate: 29.97, hasAlpha: true, loop: 3 }), duration: 2, pixelAspect: 1.5 });
		const song = new FootageItem('song.wav', { mainSource: new FileSource({ file: new File(`${folder}/song.wav`), isStill: false }), hasVideo: false, hasAudio: true });
		const inner = new CompItem('Loop', { width: 40, height: 40, frames: 24, frameRate: 12 });
		inner.stack(layer('dot', RED, {}, { at: [20, 20, 0] }));
		const comp = new CompItem('Files');
		comp.stack(
			layer('still', still), layer('still again', still), layer('twin', twin),
			layer('clip', clip, {}, { startTime: -0.5 }),
			layer('slow', clip, {}, { stretch: 200, startTime: 0.25 }),
			layer('backwards', clip, {}, { stretch: -100, startTime: 2 }),
			layer('frozen', clip, { 'ADBE Time Remapping': { keys: [{ time: 0, value: 0, out: [0, 33] }, { time: 1, value: 1.5, in: [0, 33], out: 'hold' }, { time: 1.5, value: 0.5 }] } }, { timeRemapEnabled: true }),
			layer('off beat', clip, {}, { startTime: 0.51 }),
			layer('ntsc', ntsc), layer('song', song),
			layer('psd', picture(File, `${folder}/layers.psd`)), layer('lost', picture(File, `${folder}/gone.png`)),
			layer('placeholder', new FootageItem('later', { mainSource: new PlaceholderSource({}) })),
			layer('loop', inner, {}, { startTime: 0.5, inPoint: 0.5, outPoint: 1.5 }),
		); // prettier-ignore
		return [comp, inner];
	},

	/** Slots for the fan. */
	slots() {
		const photo = solid('Frame', [0.5, 0.5, 0.5], 40, 50);
		const whole = solid('Whole', [0.5, 0.5, 0.5], WIDTH, HEIGHT);
		const comp = new CompItem('Fan Card');
		comp.stack(
			layer('fan', whole, {}, { markers: [
				[0, 'slot: avatar\ndance: sing_close\nsings: yes\nmicrophone: yes\nexpression: smile\nfov: 28\ncamera: 0 1.05 2.6\ntarget: 0 1.35 0\nkey: #fff4e6\nrim: ff79c9\nazimuth: 20'],
				[1, 'camera: 0 1.2 2\ndance: pose_heart'], [1.5, 'just a thought'],
			] }),
			layer('juno', whole, {}, { markers: [[0, 'slot: avatar\nrecipe: recipes/juno.json\ncolour: red\nkey: pink']] }),
			layer('portrait', photo, { 'ADBE Rotate Z': -8, 'ADBE Position': [90, 40, 0] }, { markers: [[0, 'slot: photo']], blendingMode: BlendingMode.SCREEN }),
			layer('odd', photo, {}, { markers: [[0, 'slot: hologram']] }),
			layer('wrong', photo, {}, { markers: [[0, 'slot: name']] }),
			nothing('nobody', {}, { markers: [[0, 'slot: avatar']] }),
			layer('back', BLUE),
		); // prettier-ignore
		return [comp];
	},

	/** All that a film cannot have. */
	losses() {
		const whole = new CompItem('Whole');
		whole.stack(layer('inner fan', BLUE, {}, { markers: [[0, 'slot: avatar']] }));
		const comp = new CompItem('Losses', { frameRate: 24, pixelAspect: 1.0667, motionBlur: true });
		const deep = layer('deep', RED, { 'ADBE Light Transmission': 40 }, { threeDLayer: true, environmentLayer: true, autoOrient: AutoOrientType.CAMERA_OR_POINT_OF_INTEREST });
		comp.stack(
			layer('styled', RED, {}, { styles: ['Drop Shadow', 'Stroke'] }),
			layer('guide', RED, {}, { guideLayer: true }),
			layer('blurs', BLUE, {}, { adjustmentLayer: true, motionBlur: true, effects: [effect('ADBE Stroke', 'Stroke', [['0002', 'Color', [1, 0, 0, 1]]])] }),
			shapeLayer('grown', [vector('Shape - Rect', 'Rect'), vector('Filter - Offset', 'Offset'), vector('Graphic - Stroke', 'Rim')]),
			layer('collapsed', whole, {}, { collapseTransformation: true, blendingMode: BlendingMode.ADD }),
			layer('blended', RED, {}, { frameBlending: true, preserveTransparency: true, solo: true }),
			deep,
			textLayer('on a path', page('round', { justification: ParagraphJustification.LEFT_JUSTIFY }), { 'ADBE Text Path': 1, 'ADBE Text Anchor Point Option': 3 }, { autoOrient: AutoOrientType.CHARACTERS_TOWARD_CAMERA }),
			layer('back', BLUE),
		); // prettier-ignore
		return [comp];
	},

	/** Nothing that a shot has not: exported strictly. */
	clean() {
		const inner = new CompItem('Badge', { width: 40, height: 40 });
		inner.stack(shapeLayer('disc', [vector('Shape - Ellipse', 'Ellipse', { 'ADBE Vector Ellipse Size': [36, 36] }), vector('Graphic - Fill', 'Fill', { 'ADBE Vector Fill Color': [1, 0.8, 0.1, 1] })], { 'ADBE Position': [20, 20, 0] }));
		const comp = new CompItem('Clean Shot', { bgColor: [0.05, 0.05, 0.1] });
		const slide = { keys: [{ time: 0, value: [20, 30, 0], out: [[0, 50]], spatialOut: [20, -30, 0] }, { time: 1, value: [100, 60, 0], in: [[0, 50]], spatialIn: [-20, 20, 0] }] };
		comp.stack(
			layer('badge', inner, { 'ADBE Position': slide, 'ADBE Rotate Z': { keys: [{ time: 0, value: 0 }, { time: 1, value: 180 }] } }),
			layer('masked', RED, { 'ADBE Position': [64, 70, 0], 'ADBE Scale': [150, 100, 100] }, { masks: [mask('m', polygon([0, 0], [40, 0], [40, 12], [0, 12]))] }),
			layer('tilted', WHITE, { 'ADBE Position': [30, 60, 0], 'ADBE Rotate Z': 30, 'ADBE Opacity': 60 }),
			layer('ground', solid('Ground', [0.1, 0.3, 0.4], 100, 60), { 'ADBE Rotate X': 20, 'ADBE Orientation': [0, 9, 0], 'ADBE Casts Shadows': 1 }),
		); // prettier-ignore
		return [comp];
	},
};
