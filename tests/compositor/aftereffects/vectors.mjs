/** Items of shape layers with the property trees that After Effects gives them. */
import { group, one, PropertyGroup } from './model.mjs';

const SWITCH = { canSetEnabled: true };
const blend = one('ADBE Vector Blend Mode', 'Blend Mode', 1);
const order = one('ADBE Vector Composite Order', 'Composite', 1);
const direction = one('ADBE Vector Shape Direction', 'Shape Direction', 1);

/** A group of items; `set` is for its transform and its blend mode. */
export function vectorGroup(name, items, set = {}) {
	return new PropertyGroup('ADBE Vector Group', name, [
		blend(set['ADBE Vector Blend Mode']),
		new PropertyGroup('ADBE Vectors Group', 'Contents', items),
		group('ADBE Vector Transform Group', 'Transform', [
			one('ADBE Vector Anchor', 'Anchor Point', [0, 0], 'TwoD_SPATIAL'),
			one('ADBE Vector Position', 'Position', [0, 0], 'TwoD_SPATIAL'),
			one('ADBE Vector Scale', 'Scale', [100, 100], 'TwoD'),
			one('ADBE Vector Skew', 'Skew', 0),
			one('ADBE Vector Skew Axis', 'Skew Axis', 0),
			one('ADBE Vector Rotation', 'Rotation', 0),
			one('ADBE Vector Group Opacity', 'Opacity', 100),
		], set),
	], SWITCH); // prettier-ignore
}

/** Rows of every plain item: match name, name, usual value, kind. */
const ITEMS = {
	'Shape - Rect': [direction, one('ADBE Vector Rect Size', 'Size', [100, 100], 'TwoD'),
		one('ADBE Vector Rect Position', 'Position', [0, 0], 'TwoD_SPATIAL'), one('ADBE Vector Rect Roundness', 'Roundness', 0)],
	'Shape - Ellipse': [direction, one('ADBE Vector Ellipse Size', 'Size', [100, 100], 'TwoD'),
		one('ADBE Vector Ellipse Position', 'Position', [0, 0], 'TwoD_SPATIAL')],
	'Shape - Star': [direction, one('ADBE Vector Star Type', 'Type', 1), one('ADBE Vector Star Points', 'Points', 5),
		one('ADBE Vector Star Position', 'Position', [0, 0], 'TwoD_SPATIAL'), one('ADBE Vector Star Rotation', 'Rotation', 0),
		one('ADBE Vector Star Inner Radius', 'Inner Radius', 50), one('ADBE Vector Star Outer Radius', 'Outer Radius', 100),
		one('ADBE Vector Star Inner Roundess', 'Inner Roundness', 0), one('ADBE Vector Star Outer Roundess', 'Outer Roundness', 0)],
	'Shape - Group': [direction, one('ADBE Vector Shape', 'Path', null, 'SHAPE')],
	'Graphic - Fill': [blend, order, one('ADBE Vector Fill Rule', 'Fill Rule', 1),
		one('ADBE Vector Fill Color', 'Color', [1, 0, 0, 1], 'COLOR'), one('ADBE Vector Fill Opacity', 'Opacity', 100)],
	'Graphic - Stroke': [blend, order, one('ADBE Vector Stroke Color', 'Color', [1, 1, 1, 1], 'COLOR'),
		one('ADBE Vector Stroke Opacity', 'Opacity', 100), one('ADBE Vector Stroke Width', 'Stroke Width', 2),
		one('ADBE Vector Stroke Line Cap', 'Line Cap', 1), one('ADBE Vector Stroke Line Join', 'Line Join', 1),
		one('ADBE Vector Stroke Miter Limit', 'Miter Limit', 4)],
	'Graphic - G-Fill': [blend, order, one('ADBE Vector Grad Type', 'Type', 1),
		one('ADBE Vector Grad Start Pt', 'Start Point', [0, 0], 'TwoD_SPATIAL'), one('ADBE Vector Grad Colors', 'Colors', null, 'NO_VALUE')],
	'Filter - Trim': [one('ADBE Vector Trim Start', 'Start', 0), one('ADBE Vector Trim End', 'End', 100),
		one('ADBE Vector Trim Offset', 'Offset', 0), one('ADBE Vector Trim Type', 'Trim Multiple Shapes', 1)],
	'Filter - RC': [one('ADBE Vector RoundCorner Radius', 'Radius', 10)],
	'Filter - PB': [one('ADBE Vector PuckerBloat Amount', 'Amount', 0)],
	'Filter - Zigzag': [one('ADBE Vector Zigzag Size', 'Size', 10), one('ADBE Vector Zigzag Detail', 'Ridges per segment', 5),
		one('ADBE Vector Zigzag Points', 'Points', 1)],
	'Filter - Twist': [one('ADBE Vector Twist Angle', 'Angle', 0), one('ADBE Vector Twist Center', 'Center', [0, 0], 'TwoD_SPATIAL')],
	'Filter - Offset': [one('ADBE Vector Offset Amount', 'Amount', 10), one('ADBE Vector Offset Line Join', 'Line Join', 1),
		one('ADBE Vector Offset Miter Limit', 'Miter Limit', 4)],
	'Filter - Merge': [one('ADBE Vector Merge Type', 'Mode', 1)],
	'Filter - Roughen': [one('ADBE Vector Roughen Size', 'Size', 10)],
}; // prettier-ignore

/** One item: `vector('Shape - Rect', 'Rectangle Path 1', { 'ADBE Vector Rect Size': [40, 20] })`. */
export function vector(kind, name, set = {}, more = []) {
	return new PropertyGroup(`ADBE Vector ${kind}`, name, [...group('', '', ITEMS[kind], set).children, ...more], SWITCH);
}

export function dashes(...lengths) {
	const rows = lengths.map((length, i) => one(`ADBE Vector Stroke ${i % 2 ? 'Gap' : 'Dash'} ${(i >> 1) + 1}`, i % 2 ? 'Gap' : 'Dash', 10)(length));
	return new PropertyGroup('ADBE Vector Stroke Dashes', 'Dashes', [...rows, one('ADBE Vector Stroke Offset', 'Offset', 0)(3)]);
}

export function repeater(set = {}) {
	return new PropertyGroup('ADBE Vector Filter - Repeater', 'Repeater 1', [
		...group('', '', [one('ADBE Vector Repeater Copies', 'Copies', 3), one('ADBE Vector Repeater Offset', 'Offset', 0),
			one('ADBE Vector Repeater Order', 'Composite', 1)], set).children,
		group('ADBE Vector Repeater Transform', 'Transform', [
			one('ADBE Vector Repeater Anchor', 'Anchor Point', [0, 0], 'TwoD_SPATIAL'),
			one('ADBE Vector Repeater Position', 'Position', [100, 0], 'TwoD_SPATIAL'),
			one('ADBE Vector Repeater Scale', 'Scale', [100, 100], 'TwoD'),
			one('ADBE Vector Repeater Rotation', 'Rotation', 0),
			one('ADBE Vector Repeater Opacity 1', 'Start Opacity', 100),
			one('ADBE Vector Repeater Opacity 2', 'End Opacity', 100),
		], set),
	], SWITCH); // prettier-ignore
}
