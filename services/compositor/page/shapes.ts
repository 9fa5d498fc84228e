/** Vector shapes: from a list of items to fills and strokes, which a canvas draws. See `shape.proto` for what items mean. */
import type { PropertyJson, TransformJson } from '@fancam/protos/motion';
import type { ShapeFillJson, ShapeItemJson, ShapeStrokeJson, ShapesJson } from '@fancam/protos/shape';
import { Vector3 } from 'three';
import { css, cssOf } from './colour-space.js';
import type { Drawing } from './drawn.js';
import {
	areaOf,
	boundsOf,
	type Contour,
	contourOf,
	ellipse,
	lengthOf,
	mapped,
	type Point,
	penPath,
	puckered,
	rectangle,
	reversed,
	rounded,
	star,
	stretchOf,
	twisted,
	zigzag,
} from './paths.js';
import { type Box, localMatrix } from './space.js';
import { number, pathAt, Signature, scalarAt, valueAt } from './timeline.js';

type Pen = OffscreenCanvasRenderingContext2D;

/** From the pixels of a group to those of the one around it: a, b, c, d, e, f as a canvas has them. */
type Affine = readonly [number, number, number, number, number, number];

const STILL: Affine = [1, 0, 0, 1, 0, 0];

/** A path that is still open to changes by items below it. */
interface Bendable {
	contour: Contour;
}

/** Paths merged to an area, or grown: they can only be filled. */
interface Area {
	paint(pen: Pen): void;
	grow: number;
}

/** A path or an area as a group sees it. */
type Piece = { to: Affine } & ({ path: Bendable; area?: undefined } | { area: Area; path?: undefined });

/** A fill or a stroke with the paths it paints. */
interface Paint {
	pieces: readonly Piece[];
	/** From the group it stands in to the layer. */
	to: Affine;
	opacity: number;
	fill?: ShapeFillJson;
	stroke?: ShapeStrokeJson;
}

interface Scope {
	pieces: Piece[];
	/** Topmost first. */
	paints: Paint[];
}

/** Frames that are looked at to find out how far shapes reach. */
const LOOKS = 60;
/** No picture of shapes is larger, in the layer's pixels. */
const FARTHEST = 8192;

/** A shape layer's drawing. */
export class ShapeDrawing implements Drawing {
	readonly box: Box;
	readonly centre = [0, 0] as const; // the layer's origin, in the middle of the composition
	readonly empty = false;
	readonly #items: readonly ShapeItemJson[];
	readonly #signature: Signature;

	/** @param span First frame on which the layer is seen, and the first on which it is not. */
	constructor(shapes: ShapesJson, span: readonly [number, number]) {
		this.#items = shapes.items ?? [];
		this.#signature = new Signature(shapes);
		this.box = this.#reach(span);
	}

	signature(frame: number): string {
		return this.#signature.at(frame);
	}

	draw(pen: Pen, frame: number): void {
		const within = pen.getTransform();
		for (const paint of evaluate(this.#items, frame).paints.toReversed()) {
			pen.setTransform(within);
			pen.transform(...paint.to);
			pen.globalAlpha = paint.opacity;
			if (paint.fill) fill(pen, paint, paint.fill, frame);
			else if (paint.stroke) stroke(pen, paint, paint.stroke, frame);
		}
		pen.globalAlpha = 1;
		pen.setTransform(within);
	}

	#reach([first, end]: readonly [number, number]): Box {
		let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
		const stride = this.#signature.still ? end - first + 1 : Math.max(1, Math.floor((end - first) / LOOKS));
		for (let frame = first; frame < end; frame += Math.max(1, stride)) {
			for (const paint of evaluate(this.#items, frame).paints) {
				const contours = paint.pieces.flatMap(({ path, to }) =>
					path ? [moved(path.contour, times(paint.to, to))] : [],
				);
				const areas = paint.pieces.flatMap(({ area, to }) => (area ? reachOfArea(area, times(paint.to, to)) : []));
				const bounds = boundsOf([...contours, ...areas]);
				if (!bounds) continue;
				const [a, b, c, d] = paint.to;
				const wide = Math.max(Math.hypot(a, b), Math.hypot(c, d));
				const sharp = paint.stroke?.join && paint.stroke.join !== 'LINE_JOIN_MITER' ? 1 : 2;
				const margin = paint.stroke ? (scalarAt(paint.stroke.width, 0, frame) / 2) * wide * sharp : 0;
				left = Math.min(left, bounds[0] - margin);
				top = Math.min(top, bounds[1] - margin);
				right = Math.max(right, bounds[2] + margin);
				bottom = Math.max(bottom, bounds[3] + margin);
			}
		}
		if (left > right) return { left: 0, top: 0, width: 1, height: 1 };
		// A frame between two looks may reach a little farther.
		const spare = this.#signature.still ? 1 : 1 + 0.02 * Math.max(right - left, bottom - top);
		left = Math.max(-FARTHEST / 2, Math.floor(left - spare));
		top = Math.max(-FARTHEST / 2, Math.floor(top - spare));
		right = Math.min(FARTHEST / 2, Math.ceil(right + spare));
		bottom = Math.min(FARTHEST / 2, Math.ceil(bottom + spare));
		return { left, top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) };
	}
}

const areaContours = new WeakMap<Area, () => Contour[]>();

function reachOfArea(area: Area, to: Affine): Contour[] {
	const contours = areaContours.get(area)?.() ?? [];
	const bounds = boundsOf(contours);
	if (!bounds) return [];
	const [left, top, right, bottom] = bounds;
	const middle: Point = [(left + right) / 2, (top + bottom) / 2];
	return [moved(rectangle(middle, right - left + 4 * area.grow, bottom - top + 4 * area.grow, 0), to)];
}

/** What a list of items comes to at a frame. */
function evaluate(items: readonly ShapeItemJson[], frame: number): Scope {
	const scope: Scope = { pieces: [], paints: [] };
	for (const item of items) apply(item, scope, frame);
	return scope;
}

function apply(item: ShapeItemJson, scope: Scope, frame: number): void {
	const value = (property: PropertyJson | undefined, otherwise = 0): number => scalarAt(property, otherwise, frame);
	const point = (property: PropertyJson | undefined): Point => {
		const [x = 0, y = 0] = valueAt(property, [0, 0], frame);
		return [x, y];
	};
	const push = (contour: Contour, backwards = false): void => {
		scope.pieces.push({ path: { contour: backwards ? reversed(contour) : contour }, to: STILL });
	};
	const bend = (change: (contour: Contour) => Contour): void => {
		for (const { path } of scope.pieces) if (path) path.contour = change(path.contour);
	};
	if (item.group) {
		const inner = evaluate(item.group.items ?? [], frame);
		const to = affine(item.group.transform, frame);
		const opacity = value(item.group.transform?.opacity, 100) / 100;
		for (const piece of inner.pieces) scope.pieces.push({ ...piece, to: times(to, piece.to) });
		for (const paint of inner.paints) {
			scope.paints.push({ ...paint, to: times(to, paint.to), opacity: paint.opacity * opacity });
		}
	} else if (item.path) {
		push(contourOf(pathAt(item.path.path, frame)), item.path.reversed);
	} else if (item.rectangle) {
		const [width, height] = point(item.rectangle.size);
		push(
			rectangle(point(item.rectangle.position), width, height, value(item.rectangle.roundness)),
			item.rectangle.reversed,
		);
	} else if (item.ellipse) {
		const [width, height] = point(item.ellipse.size);
		push(ellipse(point(item.ellipse.position), width, height), item.ellipse.reversed);
	} else if (item.star) {
		const { position, points, outerRadius, innerRadius, outerRoundness, innerRoundness, rotation } = item.star;
		push(
			star(
				point(position),
				Math.max(3, Math.ceil(value(points, 5))),
				value(outerRadius),
				innerRadius ? value(innerRadius) : null,
				[value(outerRoundness), value(innerRoundness)],
				value(rotation),
			),
			item.star.reversed,
		);
	} else if (item.fill) {
		const opacity = value(item.fill.opacity, 100) / 100;
		scope.paints.push({ pieces: [...scope.pieces], to: STILL, opacity, fill: item.fill });
	} else if (item.stroke) {
		const opacity = value(item.stroke.opacity, 100) / 100;
		scope.paints.push({ pieces: [...scope.pieces], to: STILL, opacity, stroke: item.stroke });
	} else if (item.trim) {
		trim(
			scope.pieces,
			value(item.trim.start) / 100,
			value(item.trim.end, 100) / 100,
			value(item.trim.offset) / 360,
			item.trim.individually ?? false,
		);
	} else if (item.repeater) {
		repeat(item.repeater, scope, frame);
	} else if (item.roundCorners) {
		const radius = value(item.roundCorners.radius);
		bend((contour) => rounded(contour, radius));
	} else if (item.puckerBloat) {
		const amount = value(item.puckerBloat.amount);
		bend((contour) => puckered(contour, amount));
	} else if (item.zigZag) {
		const { smooth = false } = item.zigZag;
		const [size, ridges] = [value(item.zigZag.size), value(item.zigZag.ridges)];
		bend((contour) => zigzag(contour, size, ridges, smooth));
	} else if (item.twist) {
		const paths = scope.pieces.flatMap(({ path }) => path ?? []);
		const bent = twisted(
			paths.map(({ contour }) => contour),
			value(item.twist.angle),
			point(item.twist.center),
		);
		for (const [index, path] of paths.entries()) path.contour = bent[index] ?? path.contour;
	} else if (item.offset) {
		const pieces = [...scope.pieces];
		const amount = value(item.offset.amount);
		const { join, miterLimit } = item.offset;
		scope.pieces.length = 0;
		scope.pieces.push({
			to: STILL,
			area: areaOfPieces(pieces, Math.max(0, amount), (pen) => {
				paintPieces(pen, pieces, 'nonzero');
				if (amount === 0) return;
				pen.lineWidth = 2 * Math.abs(amount);
				pen.lineJoin = JOINS[join ?? 'LINE_JOIN_UNSPECIFIED'] ?? 'miter';
				pen.miterLimit = number(miterLimit) || 4;
				if (amount < 0) pen.globalCompositeOperation = 'destination-out';
				for (const contours of contoursOf(pieces)) pen.stroke(penPath([contours]));
			}),
		});
	} else if (item.merge) {
		merge(item.merge.mode ?? 'MERGE_MODE_MERGE', scope);
	}
}

/** Paths in the pixels of the group that holds the pieces. */
function contoursOf(pieces: readonly Piece[]): Contour[] {
	return pieces.flatMap(({ path, to }) => (path ? [moved(path.contour, to)] : []));
}

function areaOfPieces(pieces: readonly Piece[], grow: number, paint: (pen: Pen) => void): Area {
	const area = { paint, grow };
	areaContours.set(area, () => contoursOf(pieces));
	return area;
}

function paintPieces(pen: Pen, pieces: readonly Piece[], rule: CanvasFillRule): void {
	pen.fill(penPath(contoursOf(pieces)), rule);
	for (const { area, to } of pieces) {
		if (!area) continue;
		pen.save();
		pen.transform(...to);
		area.paint(pen);
		pen.restore();
	}
}

function merge(mode: string, scope: Scope): void {
	const pieces = [...scope.pieces];
	if (mode === 'MERGE_MODE_MERGE' || pieces.length === 0) return;
	const each = (pen: Pen, operation: GlobalCompositeOperation): void => {
		for (const [index, piece] of pieces.entries()) {
			pen.globalCompositeOperation = index ? operation : 'source-over';
			paintPieces(pen, [piece], 'nonzero');
		}
	};
	const paint: Record<string, (pen: Pen) => void> = {
		MERGE_MODE_ADD: (pen) => {
			// One fill of paths that all run the same way: no seams where they touch.
			const contours = contoursOf(pieces).map((contour) => (areaOf(contour) < 0 ? reversed(contour) : contour));
			pen.fill(penPath(contours), 'nonzero');
		},
		MERGE_MODE_SUBTRACT: (pen) => each(pen, 'destination-out'),
		MERGE_MODE_INTERSECT: (pen) => each(pen, 'destination-in'),
		MERGE_MODE_EXCLUDE: (pen) => each(pen, 'xor'),
	};
	scope.pieces.length = 0;
	scope.pieces.push({ to: STILL, area: areaOfPieces(pieces, 0, paint[mode] ?? (() => undefined)) });
}

function trim(pieces: readonly Piece[], start: number, end: number, offset: number, individually: boolean): void {
	const [low, high] = [Math.min(start, end), Math.max(start, end)];
	const paths = pieces.flatMap(({ path }) => path ?? []);
	const nothing: Contour = { cubics: [], closed: false };
	if (high - low >= 1) return;
	const shift = offset - Math.floor(offset);
	if (!individually) {
		for (const path of paths) {
			const whole = lengthOf(path.contour);
			path.contour =
				high === low ? nothing : window(path.contour, (low + shift) * whole, (high + shift) * whole, whole);
		}
		return;
	}
	// One path after another: the window runs over the sum of their lengths and may go on at the beginning.
	const sizes = paths.map(({ contour }) => lengthOf(contour));
	const all = sizes.reduce((sum, size) => sum + size, 0);
	let begin = 0;
	for (const [index, path] of paths.entries()) {
		const size = sizes[index] ?? 0;
		const parts = [0, 1].flatMap((turn) => {
			const from = Math.max(0, (low + shift - turn) * all - begin);
			const to = Math.min(size, (high + shift - turn) * all - begin);
			return to > from ? [stretchOf({ ...path.contour, closed: false }, from, to)] : [];
		});
		begin += size;
		path.contour = parts.length === 1 ? (parts[0] ?? nothing) : joined(parts);
	}
}

/** The window of a path; of an open one that is pushed over its end, the rest comes from its beginning. */
function window(contour: Contour, from: number, to: number, whole: number): Contour {
	const back = from >= whole ? whole : 0;
	if (contour.closed || to - back <= whole) return stretchOf(contour, from - back, to - back);
	return joined([stretchOf(contour, from - back, whole), stretchOf(contour, 0, to - back - whole)]);
}

function joined(parts: readonly Contour[]): Contour {
	return { closed: false, cubics: parts.flatMap(({ cubics }) => cubics) };
}

function repeat(repeater: NonNullable<ShapeItemJson['repeater']>, scope: Scope, frame: number): void {
	const copies = Math.max(0, Math.floor(scalarAt(repeater.copies, 1, frame)));
	const offset = scalarAt(repeater.offset, 0, frame);
	const [first, last] = [
		scalarAt(repeater.startOpacity, 100, frame) / 100,
		scalarAt(repeater.endOpacity, 100, frame) / 100,
	];
	const { pieces, paints } = scope;
	const made: Scope = { pieces: [], paints: [] };
	for (let copy = 0; copy < copies; copy++) {
		const to = power(repeater.transform, copy + offset, frame);
		const opacity = copies > 1 ? first + (last - first) * (copy / (copies - 1)) : first;
		made.pieces.push(...pieces.map((piece) => ({ ...piece, to: times(to, piece.to) })));
		const copied = paints.map((paint) => ({ ...paint, to: times(to, paint.to), opacity: paint.opacity * opacity }));
		if (repeater.above) made.paints.unshift(...copied);
		else made.paints.push(...copied);
	}
	scope.pieces = made.pieces;
	scope.paints = made.paints;
}

/** A transform as often as wanted: positions and turns add up, scales multiply. */
function power(transform: TransformJson | undefined, often: number, frame: number): Affine {
	const [ax = 0, ay = 0] = valueAt(transform?.anchorPoint, [0, 0], frame);
	const [px = 0, py = 0] = valueAt(transform?.position, [0, 0], frame);
	const [sx = 100, sy = sx] = valueAt(transform?.scale, [100], frame);
	const turn = scalarAt(transform?.rotation, 0, frame);
	return affine(
		{
			anchorPoint: { value: [ax, ay] },
			position: { value: [ax + px * often, ay + py * often] },
			scale: { value: [100 * (sx / 100) ** often, 100 * (sy / 100) ** often] },
			rotation: { value: [turn * often] },
		},
		frame,
	);
}

function affine(transform: TransformJson | undefined, frame: number): Affine {
	if (!transform) return STILL;
	const e = localMatrix(transform, [0, 0], [0, 0], false, frame).elements;
	return [e[0] ?? 1, e[1] ?? 0, e[4] ?? 0, e[5] ?? 1, e[12] ?? 0, e[13] ?? 0];
}

/** First `inner`, then `outer`. */
function times(outer: Affine, inner: Affine): Affine {
	const [a, b, c, d, e, f] = outer;
	const [g, h, i, j, k, l] = inner;
	return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f];
}

function moved(contour: Contour, [a, b, c, d, e, f]: Affine): Contour {
	return mapped(contour, ([x, y]) => [a * x + c * y + e, b * x + d * y + f]);
}

const JOINS: Record<string, CanvasLineJoin> = {
	LINE_JOIN_UNSPECIFIED: 'miter',
	LINE_JOIN_MITER: 'miter',
	LINE_JOIN_ROUND: 'round',
	LINE_JOIN_BEVEL: 'bevel',
};
const CAPS: Record<string, CanvasLineCap> = {
	LINE_CAP_UNSPECIFIED: 'butt',
	LINE_CAP_BUTT: 'butt',
	LINE_CAP_ROUND: 'round',
	LINE_CAP_SQUARE: 'square',
};

function fill(pen: Pen, paint: Paint, item: ShapeFillJson, frame: number): void {
	const rule = item.rule === 'FILL_RULE_EVEN_ODD' ? 'evenodd' : 'nonzero';
	pen.fillStyle = paintStyle(pen, item, frame);
	if (!paint.pieces.some(({ area }) => area)) {
		pen.fill(penPath(contoursOf(paint.pieces)), rule);
		return;
	}
	// Areas are drawn aside, coloured there and laid down as one.
	const aside = new OffscreenCanvas(pen.canvas.width, pen.canvas.height).getContext('2d', {
		willReadFrequently: true,
	}) as Pen;
	aside.setTransform(pen.getTransform());
	paintPieces(aside, paint.pieces, rule);
	aside.globalCompositeOperation = 'source-in';
	aside.fillStyle = paintStyle(aside, item, frame);
	const everywhere = pen.getTransform().inverse();
	const corners = [
		[0, 0],
		[pen.canvas.width, 0],
		[pen.canvas.width, pen.canvas.height],
		[0, pen.canvas.height],
	].map(([x, y]) => everywhere.transformPoint({ x, y }));
	aside.fill(penPath([quadOf(corners)]));
	pen.save();
	pen.resetTransform();
	pen.drawImage(aside.canvas, 0, 0);
	pen.restore();
}

function quadOf(corners: readonly DOMPoint[]): Contour {
	const points = corners.map(({ x, y }): Point => [x, y]);
	return {
		closed: true,
		cubics: points.map((from, index) => {
			const to = points[(index + 1) % points.length] as Point;
			return [from, from, to, to];
		}),
	};
}

function stroke(pen: Pen, paint: Paint, item: ShapeStrokeJson, frame: number): void {
	pen.strokeStyle = paintStyle(pen, item, frame);
	pen.lineWidth = scalarAt(item.width, 0, frame);
	if (pen.lineWidth <= 0 || scalarAt(item.width, 0, frame) <= 0) return;
	pen.lineCap = CAPS[item.cap ?? 'LINE_CAP_UNSPECIFIED'] ?? 'butt';
	pen.lineJoin = JOINS[item.join ?? 'LINE_JOIN_UNSPECIFIED'] ?? 'miter';
	pen.miterLimit = number(item.miterLimit) || 4;
	pen.setLineDash((item.dashes ?? []).map((dash) => Math.max(0, scalarAt(dash, 0, frame))));
	pen.lineDashOffset = scalarAt(item.dashOffset, 0, frame);
	pen.stroke(penPath(contoursOf(paint.pieces)));
	pen.setLineDash([]);
}

type Painted = Pick<ShapeFillJson, 'color' | 'gradient' | 'animatedColor'>;

function paintStyle(pen: Pen, { color, gradient, animatedColor }: Painted, frame: number): string | CanvasGradient {
	if (animatedColor) return css(new Vector3(...(valueAt(animatedColor, [0, 0, 0], frame) as [number, number, number])));
	if (!gradient) return cssOf(color);
	const [x0 = 0, y0 = 0] = valueAt(gradient.start, [0, 0], frame);
	const [x1 = 0, y1 = 0] = valueAt(gradient.end, [0, 0], frame);
	const style =
		gradient.kind === 'GRADIENT_KIND_RADIAL'
			? pen.createRadialGradient(x0, y0, 0, x0, y0, Math.hypot(x1 - x0, y1 - y0))
			: pen.createLinearGradient(x0, y0, x1, y1);
	for (const { offset, color: stop, opacity } of gradient.stops ?? []) {
		style.addColorStop(number(offset), cssOf(stop, number(opacity, 100) / 100));
	}
	return style;
}
