import { Quaternion, Vector3 } from 'three';
import { expect, test } from 'vitest';
import type { Cue } from '../../stage/avatar/choreography.js';
import { channelAt, type Dance } from '../../stage/avatar/dance.js';
import { fingersOf, GRIPS } from '../../stage/avatar/hands.js';
import dances from '../../stage/avatar/library/dances.json';
import { frameTurn, type Joint, Poser } from '../../stage/avatar/pose.js';
import { bezier, propertyAt } from '../../stage/avatar/staging.js';

const DANCES = dances as unknown as Record<string, Dance>;

/** The library's skeleton, as far as limbs need it. */
function skeleton(): Joint[] {
	const joints: Joint[] = [];
	const add = (name: string, parent: string, x: number, y: number, z: number): void => {
		joints.push({ name, parent: joints.findIndex((joint) => joint.name === parent), bind: new Vector3(x, y, z) });
	};
	add('root', '', 0, 0, 0);
	add('hips', 'root', 0, 0.865, 0);
	add('spine', 'hips', 0, 0.965, 0);
	add('chest', 'spine', 0, 1.085, 0);
	add('neck', 'chest', 0, 1.262, 0);
	add('head', 'neck', 0, 1.325, 0);
	for (const [side, sign] of [
		['l', 1],
		['r', -1],
	] as const) {
		add(`clavicle_${side}`, 'chest', 0.03 * sign, 1.225, -0.012);
		add(`upper_arm_${side}`, `clavicle_${side}`, 0.12 * sign, 1.22, -0.014);
		add(`forearm_${side}`, `upper_arm_${side}`, 0.285 * sign, 1.055, -0.014);
		add(`hand_${side}`, `forearm_${side}`, 0.437 * sign, 0.903, -0.014);
		for (const finger of ['index', 'middle', 'ring', 'little', 'thumb']) {
			add(`${finger}_${side}`, `hand_${side}`, 0.495 * sign, 0.845, -0.014);
			add(`${finger}_tips_${side}`, `${finger}_${side}`, 0.52 * sign, 0.82, -0.014);
		}
		add(`thigh_${side}`, 'hips', 0.076 * sign, 0.835, 0);
		add(`shin_${side}`, `thigh_${side}`, 0.082 * sign, 0.46, 0.008);
		add(`foot_${side}`, `shin_${side}`, 0.086 * sign, 0.085, -0.012);
		add(`toes_${side}`, `foot_${side}`, 0.088 * sign, 0.022, 0.085);
	}
	return joints;
}

const LOOK = new Vector3(0, 1.4, 3);

function posed(dance: Dance, beat: number, microphone = false): Poser {
	return danced([{ beat: Number.NEGATIVE_INFINITY, dance, blendBeats: 0 }], beat, microphone);
}

function danced(dances: readonly Cue[], beat: number, microphone = false): Poser {
	const poser = new Poser(skeleton());
	poser.pose({ dances, beat, seconds: beat / 2, microphone, singing: 0, look: LOOK });
	return poser;
}

const place = (poser: Poser, name: string): Vector3 => poser.places[poser.joint(name)] as Vector3; // joint() checks

test('every dance keeps its feet above the floor and its limbs at their length', () => {
	const bones = [
		['upper_arm', 'forearm'],
		['forearm', 'hand'],
		['thigh', 'shin'],
		['shin', 'foot'],
	] as const;
	const rest = skeleton();
	const bind = (name: string): Vector3 => (rest.find((joint) => joint.name === name) as Joint).bind;
	for (const [name, dance] of Object.entries(DANCES)) {
		for (let beat = 0; beat < dance.beats; beat += 0.25) {
			const poser = posed(dance, beat);
			for (const side of ['l', 'r']) {
				expect(place(poser, `foot_${side}`).y, `${name} at ${beat}`).toBeGreaterThan(0.07);
				for (const [from, to] of bones) {
					const long = bind(`${from}_${side}`).distanceTo(bind(`${to}_${side}`));
					expect(place(poser, `${from}_${side}`).distanceTo(place(poser, `${to}_${side}`))).toBeCloseTo(long, 5);
				}
			}
		}
	}
});

test('a planted foot stays where it is while the hips move', () => {
	const dance = DANCES.idle_sway as Dance;
	const feet = [0, 1, 2.5, 4, 6.7].map((beat) => place(posed(dance, beat), 'foot_l'));
	for (const foot of feet) expect(foot.distanceTo(feet[0] as Vector3)).toBeLessThan(1e-3);
});

test('dances are loops, and nothing jumps at their seam', () => {
	for (const [name, dance] of Object.entries(DANCES)) {
		const before = posed(dance, dance.beats - 1e-4);
		const after = posed(dance, dance.beats + 1e-4);
		for (const joint of ['head', 'hand_l', 'hand_r', 'foot_l']) {
			expect(place(before, joint).distanceTo(place(after, joint)), `${name} ${joint}`).toBeLessThan(2e-3);
		}
	}
});

test('the microphone brings the right hand in front of the face', () => {
	const dance = DANCES.sing_close as Dance;
	const hand = place(posed(dance, 1, true), 'hand_r');
	const head = place(posed(dance, 1, true), 'head');
	expect(hand.z).toBeGreaterThan(head.z + 0.08);
	expect(Math.abs(hand.y - head.y)).toBeLessThan(0.25);
	expect(place(posed(dance, 1), 'hand_r').y).toBeLessThan(1);
});

test('a channel passes through its keys', () => {
	const channel = [
		[0, 1],
		[1, 3],
		[2.5, -2],
	];
	for (const [beat, value] of channel) expect(channelAt(channel, 4, beat ?? 0, [])[0]).toBeCloseTo(value ?? 0, 9);
	expect(channelAt(channel, 4, 5, [])[0]).toBeCloseTo(3, 9);
	expect(channelAt(channel, 4, -4, [])[0]).toBeCloseTo(1, 9);
});

test('every grip that a dance names is known', () => {
	for (const dance of Object.values(DANCES)) {
		for (const grip of [dance.grips?.left, dance.grips?.right]) expect(grip === undefined || grip in GRIPS).toBe(true);
	}
});

test('a frame turn carries both directions', () => {
	const turn = frameTurn(new Vector3(1, 0, 0), new Vector3(0, 0, 1), new Vector3(0, 1, 0), new Vector3(1, 0, 0));
	expect(new Vector3(1, 0, 0).applyQuaternion(turn).distanceTo(new Vector3(0, 1, 0))).toBeLessThan(1e-9);
	expect(new Vector3(0, 0, 1).applyQuaternion(turn).distanceTo(new Vector3(1, 0, 0))).toBeLessThan(1e-9);
});

test('keyframes move as Lottie moves them', () => {
	const property = {
		keyframes: [
			{ frame: 10, value: [0, 5] },
			{ frame: 20, value: [10, 5], hold: true },
			{ frame: 30, value: [0, 0] },
		],
	};
	expect(propertyAt(property, 0, [])).toEqual([0, 5]);
	expect(propertyAt(property, 15, [])).toEqual([5, 5]);
	expect(propertyAt(property, 29, [])).toEqual([10, 5]);
	expect(propertyAt(property, 31, [])).toEqual([0, 0]);
	expect(propertyAt(undefined, 3, [1, 2, 3])).toEqual([1, 2, 3]);
	const eased = bezier(0.25, 0.42, 0, 0.58, 1);
	expect(eased).toBeGreaterThan(0.1);
	expect(eased).toBeLessThan(0.16);
	expect(bezier(0.75, 0.42, 0, 0.58, 1)).toBeCloseTo(1 - eased, 6);
});

test('one dance becomes the next over the beats that its cue gives, and nothing jumps', () => {
	const [from, to] = [DANCES.step_touch as Dance, DANCES.arms_up as Dance];
	const cues: Cue[] = [
		{ beat: Number.NEGATIVE_INFINITY, dance: from, blendBeats: 0 },
		{ beat: 8, dance: to, blendBeats: 2 },
	];
	const hands = (poser: Poser): Vector3[] => ['hand_l', 'hand_r'].map((name) => place(poser, name).clone());
	const apart = (a: Poser, b: Poser): number => {
		const [left, right] = [hands(a), hands(b)];
		return Math.max(...left.map((hand, i) => hand.distanceTo(right[i] as Vector3))); // as many hands
	};
	expect(apart(danced(cues, 7.99), posed(from, 7.99))).toBeLessThan(1e-9);
	expect(apart(danced(cues, 10), posed(to, 10))).toBeLessThan(1e-9);
	const middle = danced(cues, 9);
	expect(apart(middle, posed(from, 9))).toBeGreaterThan(0.05);
	expect(apart(middle, posed(to, 9))).toBeGreaterThan(0.05);
	// No faster than the dances themselves and the way between them allow: 30 frames a second at 120 beats a minute.
	for (let beat = 7; beat < 11; beat += 1 / 15) {
		expect(apart(danced(cues, beat), danced(cues, beat + 1 / 15))).toBeLessThan(0.16);
	}
});

test('five fingers move one by one', () => {
	const hand = new Quaternion();
	const bent = (name: string, shape: readonly number[]): number => {
		const turn = new Map(fingersOf('l', hand, shape)).get(name) as Quaternion; // one per joint
		return (hand.angleTo(turn) * 180) / Math.PI;
	};
	const straight = Array.from({ length: 12 }, () => 0);
	['index', 'middle', 'ring', 'little'].forEach((finger, k) => {
		const shape = straight.with(2 * k, 70);
		for (const other of ['index', 'middle', 'ring', 'little', 'thumb']) {
			expect(bent(`${other}_l`, shape)).toBeCloseTo(other === finger ? 70 : 0, 3);
		}
	});
	expect(bent('thumb_tips_l', straight.with(9, 30))).toBeCloseTo(30, 3);
	// A peace sign: two fingers up and apart, the others in the palm.
	const peace = GRIPS.peace as readonly number[];
	const turns = new Map(fingersOf('r', hand, peace));
	const apart = (turns.get('index_r') as Quaternion).angleTo(turns.get('middle_r') as Quaternion);
	expect((apart * 180) / Math.PI).toBeGreaterThan(8);
	expect(peace[4]).toBeGreaterThan(80);
	for (const shape of Object.values(GRIPS)) expect(shape).toHaveLength(12);
});
