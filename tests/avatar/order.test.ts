import { BufferAttribute, BufferGeometry, Vector3 } from 'three';
import { expect, test } from 'vitest';
import { DrawOrder } from '../../stage/avatar/order.js';

/** Squares one behind the other, two triangles each; `depths` in metres. */
function cards(depths: readonly number[]): { geometry: BufferGeometry; index: number[] } {
	const corners = [0, 1, 2, 2, 1, 3];
	const position = depths.flatMap((z) => [-1, -1, z, 1, -1, z, -1, 1, z, 1, 1, z]);
	const geometry = new BufferGeometry().setAttribute('position', new BufferAttribute(new Float32Array(position), 3));
	return { geometry, index: depths.flatMap((_, card) => corners.map((corner) => 4 * card + corner)) };
}

/** Depths of the triangles in the order in which they are drawn. */
function drawn(geometry: BufferGeometry): number[] {
	const [position, index] = [geometry.getAttribute('position'), geometry.getIndex()];
	if (!index) throw new RangeError('nothing is drawn');
	return Array.from({ length: index.count / 3 }, (_, k) => position.getZ(index.getX(3 * k)));
}

test('what is near is drawn first, from wherever it is seen, and nothing twice', () => {
	const depths = Array.from({ length: 400 }, (_, card) => ((card * 7) % 400) / 400);
	const { geometry, index } = cards(depths);
	const order = new DrawOrder(
		geometry,
		[{ material: 0, index, around: false }],
		{ material: 0, index: [] },
		new Vector3(),
	);
	for (const [direction, sign] of [
		[new Vector3(0, 0, 1), 1],
		[new Vector3(0.1, -0.1, -0.99), -1],
	] as const) {
		order.towards(direction);
		const seen = drawn(geometry);
		expect([...seen].sort()).toEqual(
			depths
				.flatMap((depth) => [depth, depth])
				.map(Math.fround)
				.sort(),
		);
		const mean = (from: number, to: number): number =>
			seen.slice(from, to).reduce((sum, depth) => sum + depth, 0) / (to - from);
		expect(sign * mean(0, 200)).toBeGreaterThan(sign * mean(600, 800));
	}
});

test('what lies behind the middle is drawn after the rest, and what is last stays last', () => {
	const { geometry, index } = cards([-0.5, 0.5, 0.1, 0.9]);
	const card = (number: number): number[] => index.slice(6 * number, 6 * number + 6);
	const hair = [
		...Array.from({ length: 16 }, () => card(0)).flat(),
		...Array.from({ length: 16 }, () => card(1)).flat(),
	];
	const runs = [
		{ material: 0, index: hair, around: true },
		{ material: 1, index: card(2), around: false },
	];
	const order = new DrawOrder(geometry, runs, { material: 2, index: card(3) }, new Vector3());
	order.towards(new Vector3(0, 0, 1));
	expect(geometry.groups.map(({ materialIndex, count }) => [materialIndex, count])).toEqual([
		[0, 96],
		[1, 6],
		[0, 96],
		[2, 6],
	]);
	expect(drawn(geometry)[0]).toBeCloseTo(0.5);
	expect(drawn(geometry).at(-1)).toBeCloseTo(0.9);
});
