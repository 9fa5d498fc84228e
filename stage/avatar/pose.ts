/**
 * Where every joint is at a moment of a dance. A pure function of the beat: any frame can be asked first.
 *
 * Dances are data (`library/dances.json`): what hips, chest, head, hands and feet do, in metres and degrees per beat. Arms and legs
 * follow by two-bone inverse kinematics, so that planted feet stay where they are.
 */

import { Euler, Matrix4, Quaternion, Vector3 } from 'three';
import { type Cue, dancedAt, mixed } from './choreography.js';
import { channelAt, type Dance } from './dance.js';
import { fingersOf, GRIPS, type Grip } from './hands.js';

/** A joint of the skeleton; bind rotations are identity. */
export interface Joint {
	name: string;
	/** Index of the parent, or -1. */
	parent: number;
	/** Bind position in the avatar's space, metres. */
	bind: Vector3;
}

const SIDES = ['l', 'r'] as const;
const DEGREE = Math.PI / 180;

/** The chest's breath at a time, -1 out to 1 in. */
function breathAt(seconds: number): number {
	return Math.sin(seconds * 1.9);
}

/** Everything about a moment that moves joints. */
export interface Moment {
	/** What is danced, in order of beat. */
	dances: readonly Cue[];
	/** Beats of the film; fractions count. */
	beat: number;
	/** Seconds of the film, for breathing. */
	seconds: number;
	/** Whether the right hand holds a microphone to the mouth. */
	microphone: boolean;
	/** How wide the mouth is open, 0 to 1. */
	singing: number;
	/** Where the eyes' owner looks, in the avatar's space; turns the head a little. */
	look: Vector3;
}

/** Whether a microphone is in the right hand: asked for, and not refused by a pose that needs both hands. */
export function holdsMicrophone(moment: Pick<Moment, 'dances' | 'beat' | 'microphone'>): boolean {
	const { dance, before, share } = dancedAt(moment.dances, moment.beat);
	return moment.microphone && (share < 0.5 && before ? before : dance).microphone !== false;
}

/** Poses a skeleton. Holds scratch space only. */
export class Poser {
	/** Rotation of each joint in the avatar's space (bind is identity). */
	readonly turns: Quaternion[];
	/** Position of each joint in the avatar's space. */
	readonly places: Vector3[];
	readonly #joints: readonly Joint[];
	readonly #index: Map<string, number>;
	readonly #values: number[] = [];
	readonly #scratch = {
		a: new Vector3(),
		b: new Vector3(),
		c: new Vector3(),
		q: new Quaternion(),
		m: new Matrix4(),
		e: new Euler(),
	};

	constructor(joints: readonly Joint[]) {
		this.#joints = joints;
		this.#index = new Map(joints.map((joint, i) => [joint.name, i]));
		this.turns = joints.map(() => new Quaternion());
		this.places = joints.map((joint) => joint.bind.clone());
	}

	/** Index of a joint. @throws RangeError if the skeleton has none of that name. */
	joint(name: string): number {
		const i = this.#index.get(name);
		if (i === undefined) throw new RangeError(`the skeleton has no joint ${name}`);
		return i;
	}

	#turn(name: string): Quaternion {
		return this.turns[this.joint(name)] as Quaternion; // joint() has checked it
	}

	#place(name: string): Vector3 {
		return this.places[this.joint(name)] as Vector3; // joint() has checked it
	}

	#bind(name: string): Vector3 {
		return (this.#joints[this.joint(name)] as Joint).bind; // joint() has checked it
	}

	/** Put `name` where its parent carries it, with rotation `turn` in the avatar's space. */
	#set(name: string, turn: Quaternion): void {
		const i = this.joint(name);
		const joint = this.#joints[i] as Joint; // joint() has checked it
		(this.turns[i] as Quaternion).copy(turn);
		if (joint.parent < 0) return;
		const parent = this.#joints[joint.parent] as Joint;
		const place = this.places[i] as Vector3;
		place
			.copy(joint.bind)
			.sub(parent.bind)
			.applyQuaternion(this.turns[joint.parent] as Quaternion);
		place.add(this.places[joint.parent] as Vector3);
	}

	#channel(moment: Moment, name: string, fallback: readonly number[]): readonly number[] {
		const { dance, before, share } = dancedAt(moment.dances, moment.beat);
		const of = ({ channels, beats }: Dance): readonly number[] => {
			const channel = channels[name];
			return channel ? channelAt(channel, beats, moment.beat, this.#values) : fallback;
		};
		return before ? mixed([...of(before)], of(dance), share) : of(dance);
	}

	#euler(yaw: number, pitch: number, roll: number): Quaternion {
		return new Quaternion().setFromEuler(this.#scratch.e.set(pitch * DEGREE, yaw * DEGREE, roll * DEGREE, 'YXZ'));
	}

	/** Compute `turns` and `places` for a moment. */
	pose(moment: Moment): void {
		this.trunk(moment);
		const breath = breathAt(moment.seconds);
		for (const side of SIDES) {
			this.#leg(moment, side);
			this.#arm(moment, side, breath);
		}
	}

	/** Only hips, spine, chest, neck and head: what loose things hang from, at a tenth of the price. */
	trunk(moment: Moment): void {
		const [hx = 0, hy = 0, hz = 0, hyaw = 0, hpitch = 0, hroll = 0] = [
			...this.#channel(moment, 'hips', [0, 0, 0, 0, 0, 0]),
		];
		const [cyaw = 0, cpitch = 0, croll = 0] = [...this.#channel(moment, 'chest', [0, 0, 0])];
		const [yaw = 0, pitch = 0, roll = 0] = [...this.#channel(moment, 'head', [0, 0, 0])];
		this.#set('root', new Quaternion());
		const hips = this.#euler(hyaw, hpitch, hroll);
		this.#set('hips', hips);
		this.#place('hips').add(this.#scratch.a.set(hx, hy - 0.012, hz));
		const chest = this.#euler(cyaw, cpitch - 1 + breathAt(moment.seconds) * 0.5, croll);
		this.#set('spine', hips.clone().slerp(chest, 0.5));
		this.#set('chest', chest);
		const head = this.#lookAt(this.#euler(yaw, pitch - moment.singing * 3, roll), moment.look);
		this.#set('neck', chest.clone().slerp(head, 0.5));
		this.#set('head', head);
	}

	/** Turn part of the way towards what is looked at. */
	#lookAt(head: Quaternion, look: Vector3): Quaternion {
		const wanted = look.clone().sub(this.#place('chest')).normalize();
		const yaw = Math.max(-0.6, Math.min(0.6, Math.atan2(wanted.x, wanted.z)));
		return new Quaternion().setFromEuler(this.#scratch.e.set(0, yaw * 0.35, 0, 'YXZ')).multiply(head);
	}

	#arm(moment: Moment, side: 'l' | 'r', breath: number): void {
		const chest = this.#turn('chest');
		const sign = side === 'l' ? 1 : -1;
		const danced = dancedAt(moment.dances, moment.beat);
		const holds = side === 'r' && holdsMicrophone(moment);
		const target = this.#scratch.a;
		const rest = [0.235 * sign, -0.4, 0.035];
		const middle = this.#bind('upper_arm_l')
			.clone()
			.setX(0)
			.sub(this.#bind('chest'))
			.applyQuaternion(chest)
			.add(this.#place('chest'));
		const [x = 0, y = 0, z = 0] = this.#channel(moment, `hand_${side}`, rest);
		const reach = new Vector3(x, y, z);
		const lift = Math.max(0, Math.min(1, (reach.y + 0.1) / 0.4));
		// The shoulder follows a raised arm.
		this.#set(`clavicle_${side}`, chest.clone().multiply(this.#euler(0, 0, sign * (lift * 24 + breath * 0.6))));
		target.copy(reach).applyQuaternion(chest).add(middle);
		let hand: Quaternion | null = null;
		const [ex = 0, ey = 0, ez = 0] = [...this.#channel(moment, `elbow_${side}`, [0.55 * sign, -0.55, -0.45])];
		const hint = new Vector3(ex, ey, ez).applyQuaternion(chest);
		if (holds) {
			// The grille stands a hand's breadth off the lips and points at them.
			const head = this.#turn('head');
			const mouth = new Vector3(0, 0.002, 0.118).applyQuaternion(head).add(this.#place('head'));
			const axis = new Vector3(0.12, 0.66, -0.58).applyQuaternion(head).normalize();
			const across = new Vector3(0.75, 0.25, 0.45).applyQuaternion(chest).normalize();
			hand = frameTurn(BIND_AIM.r, FORWARD, across, axis);
			const fist = mouth.addScaledVector(axis, -0.128);
			const palm = new Vector3(-0.0438 + 0.0184, -0.0438 - 0.0184, 0).applyQuaternion(hand); // wrist to the handle's middle
			target.copy(fist).sub(palm);
			hint.set(-0.75, -0.75, -0.1).applyQuaternion(chest);
		}
		const upper = `upper_arm_${side}`;
		const fore = `forearm_${side}`;
		const wrist = `hand_${side}`;
		this.#limb(upper, fore, wrist, target, hint, new Vector3(0.35 * sign, 0.35, -0.87));
		const aim = this.#scratch.b.copy(this.#place(wrist)).sub(this.#place(fore)).normalize();
		if (!hand) {
			const along = aim.clone().applyQuaternion(chest.clone().invert());
			const [dx = 0, dy = 0, dz = 0] = this.#channel(moment, `aim_${side}`, along.toArray());
			const direction = new Vector3(dx, dy, dz).applyQuaternion(chest).normalize().lerp(aim, 0.25).normalize();
			const [tx = 0, ty = 0, tz = 0] = this.#channel(moment, `thumb_${side}`, [0, 0.35, 0.9]);
			hand = frameTurn(BIND_AIM[side], FORWARD, direction, this.#scratch.c.set(tx, ty, tz).applyQuaternion(chest));
		}
		this.#set(wrist, hand);
		const shape = ({ grips }: Dance): Grip => {
			const asked = side === 'l' ? grips?.left : grips?.right;
			return GRIPS[holds ? 'grip' : (asked ?? 'relaxed')] ?? (GRIPS.relaxed as Grip);
		};
		const { dance, before, share } = danced;
		const grip = before ? mixed(shape(before), shape(dance), share) : shape(dance);
		for (const [joint, turn] of fingersOf(side, hand, grip)) this.#set(joint, turn);
	}

	#leg(moment: Moment, side: 'l' | 'r'): void {
		const sign = side === 'l' ? 1 : -1;
		const [x = 0, y = 0, z = 0, yaw = 0] = [...this.#channel(moment, `foot_${side}`, [0, 0, 0, 0])];
		const turned = 9 * sign + yaw;
		const target = this.#bind(`foot_${side}`)
			.clone()
			.add(this.#scratch.a.set(x, y, z));
		const hint = new Vector3(Math.sin(turned * DEGREE), 0, Math.cos(turned * DEGREE));
		this.#limb(`thigh_${side}`, `shin_${side}`, `foot_${side}`, target, hint, FORWARD);
		const tiptoe = Math.min(38, Math.max(0, y) * 420);
		this.#set(`foot_${side}`, this.#euler(turned, tiptoe, 0));
		this.#set(`toes_${side}`, this.#euler(turned, tiptoe * 0.2, 0));
	}

	/** Two-bone inverse kinematics: `end` reaches `target`, the middle joint bends towards `hint`; `bindHint` is where it points in the bind pose. */
	#limb(root: string, middle: string, end: string, target: Vector3, hint: Vector3, bindHint: Vector3): void {
		this.#set(root, this.#turn(root)); // its place only; the turn follows below
		const from = this.#place(root);
		const a = this.#bind(middle).distanceTo(this.#bind(root));
		const b = this.#bind(end).distanceTo(this.#bind(middle));
		const line = target.clone().sub(from);
		const distance = Math.min(Math.max(line.length(), Math.abs(a - b) + 1e-4), (a + b) * 0.9985);
		line.normalize();
		const side = hint.clone().addScaledVector(line, -hint.dot(line)).normalize();
		const cosine = Math.max(-1, Math.min(1, (a * a + distance * distance - b * b) / (2 * a * distance)));
		const first = line
			.clone()
			.multiplyScalar(cosine)
			.addScaledVector(side, Math.sqrt(1 - cosine * cosine));
		const knee = from.clone().addScaledVector(first, a);
		const second = from.clone().addScaledVector(line, distance).sub(knee).normalize();
		const bindFirst = this.#bind(middle).clone().sub(this.#bind(root)).normalize();
		const bindSecond = this.#bind(end).clone().sub(this.#bind(middle)).normalize();
		this.#set(root, frameTurn(bindFirst, bindHint, first, side));
		this.#set(middle, frameTurn(bindSecond, bindHint, second, side));
		this.#set(end, this.#turn(middle));
	}
}

const DIAGONAL = Math.SQRT1_2;
const FORWARD = new Vector3(0, 0, 1);
const BIND_AIM = { l: new Vector3(DIAGONAL, -DIAGONAL, 0), r: new Vector3(-DIAGONAL, -DIAGONAL, 0) };

/** The rotation that carries `aim` to `newAim` and `side`, as nearly as it can, to `newSide`. */
export function frameTurn(aim: Vector3, side: Vector3, newAim: Vector3, newSide: Vector3): Quaternion {
	const basis = (x: Vector3, hint: Vector3): Matrix4 => {
		const ex = x.clone().normalize();
		const ez = ex.clone().cross(hint);
		if (ez.lengthSq() < 1e-8) ez.set(ex.y, ex.z, ex.x).cross(ex);
		ez.normalize();
		return new Matrix4().makeBasis(ex, ez.clone().cross(ex), ez);
	};
	const rotation = basis(newAim, newSide).multiply(basis(aim, side).transpose());
	return new Quaternion().setFromRotationMatrix(rotation);
}
