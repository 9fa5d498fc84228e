import { Matrix4, Quaternion, Vector3 } from 'three';
import { expect, test } from 'vitest';
import { type Carried, hang, memory, SPRINGS, STEP_S, STEPS, springOf } from '../../stage/avatar/springs.js';

const BIND = new Vector3(0, 1.3, 0);

/** The past of a joint that `move` carries: newest first. */
function past(now: number, move: (seconds: number) => Vector3): Carried[] {
	return Array.from({ length: STEPS }, (_, k) => ({ turn: new Quaternion(), place: move(now - k * STEP_S).add(BIND) }));
}

function hung(history: readonly Carried[]): Matrix4[] {
	const out = SPRINGS.map(() => new Matrix4());
	hang('head', BIND, history, out);
	return out;
}

/** How far a point is moved by a matrix of `hang`, which holds differences. */
function moved({ elements: e }: Matrix4, p: Vector3): Vector3 {
	const row = (i: number): number =>
		(e[i] ?? 0) * p.x + (e[i + 4] ?? 0) * p.y + (e[i + 8] ?? 0) * p.z + (e[i + 12] ?? 0);
	return new Vector3(row(0), row(1), row(2));
}

test('after a step a spring goes where the textbook oscillator goes', () => {
	SPRINGS.forEach(({ hz, damping }, spring) => {
		const w = 2 * Math.PI * hz;
		const v = w * Math.sqrt(1 - damping * damping);
		for (const t of [0.1, 0.2, 0.3, 0.45, 0.7]) {
			// A metre to the right at time 0; the closed form of x'' + 2 z w x' + w^2 x = w^2.
			const exact = 1 - Math.exp(-damping * w * t) * (Math.cos(v * t) + ((damping * w) / v) * Math.sin(v * t));
			const history = past(t, (s) => new Vector3(s > 0 ? 1 : 0, 0, 0));
			const lag = moved(hung(history)[spring] as Matrix4, new Vector3(0, 1, -0.1)).x;
			// Half a step of the sampled past at the spring's top speed is the most that can be off.
			expect(Math.abs(1 + lag - exact)).toBeLessThan(w * STEP_S * 0.5 + 0.02);
		}
	});
});

test('what rests hangs where it is, upright and turned', () => {
	for (const yaw of [0, 1.2]) {
		const turn = new Quaternion().setFromAxisAngle(new Vector3(0, 1, 0), yaw);
		const still = Array.from({ length: STEPS }, () => ({ turn, place: new Vector3(0.3, 1.2, -0.4) }));
		for (const matrix of hung(still)) expect(moved(matrix, new Vector3(0.1, 1, -0.2)).length()).toBeLessThan(1e-12);
	}
});

test('when the head nods, long hair hangs down instead of nodding with it', () => {
	const turn = new Quaternion().setFromAxisAngle(new Vector3(1, 0, 0), 0.5);
	const nodding = Array.from({ length: STEPS }, () => ({ turn, place: BIND.clone() }));
	const tip = new Vector3(0, 0.9, -0.1);
	const carried = tip.clone().sub(BIND).applyQuaternion(turn).add(BIND);
	for (const matrix of hung(nodding)) {
		const free = carried.clone().add(moved(matrix, tip));
		const root = new Vector3(0, 0.05, -0.02).applyQuaternion(turn).add(BIND);
		const lean = (p: Vector3): number => Math.abs(p.z - root.z);
		expect(lean(free)).toBeLessThan(0.5 * lean(carried));
	}
});

test('a spring forgets: its memory adds up to one and its oldest moments weigh nothing', () => {
	for (const { hz, damping } of SPRINGS) {
		const weights = memory(hz, damping);
		expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
		expect(Math.abs(weights[STEPS - 1] as number)).toBeLessThan(0.004);
	}
});

test('the past must be whole', () => {
	expect(() => hang('head', BIND, [], [])).toThrow(RangeError);
});

test('tips are slower than roots, and locks differ', () => {
	expect(springOf('hair', 0.9, 0.5)).toBeGreaterThan(springOf('hair', 0.2, 0.5));
	expect(springOf('hair', 0.5, 0.9)).not.toBe(springOf('hair', 0.5, 0.1));
	expect(springOf('metal', 1, 0.5)).toBe(0);
});
