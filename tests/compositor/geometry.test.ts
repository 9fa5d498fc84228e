/** Paths, planes, time and selectors, without a browser. */
import { Matrix4, Vector3 } from 'three';
import { describe, expect, test } from 'vitest';
import { shareOf } from '../../services/compositor/page/animators.js';
import { spline } from '../../services/compositor/page/colour.js';
import { crossing } from '../../services/compositor/page/crossing.js';
import { fromCorners } from '../../services/compositor/page/distort.js';
import { type Rectangle, uncovered } from '../../services/compositor/page/ink.js';
import {
	areaOf,
	ellipse,
	lengthOf,
	polygon,
	rectangle,
	reversed,
	stretchOf,
} from '../../services/compositor/page/paths.js';
import { grown } from '../../services/compositor/page/reach.js';
import { seenAt, sourceFrame, stack } from '../../services/compositor/page/stack.js';
import { Signature, valueAt } from '../../services/compositor/page/timeline.js';

describe('paths', () => {
	const square = rectangle([0, 0], 60, 60, 0);

	test('a circle of four cubics has the length and the area of a circle', () => {
		const circle = ellipse([5, -3], 100, 100);
		expect(lengthOf(circle)).toBeCloseTo(100 * Math.PI, 0);
		expect(areaOf(circle) / (2500 * Math.PI)).toBeCloseTo(1, 2);
		expect(areaOf(reversed(circle))).toBeCloseTo(-areaOf(circle), 6);
	});

	test('a stretch of a closed path goes on over its beginning', () => {
		const part = stretchOf(square, 180, 300);
		expect(lengthOf(part)).toBeCloseTo(120, 3);
		expect(part.closed).toBe(false);
		expect(part.cubics[0]?.[0]).toEqual([-30, -30]);
		expect(stretchOf(square, 0, 240).closed).toBe(true);
	});

	test('round corners never reach beyond half an edge', () => {
		expect(areaOf(rectangle([0, 0], 60, 20, 500))).toBeCloseTo(40 * 20 + 100 * Math.PI, -1);
	});
});

describe('crossing layers', () => {
	const box = { left: -50, top: -50, width: 100, height: 100 };
	const eye = new Vector3(0, 0, -500);
	const turned = (degrees: number, z = 0) => ({
		what: `${degrees} ${z}`,
		box,
		world: new Matrix4().makeTranslation(0, 0, z).multiply(new Matrix4().makeRotationY((degrees * Math.PI) / 180)),
	});

	test('layers that only lie behind each other are not cut', () => {
		expect(crossing([turned(0), turned(0, 100)], eye)).toBeNull();
		expect(crossing([turned(20), turned(20, 1)], eye)).toBeNull();
	});

	test('two that pass through each other make three pieces, whose cuts face opposite ways', () => {
		const pieces = crossing([turned(30), turned(-30)], eye) ?? [];
		expect(pieces).toHaveLength(3);
		const [far, whole, near] = pieces;
		expect(whole?.cuts).toHaveLength(0);
		expect(far?.what).toBe(near?.what);
		const [one, other] = [far?.cuts[0], near?.cuts[0]];
		expect(one?.x).toBeCloseTo(-(other?.x ?? 0), 9);
		expect([one?.w, other?.w]).toEqual([0, 1]); // the nearer one's edge is softened
	});
});

describe('time', () => {
	const inner = { id: 'inner', width: 80, height: 60, frames: 10, layers: [{ name: 'a', solid: {}, inFrame: 2 }] };

	test('stretching, reversing and holding count from the start frame', () => {
		const footage = { path: 'x', startFrame: 6 };
		expect(sourceFrame({ footage }, 4)).toBe(10);
		expect(sourceFrame({ footage, stretchPercent: 200 }, 4)).toBe(8);
		expect(sourceFrame({ footage, stretchPercent: -100 }, 4)).toBe(2);
		expect(sourceFrame({ footage, effects: [{ posterizeTime: { holdFrames: 3 } }] }, 5)).toBe(9);
		expect(sourceFrame({ footage, timeRemap: { value: [3] } }, 4)).toBe(3);
	});

	test('a collapsed composition is taken apart, in its own time and under its own names', () => {
		const layer = { name: 'p', precomp: { composition: 'inner', startFrame: -5 }, collapse: true };
		const entries = stack({ width: 80, height: 60, frames: 20, layers: [layer] }, new Map([['inner', inner]]));
		expect(entries.map(({ name }) => name)).toEqual(['p/a', 'p']);
		const [child] = entries;
		expect(child?.parent).toBe('p');
		expect([6, 7, 14, 15].map((frame) => child && seenAt(child, frame))).toEqual([false, true, true, false]);
	});

	test('what stands still has one signature, what moves has one per value', () => {
		const moving = { effects: [{ tint: { amount: { keyframes: [{ value: [0] }, { frame: 10, value: [10] }] } } }] };
		expect(new Signature({ a: { value: [1] } }).still).toBe(true);
		const signature = new Signature(moving);
		expect(signature.at(3)).not.toBe(signature.at(4));
		expect(signature.at(12)).toBe(signature.at(40));
	});

	test('a path through space is walked by its length', () => {
		const keyframes = [
			{ value: [0, 0], spatialOut: [0, 100], spatialIn: [0, 100] },
			{ frame: 10, value: [100, 0] },
		];
		const points = Array.from({ length: 11 }, (_, frame) => valueAt({ keyframes }, [0, 0], frame));
		const steps = points.slice(1).map(([x = 0, y = 0], index) => {
			const [a = 0, b = 0] = points[index] ?? [];
			return Math.hypot(x - a, y - b);
		});
		expect(Math.max(...steps) / Math.min(...steps)).toBeLessThan(1.03);
	});
});

describe('effects', () => {
	test('a curve passes through its points and is held beyond them', () => {
		const points = [
			{ in: 0.1, out: 0.2 },
			{ in: 0.5, out: 0.4 },
			{ in: 0.9, out: 0.95 },
		];
		const curve = spline(points);
		for (const { in: at, out } of points) expect(curve(at)).toBeCloseTo(out, 9);
		expect([curve(0), curve(1)]).toEqual([0.2, 0.95]);
		expect(spline([])(0.3)).toBe(0.3);
	});

	test('pinned corners are those of the square', () => {
		const corners = [
			[-10, 4],
			[70, -8],
			[58, 50],
			[6, 40],
		];
		const back = fromCorners(corners);
		const places = corners.map(([x = 0, y = 0]) => {
			const at = new Vector3(x, y, 1).applyMatrix3(back);
			return [at.x / at.z, at.y / at.z].map((part) => Math.abs(Math.round(part * 1e6) / 1e6));
		});
		expect(places).toEqual([
			[0, 0],
			[1, 0],
			[1, 1],
			[0, 1],
		]);
	});

	test('a box grows by what its effects spill, and stays where they spill nothing', () => {
		const box = { left: 0, top: 0, width: 100, height: 50 };
		expect(grown(box, [{ invert: {} }], [0, 10])).toBe(box);
		const keyframes = [{ value: [1] }, { frame: 5, value: [4] }];
		expect(grown(box, [{ gaussianBlur: { radiusPx: { keyframes } } }], [0, 10])).toEqual({
			left: -12,
			top: -12,
			width: 124,
			height: 74,
		});
	});
});

describe('range selectors', () => {
	const counts = { characters: 8, inked: 8, words: 2, lines: 1 };
	const part = (character: number) => ({ character, inked: character, word: 0, line: 0 });
	const shares = (selector: object) =>
		Array.from({ length: 8 }, (_, character) => shareOf(selector, part(character), counts, 0));

	test('a square range covers letters by their share of it', () => {
		expect(shares({ start: { value: [25] }, end: { value: [56.25] } })).toEqual([0, 0, 1, 1, 0.5, 0, 0, 0]);
	});

	test('a random order moves every letter just once, the same each time', () => {
		const selector = { start: { value: [0] }, end: { value: [37.5] }, randomOrder: true, randomSeed: 4 };
		const first = shares(selector);
		expect(first.filter((share) => share === 1)).toHaveLength(3);
		expect(shares(selector)).toEqual(first);
		const others = Array.from({ length: 8 }, (_, seed) => shares({ ...selector, randomSeed: seed }).join());
		expect(new Set(others).size).toBeGreaterThan(4);
	});

	test('the end of a polygon is its beginning', () => {
		expect(
			polygon([
				[0, 0],
				[4, 0],
				[4, 4],
			]).cubics.at(-1)?.[3],
		).toEqual([0, 0]);
	});
});

describe('what is hidden', () => {
	const pixels = 16;
	const holds = ([left, top, right, bottom]: Rectangle, x: number, y: number): boolean =>
		x > left * pixels && x < right * pixels && y > top * pixels && y < bottom * pixels;

	test.each([
		['nothing', []],
		['all', [[0, 0, 1, 1]]],
		[
			'more than all',
			[
				[-0.5, -0.5, 1.5, 0.75],
				[-0.5, 0.5, 1.5, 1.5],
			],
		],
		[
			'two that overlap',
			[
				[0.125, 0.25, 0.5, 0.75],
				[0.25, 0.5, 1, 0.875],
			],
		],
		[
			'one within another',
			[
				[0, 0.25, 0.75, 1],
				[0.25, 0.5, 0.5, 0.75],
			],
		],
	] as [string, Rectangle[]][])('of %s, every pixel is hidden or left once', (_, hidden) => {
		const left = uncovered(hidden);
		for (let y = 0.5; y < pixels; y++)
			for (let x = 0.5; x < pixels; x++) {
				const covered = hidden.some((each) => holds(each, x, y));
				expect(left.filter((each) => holds(each, x, y)).length).toBe(covered ? 0 : 1);
			}
	});
});
