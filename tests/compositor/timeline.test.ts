/** Values over time, and After Effects' space, without a browser. */
import { type Matrix4, Vector4 } from 'three';
import { describe, expect, test } from 'vitest';
import { coversAll, defaultZoom, onGrid, Space, scaleOf } from '../../services/compositor/page/space.js';
import { ease, scalarAt, valueAt } from '../../services/compositor/page/timeline.js';

describe('ease', () => {
	test('a straight curve is the time itself', () => {
		for (const at of [0, 0.1, 0.5, 0.99, 1]) expect(ease(1 / 3, 1 / 3, 2 / 3, 2 / 3, at)).toBeCloseTo(at, 6);
	});

	test('a symmetric curve is half way at half time', () => {
		expect(ease(0.9, 0, 0.1, 1, 0.5)).toBeCloseTo(0.5, 6);
	});

	test('a curve never turns back in time, however steep', () => {
		let last = 0;
		for (let at = 0; at <= 1; at += 1 / 512) {
			const now = ease(1, 0, 0, 1, at);
			expect(now).toBeGreaterThanOrEqual(last - 1e-9);
			last = now;
		}
	});
});

describe('properties', () => {
	const keyframes = Array.from({ length: 1000 }, (_, index) => ({ frame: index * 2, value: [index] }));

	test('any frame of a thousand keyframes is found', () => {
		for (const frame of [-5, 0, 1, 777, 1998, 5000]) {
			expect(scalarAt({ keyframes }, 0, frame)).toBeCloseTo(Math.min(Math.max(frame / 2, 0), 999), 9);
		}
	});

	test('axes that are left out come from the default', () => {
		expect(valueAt({ value: [7] }, [1, 2, 3], 0)).toEqual([7, 2, 3]);
		expect(valueAt(undefined, [1, 2], 0)).toEqual([1, 2]);
	});
});

describe('space', () => {
	const layer = (name: string, more: object) =>
		[name, { layer: { name, ...more }, centre: [50, 25] as const }] as const;
	const at = (matrix: Matrix4, x: number, y: number) => {
		const point = new Vector4(x, y, 0, 1).applyMatrix4(matrix);
		return [point.x / point.w, point.y / point.w];
	};

	test('the default camera shows a layer at z = 0 as it is', () => {
		const space = new Space(
			{ width: 720, height: 1280 },
			new Map([layer('flat', {}), layer('deep', { threeD: true })]),
		);
		for (const [x, y] of [
			[0, 0],
			[100, 50],
			[13, 37],
		] as const) {
			const [flat, deep] = [at(space.clip('flat', 0), x, y), at(space.clip('deep', 0), x, y)];
			expect(deep[0]).toBeCloseTo(flat[0] ?? 0, 9);
			expect(deep[1]).toBeCloseTo(flat[1] ?? 0, 9);
		}
		expect(space.depth('deep', 0)).toBeCloseTo(defaultZoom(720), 9);
	});

	test('a child without a position stands on its parent', () => {
		const parent = layer('parent', { transform: { position: { value: [100, 200] } } });
		const space = new Space({ width: 720, height: 1280 }, new Map([parent, layer('child', { parent: 'parent' })]));
		const [x, y] = at(space.world('child', 0), 50, 25);
		expect([x, y]).toEqual([100, 200]);
	});

	test('a box that fills the picture covers it, a turned one does not', () => {
		const box = { left: 0, top: 0, width: 720, height: 1280 };
		const whole = { layer: {}, centre: [360, 640] as const };
		const turned = { layer: { transform: { rotation: { value: [1] } } }, centre: [360, 640] as const };
		const space = new Space(
			{ width: 720, height: 1280 },
			new Map([
				['whole', whole],
				['turned', turned],
			]),
		);
		expect(coversAll(space.clip('whole', 0), box)).toBe(true);
		expect(coversAll(space.clip('turned', 0), box)).toBe(false);
		expect(onGrid(space.clip('whole', 0), box, 360, 640)).toEqual([360, 640]);
		expect(onGrid(space.clip('whole', 0), { ...box, left: 0.5 }, 720, 1280)).toBeNull();
		expect(onGrid(space.clip('turned', 0), box, 720, 1280)).toBeNull();
		expect(scaleOf(space.clip('whole', 0), box, 360, 640)).toBeCloseTo(0.5, 9);
	});
});
