import { Matrix4, PerspectiveCamera, Vector3 } from 'three';
import { expect, test } from 'vitest';
import { extentOf, reachesOf } from '../../stage/avatar/extent.js';

const [WIDTH, HEIGHT] = [720, 1280];

function camera(): PerspectiveCamera {
	const seen = new PerspectiveCamera(28, WIDTH / HEIGHT, 0.05, 60);
	seen.position.set(0, 1, 4);
	seen.lookAt(0, 1, 0);
	seen.updateMatrixWorld(true);
	return seen;
}

/** Vertices that belong to two joints by halves; `loose` as for all. */
function vertices(places: readonly Vector3[], loose: number): Parameters<typeof reachesOf>[0] {
	return [
		{
			count: places.length,
			position: places.flatMap((place) => place.toArray()),
			paint: places.flatMap(() => [0, 1, 0.5, loose]),
			joints: places.flatMap(() => [0, 1, 0, 0]),
			shares: places.flatMap(() => [0.5, 0.5, 0, 0]),
			spring: places.flatMap(() => [2, 1]),
		},
	];
}

test('a skinned vertex lies in the extent, however its joints turn, and the extent is not much larger', () => {
	const places = Array.from(
		{ length: 60 },
		(_, k) => new Vector3(Math.cos(k) * 0.3, 1 + Math.sin(k) * 0.6, 0.1 * Math.cos(3 * k)),
	);
	const joints = [new Matrix4().makeRotationZ(0.2), new Matrix4().makeRotationX(-0.15).setPosition(0.1, 0, 0.2)];
	const found = extentOf(
		reachesOf(vertices(places, 0)),
		(joint) => joints[joint] as Matrix4,
		() => 0,
		camera(),
		WIDTH,
		HEIGHT,
		null,
	);
	const eye = camera();
	const rows = places.map((place) => {
		const [a, b] = joints.map((joint) => place.clone().applyMatrix4(joint)) as [Vector3, Vector3];
		const seen = a.lerp(b, 0.5).project(eye);
		return { x: (seen.x * 0.5 + 0.5) * WIDTH, y: (0.5 - seen.y * 0.5) * HEIGHT };
	});
	for (const { x, y } of rows) {
		expect(x).toBeGreaterThan(found.left);
		expect(x).toBeLessThan(found.right);
		expect(y).toBeGreaterThan(found.top);
		expect(y).toBeLessThan(found.bottom);
	}
	expect(found.right - found.left).toBeLessThan(WIDTH);
});

test('what is loose may swing, what is not may not, and a shadow lies on the floor', () => {
	const places = [new Vector3(-0.2, 1.5, 0), new Vector3(0.2, 1, 0)];
	const stand = (): Matrix4 => new Matrix4();
	const tall = (loose: number, swing: number, light: Vector3 | null = null): number => {
		const { top, bottom } = extentOf(
			reachesOf(vertices(places, loose)),
			stand,
			() => swing,
			camera(),
			WIDTH,
			HEIGHT,
			light,
		);
		return bottom - top;
	};
	expect(tall(0, 0.1)).toBe(tall(1, 0));
	expect(tall(1, 0.1)).toBeGreaterThan(tall(0.5, 0.1) + 20);
	expect(tall(0, 0, new Vector3(0, 0.6, 0.8))).toBeGreaterThan(tall(0, 0) + 400);
	expect(reachesOf(vertices(places, 0)).every(({ anchor, loose }) => anchor === 2 && loose.isEmpty())).toBe(true);
});

test('what comes up to the camera may cover everything', () => {
	const found = extentOf(
		reachesOf(vertices([new Vector3(0, 1, 4.1)], 0)),
		() => new Matrix4(),
		() => 0,
		camera(),
		WIDTH,
		HEIGHT,
		null,
	);
	expect(found).toMatchObject({ left: 0, top: 0, right: WIDTH, bottom: HEIGHT });
});
